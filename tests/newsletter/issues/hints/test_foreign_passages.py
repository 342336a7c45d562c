"""Hints judge the words readers see, and leave those of another language alone."""

from __future__ import annotations

from tests.newsletter.issues.hints.looking import in_issue, in_story, mended


def test_the_marks_of_a_passage_are_not_counted() -> None:
    assert in_story("LONGTITLE", title=f"[en: {'x' * 65}]") == []
    assert in_story("LONGTITLE", title=f"[en: {'x' * 66}]") != []
    assert in_issue("SUBJECT", subject=f"[en: {'x' * 60}]") == []


def test_a_marked_title_is_the_same_as_the_one_before_it() -> None:
    before = {"previous_titles": {9: "Vi var på Going Green"}}

    [hint] = in_story("DUP", title="Vi var på [en: Going Green]", memory=before)

    assert "[en:" not in str(hint.message.fields)


def test_a_passage_keeps_its_own_quotes_and_words() -> None:
    title = "Om “brev” och [en: the “dom” of letters]"

    assert mended("QUOTE", "title", title) == "Om ”brev” och [en: the “dom” of letters]"
    assert "dom" not in {hint.about for hint in in_story("SPRÅK", title=title)}


def test_a_swedish_story_with_a_long_english_passage_is_swedish() -> None:
    passage = "The report of the year is for all of us and it is about the cities that we are in"

    assert in_story("LANG", title="Ny rapport", text=f"Den heter [en: {passage}].") == []
    assert in_story("LANG", title="Ny rapport", text=f"{passage}.") != []


def test_a_link_that_only_says_more_is_found_in_another_language_too() -> None:
    assert in_story("LINKTEXT", link_text="[en: Read more]") != []
