from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import UsageError
from newsletter.items import links
from tests.newsletter.items.pages import unhurried


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/nyheter/1?a=b#c",
        "http://example.org",
        "https://example.org:8443/",
        "https://exämple.org/å",
        "https://[2001:db8::1]/",
    ],
)
def test_an_address_of_a_page_is_taken_as_it_is(url: str) -> None:
    assert links.checked(f" {url} ") == url


def test_no_address_is_fine() -> None:
    assert links.checked("  ") == ""


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "www.example.org",
        "https:///nyheter",
        "https://robin:hemligt@example.org/",
        "https://robin@example.org/",
        "https://example.org/\nX-Header: 1",
        "https://example.org/a b",
        "https://example.org/\u202egro",
        'https://example.org/"onclick="x',
        "https://example.org/<b>",
        "https://example.org\\@example.com/",
        "https://example.org:port/",
        "https://[::1/",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_what_is_no_safe_address_of_a_page_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="Nothing was changed"):
        links.checked(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/a?id=7",
        "HTTPS://WWW.EXAMPLE.ORG/a?id=7",
        "https://www.example.org:443/a?id=7#top",
        "https://www.example.org/a?utm_source=x&id=7&utm_medium=y&fbclid=1",
        "https://www.example.org/a;jsessionid=0AF?id=7",
    ],
)
def test_one_page_has_one_canonical_address(url: str) -> None:
    assert links.canonical(url) == "https://www.example.org/a?id=7"


@pytest.mark.parametrize(
    "url",
    ["https://www.example.org/A?id=7", "https://example.org/a?id=7", "https://www.example.org/a"],
)
def test_different_pages_stay_different(url: str) -> None:
    assert links.canonical(url) != "https://www.example.org/a?id=7"


@unhurried
@given(text=st.text())
def test_any_text_is_an_address_or_refused_with_an_explanation(text: str) -> None:
    try:
        url = links.checked(f"https://{text}")
    except UsageError:
        return

    assert links.canonical(links.canonical(url)) == links.canonical(url)
