"""Each hint is found where it should be, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from newsletter.content import IssueContent, PictureContent, RenderedIssue, SectionContent
from newsletter.issues import hints
from newsletter.issues.hints import Hint, Severity
from newsletter.issues.hints.stories import up_to_last_sentence
from newsletter.items.sources.hidden_addresses import REDACTED
from newsletter.templates_folder import TemplatesFolder
from tests.builders import make_issue_content, make_story

WORDS = hints.read_words(TemplatesFolder().find)


def found(content: IssueContent, html: str = "", previous_subject: str = "") -> list[Hint]:
    rendered = RenderedIssue(subject="", html=html, text="", web_article="", feed_entry="")
    return hints.find(
        hints.Checked(
            content=content, rendered=rendered, words=WORDS, previous_subject=previous_subject
        )
    )


def codes(content: IssueContent, **more: Any) -> list[str]:
    return [hint.code for hint in found(content, **more)]


def with_story(**fields: Any) -> IssueContent:
    story = make_story(**fields)
    return make_issue_content(
        sections=(SectionContent(name="Bryssel", stories=(story,)),), calendar=()
    )


def picture(alt: str) -> PictureContent:
    return PictureContent(
        sha256="0" * 64,
        media_type="image/png",
        width=600,
        height=300,
        alt=alt,
        credit="Kim Exempel",
    )


def good(**fields: Any) -> IssueContent:
    content = make_issue_content(**fields)
    sections = tuple(
        replace(section, stories=tuple(story for story in section.stories if story.url))
        for section in content.sections
    )
    return replace(content, sections=sections)


def test_a_good_issue_has_no_hints() -> None:
    assert found(good()) == []


@pytest.mark.parametrize(
    ("fields", "is_hit"),
    [
        ({"text": "Det här är en hel mening.", "truncated": True}, True),
        ({"text": "Det här är avhu......"}, True),
        ({"text": "Det här är avhu…"}, True),
        ({"text": "Det här är en hel mening."}, False),
        ({"text": "Klockan 13.30 … sedan vidare."}, False),
    ],
)
def test_trunc_finds_texts_that_are_cut_off(fields: dict[str, Any], is_hit: bool) -> None:
    assert ("TRUNC" in codes(with_story(**fields))) is is_hit


def test_trunc_offers_the_whole_sentences() -> None:
    content = with_story(text="Vi var i Bryssel. Där såg vi bl.a. att medarbetarn", truncated=True)

    hint = found(content)[0]

    assert hint.severity is Severity.RED
    assert hint.fix is not None
    assert hint.fix.value == "Vi var i Bryssel."


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Kom kl. 13 på dr. Exempels möte", ""),
        ("Hela meningen. Andra meningen? Och", "Hela meningen. Andra meningen?"),
        ("Läs bl.a. om kommande utlysningar", ""),
        ("Han sade ”nog nu.” Och sedan", "Han sade ”nog nu.”"),
        ("", ""),
    ],
)
def test_a_cut_never_falls_inside_an_abbreviation(text: str, whole: str) -> None:
    assert up_to_last_sentence(text) == whole


@pytest.mark.parametrize(("url", "is_hit"), [("", True), ("https://www.example.org/a", False)])
def test_nolink_finds_stories_that_lead_nowhere(url: str, is_hit: bool) -> None:
    assert ("NOLINK" in codes(with_story(url=url))) is is_hit


@pytest.mark.parametrize(
    "text", ["Läs mer", "läs mer.", "Klicka här!", "HÄR", "Läs mer »", "", "  "]
)
def test_linktext_finds_words_that_say_nothing(text: str) -> None:
    hint = found(with_story(link_text=text))[0]

    assert (hint.code, hint.severity) == ("LINKTEXT", Severity.YELLOW)
    assert hint.fix is not None
    assert hint.fix.value.startswith("Läs mer: ")


@pytest.mark.parametrize("text", ["Läs mer om ESF-rådet", "Se filmen", "Anmäl dig här till mötet"])
def test_linktext_lets_words_with_a_meaning_be(text: str) -> None:
    assert codes(with_story(link_text=text)) == []


@pytest.mark.parametrize(
    "alt",
    ["", " ", "RostningRadet", "IMG_1234", "bild1", "foto.jpg", "sammantrade_radet", "DSC0042"],
)
def test_alt_finds_missing_texts_and_names_of_files(alt: str) -> None:
    hint = found(with_story(picture=picture(alt)))[0]

    assert (hint.code, hint.severity) == ("ALT", Severity.RED)


@pytest.mark.parametrize(
    "alt", ["Ledamöter röstar med uppräckta händer", "Rådhuset", "EU-flaggor framför Berlaymont"]
)
def test_alt_lets_descriptions_be(alt: str) -> None:
    assert codes(with_story(picture=picture(alt))) == []


@pytest.mark.parametrize(
    "words",
    [
        "Lorem ipsum dolor",
        "[exempel] Seminarium",
        "xx",
        "Sidhuvud",
        "TODO",
        # What an import puts in the place of an address.
        f"Skriv till {REDACTED}",
    ],
)
def test_placeholder_finds_leftovers_wherever_they_stand(words: str) -> None:
    assert "PLACEHOLDER" in codes(with_story(title=words))
    assert "PLACEHOLDER" in codes(good(editorial=words))
    assert "PLACEHOLDER" in codes(good(subject=words))


@pytest.mark.parametrize("words", ["Exxon", "Möte [på engelska]", "Sidhuvudet är klart"])
def test_placeholder_lets_ordinary_words_be(words: str) -> None:
    assert codes(with_story(title=words)) == []


@pytest.mark.parametrize(
    ("size", "severities"),
    [(79_000, []), (80_000, [Severity.YELLOW]), (100_000, [Severity.RED])],
)
def test_gmail_warns_before_gmail_cuts(size: int, severities: list[Severity]) -> None:
    assert [h.severity for h in found(good(), html="x" * size)] == severities


@pytest.mark.parametrize(
    ("subject", "previous", "severities"),
    [
        ("", "", [Severity.RED]),
        ("EU:s regionalpolitik och praktik", "Något annat", []),
        ("a" * 61, "", [Severity.YELLOW]),
        ("Samma som förra", "samma som förra", [Severity.YELLOW]),
    ],
)
def test_subject_is_there_short_and_new(
    subject: str, previous: str, severities: list[Severity]
) -> None:
    content = good(subject=subject)

    assert [h.severity for h in found(content, previous_subject=previous)] == severities


def test_red_comes_before_yellow() -> None:
    story = make_story(link_text="Läs mer", url="https://www.example.org", truncated=True)
    content = replace(
        make_issue_content(calendar=()), sections=(SectionContent(name="A", stories=(story,)),)
    )

    assert codes(content) == ["TRUNC", "LINKTEXT"]


def test_an_acceptance_holds_only_for_the_words_it_was_given_for() -> None:
    one = found(with_story(link_text="Läs mer"))[0]
    same = found(with_story(link_text="Läs mer"))[0]
    other = found(with_story(link_text="Klicka här"))[0]

    assert one.fingerprint == same.fingerprint
    assert one.fingerprint != other.fingerprint
