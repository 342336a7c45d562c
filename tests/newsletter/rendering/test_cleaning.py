from __future__ import annotations

import pytest

from newsletter.content import SLOTS
from newsletter.errors import RenderingError
from newsletter.rendering.cleaning import cleaned, without_controls
from newsletter.rendering.links import link
from tests.builders import make_event, make_issue_content, make_story


def test_characters_nobody_can_see_are_dropped() -> None:
    assert without_controls("a\x00b\x07c\x1bd\x92e\ud800f\ufffeg\ufeffh") == "abcdefgh"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028"])
def test_every_kind_of_line_end_becomes_a_newline(end: str) -> None:
    assert without_controls(f"en{end}två") == "en\ntvå"


def test_a_paragraph_separator_parts_paragraphs() -> None:
    assert without_controls("en\u2029två") == "en\n\ntvå"


def test_hard_blanks_soft_hyphens_and_emoji_are_kept() -> None:
    text = "10\u00a0000 Göta\u00adland ❤\ufe0f 👩\u200d💻"

    assert without_controls(text) == text


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("hidden", ["", "\u00ad", "\u200b", "\x01", "\u2060", "\ufe0f"])
def test_a_slot_typed_by_an_editor_is_refused(slot: str, hidden: str) -> None:
    typed = slot[:6] + hidden + slot[6:]

    for content in (
        make_issue_content(stories=[make_story(title=f"En {typed}")]),
        make_issue_content(stories=[make_story(url=f"https://www.example.org/{typed}")]),
        make_issue_content(editorial=typed),
        make_issue_content(calendar=(make_event(place=typed),)),
    ):
        with pytest.raises(RenderingError, match=slot):
            cleaned(content)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//www.example.org",
        "www.example.org",
        "https://",
        "https:///x",
        "https://[",
        "https://[::1]/",
        "https://exam ple.org/",
        "https://example.org:99999/",
        "https://bank.example@www.example.org/",
        "https://www.exa\nmple.org/",
        "mailto:",
        "https://" + "x" * 70 + ".example/",
    ],
)
def test_a_link_that_is_none_is_refused_by_the_name_of_its_story(url: str) -> None:
    with pytest.raises(RenderingError, match="Exempelkontoret satsar på film"):
        cleaned(make_issue_content(stories=[make_story(url=url)]))


@pytest.mark.parametrize("words", ["https://bank.example/", "Läs på www.bank.example"])
def test_a_link_that_says_another_address_than_its_own_is_refused(words: str) -> None:
    story = make_story(url="https://bank.example.thief.example/x", link_text=words)

    with pytest.raises(RenderingError, match=r"bank\.example and leads to"):
        cleaned(make_issue_content(stories=[story]))


@pytest.mark.parametrize("words", ["Läs på example.org", "https://EXAMPLE.org/x", "Nr. 2 är här"])
def test_a_link_may_say_its_own_address(words: str) -> None:
    issue = make_issue_content(
        stories=[make_story(url="https://www.example.org/x", link_text=words)]
    )

    assert cleaned(issue) == issue


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.example.org/", "https://www.example.org/"),
        ("HTTPS://WWW.Example.org/Å", "https://www.example.org/%C3%85"),
        ("https://www.example.org/a%20b?c=d&e=f#g", "https://www.example.org/a%20b?c=d&e=f#g"),
        ("https://www.example.org:8443/x y", "https://www.example.org:8443/x%20y"),
        ("https://västra.example/", "https://xn--vstra-gra.example/"),
        ("mailto:redaktionen@example.org", "mailto:redaktionen@example.org"),
        (" https://www.example.org/\n", "https://www.example.org/"),
        ("tel:+46100000000", "tel:+46100000000"),
    ],
)
def test_links_are_written_so_that_every_program_can_follow_them(url: str, expected: str) -> None:
    assert link(url) == expected
    assert link(expected) == expected


def test_a_story_without_a_title_is_named_by_its_number() -> None:
    with pytest.raises(RenderingError, match="Item 7 has no title"):
        cleaned(make_issue_content(stories=[make_story(item_id=7, title="\x00 ")]))


def test_clean_content_stays_as_it_is() -> None:
    assert cleaned(make_issue_content()) == make_issue_content()
