"""Sources that mean harm: read or refused with an explanation, and nothing of them comes in."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import SourceError
from newsletter.items.sources import Format, Page, markup, read, read_story
from tests.newsletter.items.pages import TODAY, hidden

PAGE = "<!doctype html><h1>Nyheter</h1>"
FEED = "<rss version='2.0'><channel><item><title>"
FEED_TEXT = "<rss version='2.0'><channel><item><title>T</title><description>"
MANY = 100_000

BOMBS = {
    "deep": PAGE + "<div>" * MANY,
    "deep lists": PAGE + "<ul><li><h3>En titel" * MANY,
    "deep tables": PAGE + "<table><tr><td>" * MANY,
    "open attributes": PAGE + "<p a='" * MANY,
    "signs": PAGE + "<" * 1_000_000,
    "ampersands": PAGE + "&" * 1_000_000,
    "open comments": PAGE + "<!--" * MANY,
    "one long line": PAGE + "<ul><li><h3>Titel</h3><p>" + "ord " * 1_000_000,
    "one long class": PAGE + f"<p class='{'date ' * MANY}'>x",
    "many stories": PAGE + "<ul>" + "<li><h3>En titel här</h3><p>2026-01-01</p></li>" * 600,
    "many elements": PAGE + "<p>x</p>" * MANY,
    "prologues": "<?x ?>" * MANY,
    "feed of signs": FEED + "<" * 1_000_000,
    "feed of ampersands": FEED + "&" * 1_000_000,
    "deep feed": "<rss version='2.0'>" + "<a>" * MANY,
    "deep text in a feed": FEED_TEXT + "<![CDATA[" + "<b>" * 50_000 + "]]></description></item>",
    "many items": "<rss version='2.0'><channel>" + "<item><title>abc</title></item>" * 9_000,
    "billion laughs": '<?xml version="1.0"?><!DOCTYPE l ['
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    + '<!ENTITY e0 "ha">]><rss version="2.0"><channel><item><title>&e9;</title></item></channel>'
    + "</rss>",
    "one large entity": f'<!DOCTYPE l [<!ENTITY e "{"x" * 50_000}">]>' + FEED + "&e;" * 50_000,
    "files and addresses": '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">'
    '<!ENTITY % b SYSTEM "http://127.0.0.1:9/b"> %b;]>' + FEED + "En titel &a;</title></item>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_or_refused(name: str) -> None:
    raw = BOMBS[name].encode()

    for act in (
        lambda: read(raw, today=TODAY),
        lambda: read(raw, today=TODAY, as_format=Format.HTML),
        lambda: read(raw, today=TODAY, as_format=Format.FEED),
        lambda: read_story(raw, title="T", address="https://www.example.org/"),
    ):
        found: object = None
        with contextlib.suppress(SourceError):
            found = act()
        assert len(repr(found)) < 2_000_000
        assert "root:" not in repr(found)


@pytest.mark.parametrize(
    "raw",
    [
        b"<!doctype html>\0<h1>Nyheter</h1>",
        b"<rss><channel>\0</channel></rss>",
        b"<!doctype html>\xff\xfe\x00\x01",
        "<!doctype html><h1>Nyheter</h1>".encode("utf-16-le"),
        b"\x1f\x8b\x08\x00" + bytes(range(256)),
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'><script>x()</script></svg>",
    ],
)
def test_what_is_no_source_is_refused(raw: bytes) -> None:
    with pytest.raises(SourceError, match=r"Nothing was stored\."):
        read(raw, today=TODAY)


SCRIPTS = [
    "<script>alert(1)</script>",
    "<style>p{background:url(javascript:x)}</style>",
    "<svg onload='x()'><foreignObject><p>rit</p></foreignObject></svg>",
    "<math><mi xlink:href='javascript:x'>m</mi></math>",
    "<img src='javascript:x()' onerror='x()'>",
    "<iframe srcdoc='<script>x()</script>'></iframe>",
    "<a href='java\tscript:x()'>länk</a>",
    "<a href='&#106;avascript:x()'>länk</a>",
    "<object data='data:text/html,x'></object>",
    "<template><script>x()</script></template>",
    "<noscript><p title='</noscript><script>x()</script>'></noscript>",
    "<p onclick='x()' style='expression(x())'>klicka</p>",
    "<!--><script>x()</script>-->",
    "<![CDATA[<script>x()</script>]]>",
    "<base href='javascript:x//'>",
    "<meta http-equiv='refresh' content='0;url=javascript:x()'>",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_and_no_style_comes_in(script: str) -> None:
    story = f"<li><h3><a href='/a'>En titel {script}</a></h3><p>2026-02-01</p><p>Text {script}.</p>"
    pages = [
        read(f"{PAGE}<ul>{story}</ul>".encode(), today=TODAY, address="https://example.org/"),
        read(
            f"{FEED}En titel</title><link>https://example.org/</link><description><![CDATA["
            f"{script.replace(']]>', '')} Text.]]></description></item></channel></rss>".encode(),
            today=TODAY,
        ),
    ]

    for page in pages:
        for draft in page.drafts:
            assert not re.search(r"(?i)script:|onload|onerror|srcdoc|expression", repr(draft))
            assert draft.url in ("", "https://example.org/", "https://example.org/a")


@pytest.mark.parametrize("character", ["\x01", "&#1;", "&#x0b;", "\ufffe"])
def test_a_character_that_is_none_is_left_out(character: str) -> None:
    page = f"<ul><li><h3><a href='/a'>En titel{character}</a></h3><p>2026-02-01</p></li></ul>"

    content = markup.parsed(f"<p>{character}Ett<nav>x</nav>{character}två</p>{page}")

    assert content is not None
    assert "Etttvå" in "".join(content.root.itertext())


PIECES = st.sampled_from(
    ["<h1>", "<h2>Nyheter</h2>", "<h3>", "</h3>", "<ul>", "<li>", "</li>", "</ul>", "<article>",
     "</article>", "<p>", "</p>", "<a href='/a'>", "<a href='javascript:x'>", "</a>", "<time>",
     "<time datetime='2026-02-01T23:00Z'>", "</time>", "<img src=a.jpg alt=b>", "<figcaption>",
     "Foto: R", "<table><tr><td>", "<dl><dt>", "<dd>", "<br>", "1 maj 2026", "31 februari 2026",
     "En titel med ord", "robin@example.org", "Läs mer", "......", "&lt;b&gt;", "&#0;", "\u200b",
     "<script>", "</script>", "<svg>", "<!--", "-->", "<![CDATA[", "]]>", "<base href='//x'>",
     "<div hidden>", "<div class='title date'>", "</div>", "<header>", "<footer>", hidden(8)]
)  # fmt: skip
FEED_PIECES = st.sampled_from(
    ["<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "</link>",
     "<guid>", "<description>", "</description>", "<pubDate>", "</pubDate>", "Mon, 99 Feb 2026",
     "2026-02-01",
     "Sun, 01 Feb 2026 25:61:00 +9999", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>",
     "<media:content url='http://x.example.org/x.jpg'>", "<media:group>", "<media:description>",
     "<rss xmlns:media='http://search.yahoo.com/mrss/'>",
     "<enclosure url='http://[' type='image/png'/>", "javascript:x", "&amp;lt;script&amp;gt;",
     "&nbsp;", "&bad;", "<![CDATA[", "]]>", "robin@example.org", "<", "&"]
)  # fmt: skip


@settings(max_examples=150)
@given(pieces=st.lists(PIECES | st.text(max_size=4), max_size=40))
def test_any_page_is_read_or_refused(pieces: list[str]) -> None:
    raw = ("<!doctype html>" + "".join(pieces)).encode("utf-8", "replace")

    with contextlib.suppress(SourceError):
        is_harmless(read(raw, today=TODAY, address="https://www.example.org/"))
    with contextlib.suppress(SourceError):
        read_story(raw, title="T", address="https://www.example.org/")


@settings(max_examples=150)
@given(pieces=st.lists(FEED_PIECES | st.text(max_size=4), max_size=40))
def test_any_feed_is_read_or_refused(pieces: list[str]) -> None:
    raw = ("<?xml version='1.0'?><rss version='2.0'>" + "".join(pieces)).encode("utf-8", "replace")

    with contextlib.suppress(SourceError):
        is_harmless(read(raw, today=TODAY))


def is_harmless(page: Page) -> None:
    for draft in page.drafts:
        assert draft.title.strip()
        assert draft.url == "" or draft.url.startswith(("http://", "https://"))
        assert "robin@" not in repr(draft)
        assert hidden(8) not in repr(draft)
