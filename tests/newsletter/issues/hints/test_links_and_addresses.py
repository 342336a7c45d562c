"""Links are safe, and addresses belong to functions."""

from __future__ import annotations

import pytest

from newsletter.issues.hints import Severity
from tests.newsletter.issues.hints.looking import in_issue, in_story, mended


@pytest.mark.parametrize("url", ["http://www.example.org/a", "HTTP://www.example.org/a"])
def test_httplink_finds_links_that_anybody_can_change(url: str) -> None:
    assert [hint.severity for hint in in_story("HTTPLINK", url=url)] == [Severity.YELLOW]
    assert mended("HTTPLINK", "url", url) == "https://www.example.org/a"


@pytest.mark.parametrize("url", ["https://www.example.org/http://a", "", "mailto:a@example.org"])
def test_httplink_lets_other_links_be(url: str) -> None:
    assert in_story("HTTPLINK", url=url) == []


@pytest.mark.parametrize("address", ["kim.exempel@example.org", "anna-kim.exempel@a.example.org"])
def test_email_finds_addresses_of_persons(address: str) -> None:
    found = in_story("EMAIL", text=f"Mejla {address}.") + in_issue("EMAIL", contact=address)

    assert [hint.place.field for hint in found] == ["text", "contact"]
    assert {hint.severity for hint in found} == {Severity.YELLOW}
    assert address not in str(found[0].message)


@pytest.mark.parametrize(
    "address", ["info@example.org", "externa.relationer@example.org", "praktik2027@example.org"]
)
def test_email_lets_functions_be(address: str) -> None:
    assert in_story("EMAIL", text=f"Mejla {address}.") == []


@pytest.mark.parametrize("url", ["https://www.example.org/a.pdf", "https://a.example/B.PDF?x#y"])
def test_pdflink_finds_documents_that_open_without_warning(url: str) -> None:
    (hint,) = in_story("PDFLINK", url=url, link_text="Läs rapporten")

    assert hint.severity is Severity.GREY
    assert mended("PDFLINK", "link_text", "Läs rapporten", url=url) == "Läs rapporten (pdf)"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://www.example.org/a.pdf", "Läs rapporten (pdf, 1 MB)"),
        ("https://www.example.org/pdf/", "Läs rapporten"),
        ("", "Läs rapporten"),
    ],
)
def test_pdflink_lets_other_links_be(url: str, words: str) -> None:
    assert in_story("PDFLINK", url=url, link_text=words) == []
