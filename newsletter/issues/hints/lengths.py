"""Hints about what is too long to be read: titles, texts, sentences, the issue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.foreign_passages import unmarked
from newsletter.issues.hints import texts
from newsletter.issues.hints.hint import Checked, Hint, Place, Severity
from newsletter.issues.hints.texts import Text
from subscribers.wording import Sentence

#: Characters; longer ones are cut in lists of search results and of phones.
LONGEST_TITLE = 65
#: Words of a notice, and of the top story, which may say more.
LONGEST_TEXT = 60
LONGEST_LEAD_TEXT = 120
#: Readers of a newsletter get through six to eight stories.
MOST_STORIES = 8
MOST_WORDS = 800
#: Words in a sentence, and LIX, from where a text counts as hard (requirement L14).
LONGEST_SENTENCE = 25
HARDEST_LIX = 50
#: LIX of fewer words than this is chance.
SHORTEST_FOR_LIX = 30
#: Letters from which LIX calls a word long: more than six.
_LONG_WORD = 7


def longtitle(checked: Checked) -> Iterator[Hint]:
    """Find LONGTITLE."""
    for story in checked.content.stories:
        length = len(unmarked(story.title))
        if length > LONGEST_TITLE:
            yield Hint(
                code="LONGTITLE",
                severity=Severity.GREY,
                place=Place("title", story.item_id),
                message=Sentence(
                    "The title is {length} characters; at most {most} is easy to take in.",
                    length=length,
                    most=LONGEST_TITLE,
                ),
                about=story.title,
            )


def longtext(checked: Checked) -> Iterator[Hint]:
    """Find LONGTEXT: more than a notice, which the link is there for."""
    for story in checked.content.stories:
        most = LONGEST_LEAD_TEXT if story.is_lead else LONGEST_TEXT
        count = len(unmarked(story.text).split())
        if count > most:
            yield Hint(
                code="LONGTEXT",
                severity=Severity.GREY,
                place=Place("text", story.item_id),
                message=Sentence(
                    "The text is {count} words; about {most} are enough when there is a link.",
                    count=count,
                    most=most,
                ),
                about=story.text,
            )


def longissue(checked: Checked) -> Iterator[Hint]:
    """Find LONGISSUE: more than readers get through."""
    stories = checked.content.stories
    told = [checked.content.editorial, *(f"{story.title} {story.text}" for story in stories)]
    words = sum(len(unmarked(text).split()) for text in told)
    if len(stories) > MOST_STORIES or words > MOST_WORDS:
        yield Hint(
            code="LONGISSUE",
            severity=Severity.YELLOW,
            place=Place("issue"),
            message=Sentence(
                "The issue has {stories} stories and {words} words. Readers get through six to "
                "eight stories. Keep some for the next issue.",
                stories=len(stories),
                words=words,
            ),
            # Not the number of words: it changes with every edit.
            about=f"{len(stories)} stories",
        )


def lix(checked: Checked) -> Iterator[Hint]:
    """Find LIX: long sentences, or long sentences and long words together (Björnsson 1968)."""
    for text in texts.prose(checked.content):
        is_cut_off = text.story is not None and text.story.truncated
        if text.place.field in {"text", "editorial"} and not is_cut_off:
            yield from _hard(text)


def _hard(text: Text) -> Iterator[Hint]:
    sentences = texts.sentences(text.words)
    for sentence in sentences:
        count = len(texts.words_of(sentence))
        if count > LONGEST_SENTENCE:
            yield Hint(
                code="LIX",
                severity=Severity.GREY,
                place=text.place,
                message=Sentence(
                    "The sentence “{start} …” is {count} words; readers follow up to {most}. "
                    "Part it in two.",
                    start=" ".join(sentence.split()[:4]),
                    count=count,
                    most=LONGEST_SENTENCE,
                ),
                about=sentence,
            )
    value = measured(text.words, language=text.language).lix
    if value is not None and value > HARDEST_LIX:
        yield Hint(
            code="LIX",
            severity=Severity.GREY,
            place=text.place,
            message=Sentence(
                "The text is hard to read (LIX {lix}; more than {most} is hard). "
                "Write shorter sentences or simpler words.",
                lix=value,
                most=HARDEST_LIX,
            ),
            about=text.words,
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """How long and how hard a text is, as it is shown beside the text."""

    words: int
    longest_sentence: int
    #: None where the text is too short to judge, or not Swedish, which the scale is made for.
    lix: int | None


def measured(text: str, *, language: str) -> Measure:
    """Return how long and how hard a text is.

    >>> measured("Regionen har ett kontor. Det är i Bryssel.", language="sv")
    Measure(words=8, longest_sentence=4, lix=None)
    """
    words = texts.words_of(text)
    sentences = texts.sentences(text)
    is_judged = language.partition("-")[0] == "sv" and len(words) >= SHORTEST_FOR_LIX
    return Measure(
        words=len(words),
        longest_sentence=max((len(texts.words_of(one)) for one in sentences), default=0),
        lix=lix_of(words, sentences=len(sentences)) if is_judged else None,
    )


def lix_of(words: list[str], *, sentences: int) -> int:
    """Return words in a sentence plus long words in a hundred, rounded.

    >>> lix_of(["Regionen", "har", "ett", "kontor"], sentences=1)
    29
    """
    long_words = sum(len(word) >= _LONG_WORD for word in words)
    return round(len(words) / max(sentences, 1) + 100 * long_words / len(words))
