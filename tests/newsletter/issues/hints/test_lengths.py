"""What is too long to be read is said, and what is not is not."""

from __future__ import annotations

import pytest

from newsletter.issues.hints import Severity
from newsletter.issues.hints.lengths import measured
from tests.builders import make_story
from tests.newsletter.issues.hints.looking import in_issue, in_story


@pytest.mark.parametrize(("length", "hits"), [(65, 0), (66, 1)])
def test_longtitle(length: int, hits: int) -> None:
    assert len(in_story("LONGTITLE", title="r" * length)) == hits


@pytest.mark.parametrize(
    ("count", "is_lead", "hits"), [(60, False, 0), (61, False, 1), (120, True, 0), (121, True, 1)]
)
def test_longtext_lets_the_top_story_say_more(count: int, is_lead: bool, hits: int) -> None:
    found = in_story("LONGTEXT", text="ord " * count, is_lead=is_lead)

    assert [hint.severity for hint in found] == [Severity.GREY] * hits


@pytest.mark.parametrize(("stories", "words", "hits"), [(8, 10, 0), (9, 10, 1), (2, 401, 1)])
def test_longissue(stories: int, words: int, hits: int) -> None:
    told = [make_story(item_id=n, text="ord " * words) for n in range(stories)]

    found = in_issue("LONGISSUE", stories=told)

    assert [hint.severity for hint in found] == [Severity.YELLOW] * hits


def test_an_accepted_longissue_stands_while_words_are_edited() -> None:
    def fingerprint(text: str) -> str:
        told = [make_story(item_id=n, text=text) for n in range(9)]
        return in_issue("LONGISSUE", stories=told)[0].fingerprint

    assert fingerprint("kort") == fingerprint("lite längre")


@pytest.mark.parametrize(("count", "hits"), [(25, 0), (26, 1)])
def test_lix_finds_sentences_that_are_too_long(count: int, hits: int) -> None:
    assert len(in_story("LIX", text=f"{'ord ' * count}.")) == hits


def test_lix_finds_texts_of_long_words() -> None:
    hard = "Regionfullmäktiges sammanträdeshandlingar offentliggörs. " * 10
    easy = "Vi ses i hamnen. " * 10

    assert ["LIX" in str(hint.message) for hint in in_story("LIX", text=hard)] == [True]
    assert in_story("LIX", text=easy) == []


def test_lix_does_not_judge_short_cut_or_english_texts() -> None:
    hard = "Regionfullmäktiges sammanträdeshandlingar offentliggörs. " * 10

    assert in_story("LIX", text=hard[:100]) == []
    assert in_story("LIX", text=hard, truncated=True) == []
    assert in_story("LIX", text=hard, language="en") == []


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("", "sv", (0, 0, None)),
        ("Vi ses. Kom till oss i Bryssel.", "sv", (7, 5, None)),
        ("Regionfullmäktiges handlingar offentliggörs. " * 10, "sv", (30, 3, 103)),
        ("Regionfullmäktiges handlingar offentliggörs. " * 10, "en", (30, 3, None)),
    ],
)
def test_a_measure_says_what_can_be_said(
    text: str, language: str, expected: tuple[int, int, int | None]
) -> None:
    measure = measured(text, language=language)

    assert (measure.words, measure.longest_sentence, measure.lix) == expected
