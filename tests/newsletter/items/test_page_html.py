"""What is read from HTML, and what is never let in."""

from __future__ import annotations

import pytest

from newsletter.errors import SourceError
from newsletter.items.sources import Format, Page, hidden_addresses, read
from tests.newsletter.items.pages import TODAY, hidden


def read_html(body: str, *, address: str = "https://www.example.org/nyheter/") -> Page:
    return read(f"<!DOCTYPE html>{body}".encode(), today=TODAY, address=address)


def listed(*entries: str, heading: str = "Nyheter och aktuellt") -> str:
    return f"<h2>{heading}</h2><ul>{''.join(f'<li>{entry}</li>' for entry in entries)}</ul>"


def story(title: str = "Kontoret visar film", text: str = "Fyra filmer.", href: str = "a") -> str:
    return f'<h3><a href="{href}">{title}</a></h3><time datetime="2026-02-14">x</time><p>{text}</p>'


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("film", "https://www.example.org/nyheter/film"),
        ("/film?utm_source=a&id=1&fbclid=2#del", "https://www.example.org/film?id=1"),
        ("//example.org/x;jsessionid=77", "https://example.org/x"),
        (" https://example.org/en sida ", "https://example.org/en%20sida"),
        ("https://exa\nmple.org/x", "https://example.org/x"),
        ("javascript:void(0)", ""),
        ("data:text/html,x", ""),
        ("mailto:robin@example.org", ""),
        ("tel:+4610", ""),
        ("https://robin:hemligt@example.org/", ""),
        ("https://[", ""),
        ("#", "https://www.example.org/nyheter/"),
    ],
)
def test_links_are_made_whole_and_only_those_to_pages_kept(href: str, url: str) -> None:
    page = read_html(listed(story(href=href)))

    assert [draft.url for draft in page.drafts] == [url]


def test_without_an_address_relative_links_are_left_out() -> None:
    page = read_html(listed(story(href="film"), story(title="En till", href="https://example.org/")),
                     address="")  # fmt: skip

    assert [draft.url for draft in page.drafts] == ["", "https://example.org/"]


def test_the_page_says_itself_what_its_links_are_relative_to() -> None:
    page = read_html('<base href="https://example.org/b/">' + listed(story(href="film")))

    assert page.drafts[0].url == "https://example.org/b/film"


@pytest.mark.parametrize(
    "hiding",
    [
        "<a href=\"javascript:linkTo_UnCryptMailto('nbjmup;jogp')\">Robin Exempel</a>",
        '<a href="/cdn-cgi/l/email-protection" data-cfemail="a1b2c3">[email&#160;protected]</a>',
        '<span class="__cf_email__" data-cfemail="a1b2c3">Robin</span>',
        f'<a href="{hidden(1)}">Robin Exempel</a>',
        f"<span>{hidden(8)}</span>",
    ],
)
def test_a_hidden_address_is_left_out_with_its_words_and_never_decoded(hiding: str) -> None:
    page = read_html(listed(story(text=f"Skriv till {hiding} snart.")))

    assert page.drafts[0].excerpt == "Skriv till snart."
    assert page.dropped_lines == 1


@pytest.mark.parametrize("spelt", ["robin(at)example.org", "robin [snabel-a] example.org"])
def test_an_address_that_is_spelt_out_is_replaced(spelt: str) -> None:
    page = read_html(listed(story(text=f"Skriv till {spelt}.")))

    assert page.drafts[0].excerpt == f"Skriv till {hidden_addresses.REDACTED}."
    assert page.redacted_addresses == 1


def test_a_link_to_a_mailbox_leaves_its_words_and_not_its_address() -> None:
    page = read_html(listed(story(text='Fråga <a href="mailto:robin@example.org">kontoret</a>.')))

    assert page.drafts[0].excerpt == "Fråga kontoret."
    assert "@" not in repr(page)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Soft&shy;a tec\u200bken\ufeff", "Softa tecken"),
        ("R&amp;D &lt;b&gt; &auml;r", "R&D <b> är"),
        ("Rad ett<br>rad två", "Rad ett rad två"),
        ("<b>Fet</b>, <em>lutad</em> och <u>under</u>", "Fet, lutad och under"),
        ("Ja<script>alert(1)</script><style>p{}</style><!-- x -->!", "Ja!"),
        ("Ja<svg><text>ritad</text></svg><iframe>ram</iframe>!", "Ja!"),
        ('Ja<span hidden>dold</span><i style="display: none">dold</i>!', "Ja!"),
        ("Ett<ul><li>två</ul>", "Ett\n\n– två"),
    ],
)
def test_of_markup_only_the_words_are_kept_that_a_reader_sees(markup: str, text: str) -> None:
    page = read_html(listed(story(text=markup)))

    assert page.drafts[0].excerpt == text


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ("<figcaption>Kameran. Foto: Robin Exempel</figcaption>", ("Kameran.", "Robin Exempel")),
        ("<figcaption>Fotograf: Robin Exempel</figcaption>", ("", "Robin Exempel")),
        ("<figcaption>Kameran</figcaption>", ("Kameran", "")),
        ("<p>Bild: Robin Exempel</p>", ("", "Robin Exempel")),
        ("<p>© 2026 Robin Exempel</p>", ("", "Robin Exempel")),
    ],
)
def test_a_picture_is_read_with_its_caption_and_photographer(
    caption: str, said: tuple[str, str]
) -> None:
    page = read_html(
        listed(f'<figure><img src="k.jpg" alt="En kamera">{caption}</figure>' + story())
    )

    picture = page.drafts[0].picture
    assert picture is not None
    assert (picture.url, picture.alt) == ("https://www.example.org/nyheter/k.jpg", "En kamera")
    assert (picture.caption, picture.credit) == said
    assert page.drafts[0].excerpt == "Fyra filmer."


@pytest.mark.parametrize(
    "image", ['<img src="p.gif" width=1 height=1>', '<img src="data:image/png;base64,AA">', "<img>"]
)
def test_counters_and_signs_are_no_pictures(image: str) -> None:
    page = read_html(listed(image + story()))

    assert page.drafts[0].picture is None


def test_other_lists_of_the_page_are_not_its_news() -> None:
    menu = "<ul>" + "".join(
        f'<li><a href="/{n}">Så styrs regionen {n}</a></li>' for n in "abcdefgh"
    )
    events = listed(story("Frukost"), story("Lunch"), story("Middag"), heading="Kalender")

    page = read_html(menu + "</ul>" + listed(story(), story("Två")) + events)

    assert [draft.title for draft in page.drafts] == ["Kontoret visar film", "Två"]


def test_the_list_may_be_empty_while_the_page_goes_on() -> None:
    foot = "<div><h3>Besök oss</h3><p>Gatan 1</p><h3>Ring oss</h3><p>Växeln</p></div>"

    page = read_html(f"<div><div><h2>Nyheter och aktuellt</h2></div></div><div>{foot}</div>")

    assert page.drafts == ()


def test_a_day_that_does_not_exist_is_named_with_its_line() -> None:
    with pytest.raises(SourceError, match="Line 3 says “31 februari 2026”"):
        read_html("<h2>Nyheter</h2>\n<ul><li><h3>En film</h3>\n<p>31 februari 2026</p></li></ul>")


def test_a_format_can_be_said_where_the_content_does_not_tell() -> None:
    raw = b"Ett blad <ul><li>" + story().encode()

    with pytest.raises(SourceError):
        read(raw, today=TODAY)
    page = read(b"<h1>Nyheter</h1>" + raw, today=TODAY, as_format=Format.HTML)

    assert [draft.title for draft in page.drafts] == ["Kontoret visar film"]
