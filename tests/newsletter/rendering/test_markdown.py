"""Markdown of an editorial: a few things are understood, all else is text, nothing is HTML."""

from __future__ import annotations

import re

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import RenderingError
from newsletter.rendering import load_theme, render
from newsletter.rendering.cleaning import without_controls
from newsletter.rendering.markdown import blocks, links
from newsletter.templates_folder import TemplatesFolder
from tests.builders import make_issue_content

TEMPLATES = TemplatesFolder()
THEME = load_theme(TEMPLATES, "saklig")
EDITORIAL = """Hej!

Läs om *film* och **praktik** hos [Exempelkontoret](https://www.example.org/film?a=1&b=2).

- ett
- [en: Investing in Examples]

1. först
2. sedan
"""
#: Pieces that mean something to some dialect of Markdown, or to a browser.
PIECES = [
    "*", "**", "_", "`", "```\n", "# ", "> ", "- ", "1. ", "\n", "\n\n", "[", "](", ")", "!",
    "<", ">",
    "<script>", "<img src=x onerror=x>", "javascript:alert(1)", "data:text/html,x", "&lt;", "&#60;",
    "https://www.example.org/", "\\", "| a |\n|--|\n", "[a]: https://example.org\n", "~~", "'", '"',
    "    ", "\t", "[en: Hello]", "{{ 7*7 }}", "<!--", "]]>", "mailto:x@example.org", "å", " ",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14).map(
    lambda parts: without_controls("".join(parts))
)


def html_of(text: str) -> lxml.html.HtmlElement:
    parts = [item for block in blocks(text) for item in block.html]
    return lxml.html.fragment_fromstring("".join(parts), create_parent="div")


@given(hostile)
def test_whatever_is_typed_only_our_tags_come_out(text: str) -> None:
    for element in html_of(text).iterdescendants():
        assert element.tag in {"em", "strong", "a", "br", "span"}
        assert set(element.keys()) <= {"href", "lang", "dir"}
        if element.tag == "a":
            assert re.match(r"(https?|mailto|tel):", element.get("href"))


@given(hostile)
def test_what_is_no_markdown_of_ours_is_shown_as_it_was_typed(text: str) -> None:
    plain = re.sub(r"[*_\\[\]()\n-]|https?:|mailto:|\d+[.)]", " ", text)

    shown = "".join(block.plain[0] for block in blocks(plain))

    assert "".join(shown.split()) == "".join(plain.split())


def test_an_editorial_is_the_same_in_every_form() -> None:
    issue = render(make_issue_content(editorial=EDITORIAL), theme=THEME, templates=TEMPLATES)

    for form in (issue.html, issue.web_article, issue.feed_entry):
        root = lxml.html.document_fromstring(form)
        link = next(a for a in root.iter("a") if a.text_content() == "Exempelkontoret")
        assert link.get("href") == "https://www.example.org/film?a=1&b=2"
        assert [em.text for em in root.iter("em")] == ["film"]
        assert [strong.text for strong in root.iter("strong")] == ["praktik"]
        assert [li.text_content() for li in root.iter("ol").__next__().iter("li")] == [
            "först",
            "sedan",
        ]
        assert [span.text for span in root.iter("span") if span.get("lang") == "en"][:1] == [
            "Investing in Examples"
        ]
    assert (
        "Läs om film och praktik hos Exempelkontoret\n"
        "(https://www.example.org/film?a=1&b=2).\n\n- ett\n- Investing in Examples\n\n"
        "1. först\n2. sedan\n" in issue.text
    )


def test_links_are_found_with_their_words() -> None:
    found = [(linked.words, linked.url) for linked in links(EDITORIAL)]

    assert found == [("Exempelkontoret", "https://www.example.org/film?a=1&b=2")]


def test_a_link_that_says_another_place_than_it_leads_to_is_refused() -> None:
    content = make_issue_content(editorial="[www.example.org](https://www.example.com/)")

    with pytest.raises(RenderingError, match="cheated"):
        render(content, theme=THEME, templates=TEMPLATES)
