from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from newsletter.foreign_passages import marked_up, unmarked

PIECES = st.sampled_from(
    ["[en:", "[sv: ", "[obs: ", "[he: ", "]", "[", " ", "a", "å & ä", "<b>", '"', "\n", ":", "en"]
)


@given(st.lists(PIECES).map("".join))
def test_the_html_says_what_the_plain_text_says(text: str) -> None:
    shown = html.unescape(re.sub(r"</?span[^>]*>", "", marked_up(text)))

    assert shown == unmarked(text)


@given(st.lists(PIECES).map("".join))
def test_nothing_typed_becomes_markup_but_spans_with_a_language(text: str) -> None:
    tags = re.findall(r"<[^>]*>", marked_up(text))

    assert all(re.fullmatch(r'</span>|<span lang="[a-z]{2}"( dir="rtl")?>', tag) for tag in tags)
    assert tags.count("</span>") * 2 == len(tags)
