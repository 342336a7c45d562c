"""Hints about time: what was right when it was written and is not when it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from zoneinfo import ZoneInfo

from newsletter.content import StoryContent
from newsletter.issues.hints import texts
from newsletter.issues.hints.dates import dates_in
from newsletter.issues.hints.hint import Checked, Hint, Place, Severity
from newsletter.issues.hints.plain_language import short_terms
from newsletter.issues.hints.words import LanguageWords
from subscribers.wording import Sentence

#: What two days must share for a phrase to mean the same on both.
_SPANS: dict[str, Callable[[date], object]] = {
    "day": lambda day: day,
    "week": lambda day: day.isocalendar()[:2],
    "month": lambda day: (day.year, day.month),
    "year": lambda day: day.year,
}


def tidsord(checked: Checked) -> Iterator[Hint]:
    """Find TIDSORD: "today" of a text that is read on another day.

    A story without a date is taken to be written for the issue.
    """
    issued_on = checked.content.issued_on
    for story in checked.content.stories:
        if story.published_on is None:
            continue
        words = checked.words.of(story.language)
        stale = tuple(
            phrase
            for span, same in _SPANS.items()
            if same(story.published_on) != same(issued_on)
            for phrase in words.time_words.get(span, ())
        )
        for place, text in _told(story):
            told = set()
            for found in texts.phrases(stale).finditer(text):
                phrase = found.group().casefold()
                # "på måndag den 6 mars" says which.
                if phrase in told or _date_follows(text[found.end() :], words, issued_on):
                    continue
                told.add(phrase)
                yield Hint(
                    code="TIDSORD",
                    severity=Severity.YELLOW,
                    place=place,
                    message=Sentence(
                        "“{words}” was written on {written}; the issue goes out on {issued}. "
                        "Write the date, or leave it out.",
                        words=found.group(),
                        written=story.published_on,
                        issued=issued_on,
                    ),
                    about=found.group(),
                )


def _date_follows(text: str, words: LanguageWords, near: date) -> bool:
    begin = re.match(r"[\s,(]*(?:den )?", text)
    start = begin.end() if begin else 0
    return any(found.start == start for found in dates_in(text[:40], words=words, near=near))


def passed(checked: Checked) -> Iterator[Hint]:
    """Find PASSED: a date that lay ahead when the text was written and lies behind the issue.

    A date that had been when it was written is told of, not announced, and right.
    """
    issued_on = checked.content.issued_on
    for story in checked.content.stories:
        if story.published_on is None:
            continue
        words = checked.words.of(story.language)
        for place, text in _told(story):
            for sentence in texts.sentences(text):
                if texts.phrases(words.past).search(sentence):
                    continue
                for found in dates_in(sentence, words=words, near=story.published_on):
                    if story.published_on < found.day < issued_on:
                        yield _passed(place, found.words)
    zone = ZoneInfo(checked.content.zone)
    for event in checked.content.calendar:
        ends_on = (event.ends_at or event.starts_at).astimezone(zone).date()
        if ends_on < issued_on:
            yield _passed(Place("starts_at", event.item_id), ends_on)


def _passed(place: Place, day: date | str) -> Hint:
    return Hint(
        code="PASSED",
        severity=Severity.YELLOW,
        place=place,
        message=Sentence(
            "{day} has passed when the issue goes out. Take it out, or tell how it went.", day=day
        ),
        about=str(day),
    )


def termin(checked: Checked) -> Iterator[Hint]:
    """Find TERMIN: an invitation to a term of studies that had begun when it was published."""
    for story in checked.content.stories:
        words = checked.words.of(story.language)
        written = story.published_on or checked.content.issued_on
        if not _invites(f"{story.title}\n{story.text}", words.calls):
            continue
        for place, text in _told(story):
            told = set()
            for named, begins in _terms(text, words):
                if begins < written and named not in told:
                    told.add(named)
                    yield Hint(
                        code="TERMIN",
                        severity=Severity.YELLOW,
                        place=place,
                        message=Sentence(
                            "“{term}” had begun when this was published, on {written}. "
                            "Is the next term meant?",
                            term=named,
                            written=written,
                        ),
                        about=named,
                    )


def _terms(text: str, words: LanguageWords) -> Iterator[tuple[str, date]]:
    """Yield the terms of studies named in a text, with the day they begin."""
    by_name = {term.name: term for term in words.terms}
    for found in texts.phrases(tuple(by_name)).finditer(text):
        year = re.match(r"\s(20\d\d)\b", text[found.end() :])
        if year:
            term = by_name[found.group().casefold()]
            yield found.group() + year.group(), date(int(year[1]), *term.begins)
    for short, term, year_of in short_terms(text, words.terms):
        yield short, date(year_of, *term.begins)


def _invites(text: str, calls: tuple[str, ...]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(call)}", text.casefold()) for call in calls)


def _told(story: StoryContent) -> Iterator[tuple[Place, str]]:
    for name in ("title", "text"):
        yield Place(name, story.item_id), getattr(story, name)
