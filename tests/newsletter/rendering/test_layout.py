from __future__ import annotations

import re

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import RenderingError
from newsletter.rendering.cleaning import without_controls
from newsletter.rendering.layout import laid_out, written
from newsletter.rendering.lint import parsed

DOCUMENT = (
    '<mjml lang="sv" dir="ltr"><mj-head><mj-title>{title}</mj-title>{head}</mj-head>'
    "<mj-body><mj-section><mj-column>{content}</mj-column></mj-section></mj-body></mjml>"
)


def layout(content: str = "", head: str = "", title: str = "T") -> str:
    return laid_out(DOCUMENT.format(content=content, head=head, title=title), "x.mjml").html


def escaped(text: str) -> str:
    return re.sub("[&<>\"']", lambda found: f"&#{ord(found[0])};", text)


@given(st.text(min_size=1, max_size=40).map(without_controls))
@settings(deadline=None, max_examples=300)
def test_any_character_in_an_attribute_arrives_as_it_is(text: str) -> None:
    image = f'<mj-image src="x" alt="{escaped(text)}" width="10px" height="10px" />'

    html = layout(image)

    # XML reads a line break in an attribute as a blank.
    expected = re.sub("[\t\n]", " ", text)
    assert lxml.html.document_fromstring(html).find(".//img").get("alt") == expected


@pytest.mark.parametrize(
    "text",
    [
        "10\u00a0000 kr – ”Västra Göta\u00adland” ❤\ufe0f",
        'Nyhetsbrev "Bryssel"',
        r"C:\ny \u{a0}",
        "e\u0301\u200d",
    ],
)
def test_odd_characters_in_the_title_arrive_as_they_are(text: str) -> None:
    root = lxml.html.document_fromstring(layout("<mj-text>x</mj-text>", title=escaped(text)))

    assert root.findtext("head/title") == text
    assert root.find("body/div").get("aria-label") == text


def test_attributes_of_html_inside_a_text_are_safe_too() -> None:
    html = layout('<mj-text><a href="x" title="10&#160;&quot;kr&quot;&#92;">y</a></mj-text>')

    assert lxml.html.document_fromstring(html).find(".//a").get("title") == '10\u00a0"kr"\\'


def test_no_font_is_fetched_from_anybody() -> None:
    assert "fonts.g" not in layout("<mj-text>x</mj-text>")


def test_sheets_to_be_inlined_are_taken_out_of_the_page() -> None:
    head = '<mj-style inline="inline">p { margin: 0 }</mj-style><mj-style>a > b { c: d }</mj-style>'

    page = laid_out(DOCUMENT.format(content="", head=head, title="T"), "x.mjml")

    assert page.inline_css == "p { margin: 0 }"
    assert "p { margin: 0 }" not in page.html
    assert "a > b { c: d }" in page.html


def test_empty_elements_are_not_closed_in_themselves() -> None:
    tree = parsed(
        DOCUMENT.format(content="<mj-text><p></p><br /></mj-text>", head="", title="T"), "x"
    )

    assert "<mj-text><p></p><br /></mj-text>" in written(tree)


def test_text_may_hold_what_xml_cannot() -> None:
    html = layout("<mj-text>A &lt; B &amp; ]]&gt; &#60;3</mj-text>")

    assert "A &lt; B &amp; ]]&gt; &lt;3" in html


def test_a_mail_that_the_renderer_refuses_is_explained() -> None:
    with pytest.raises(RenderingError, match=r"x\.mjml"):
        laid_out("<mj-body></mj-body>", "x.mjml")
