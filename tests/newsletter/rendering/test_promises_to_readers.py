"""What a reader can rely on in the finished mail, whatever program shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import lxml.html
import pytest
from lxml import etree

from newsletter.content import IssueContent, RenderedIssue
from newsletter.delivery.service_mails import KINDS
from newsletter.issues.hints import read_words
from newsletter.templates_folder import TemplatesFolder
from tests.builders import make_issue_content, make_picture, make_story
from tests.golden_mails import GoldenMail, golden_mails

Rendered = Callable[[IssueContent], RenderedIssue]

#: What mrml prints the way Rust shows strings to programmers, unless it is written as an entity.
ODD = '10\u00a0000 kr – ”Västra Göta\u00adland” ❤\ufe0f "rakt" \\n \\u{a0} 👩\u200d💻 åäö'


@pytest.fixture
def html(rendered: Rendered) -> str:
    return rendered(make_issue_content()).html


@pytest.fixture
def root(html: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(html)


def sheets(root: lxml.html.HtmlElement) -> list[str]:
    return [sheet.text or "" for sheet in root.iter("style")]


def test_the_doctype_survives_or_old_programs_show_it_in_quirks_mode(html: str) -> None:
    assert html.startswith("<!DOCTYPE html>\n<html ")
    assert html.lower().count("<!doctype") == 1


def test_the_charset_is_told(html: str) -> None:
    assert '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">' in html


def test_language_and_direction_stand_on_all_that_programs_take_over(
    root: lxml.html.HtmlElement,
) -> None:
    children = list(root.find("body").iterchildren("*"))

    assert len(children) == 2
    for element in (root, *children):
        assert (element.get("lang"), element.get("dir")) == ("sv", "ltr")


def test_every_layout_table_says_that_it_is_none(html: str) -> None:
    # In Outlook's conditional comments as well.
    tables = re.findall(r"<table[^>]*>", html)

    assert len(tables) > 20
    assert all('role="presentation"' in table for table in tables)


def test_headings_are_real_and_skip_no_level(root: lxml.html.HtmlElement) -> None:
    levels = [int(h.tag[1]) for h in root.iter("h1", "h2", "h3", "h4", "h5", "h6")]

    assert levels == [1, 2, 2, 3, 3, 3, 2, 3, 3, 2, 3, 2, 3, 2]


def test_pictures_and_links_have_words(root: lxml.html.HtmlElement) -> None:
    assert all(picture.get("alt") for picture in root.iter("img"))
    assert all(link.text_content().strip() for link in root.iter("a"))


def test_no_kind_of_mail_escapes_the_gates() -> None:
    assert set(KINDS) <= {mail.name for mail in golden_mails()}


@pytest.mark.parametrize("mail", golden_mails(), ids=str)
def test_every_link_says_where_it_leads_read_on_its_own(mail: GoldenMail) -> None:
    empty = read_words(TemplatesFolder().find).empty_link_texts

    said = [link.text_content() for link in lxml.html.document_fromstring(mail.html).iter("a")]

    assert not [words for words in said if words.strip(" .!»›>").casefold() in empty]
    # Two links with the same words lead to the same place (WCAG 2.4.4).
    assert len(said) == len(set(said))


def test_links_in_running_text_are_underlined(root: lxml.html.HtmlElement) -> None:
    for link in root.iter("a"):
        is_button = "padding:13px" in link.get("style")
        assert is_button or "text-decoration:underline" in link.get("style")


def test_nothing_comes_from_a_third_party(html: str, root: lxml.html.HtmlElement) -> None:
    hosts = {urlsplit(url).hostname for _, _, url, _ in root.iterlinks() if "//" in url}

    assert hosts == {"nyhetsbrev.example.org", "www.example.org", "www.example.com"}
    assert not re.search(r"fonts\.g|mailjet|@import|@font-face|url\(|<link", html)


def test_no_pixel_counts_readers(root: lxml.html.HtmlElement) -> None:
    assert [picture.get("width") for picture in root.iter("img")] == ["600"]


def test_no_link_opens_another_window_by_force(html: str) -> None:
    assert "target=" not in html


def test_the_preheader_is_hidden_but_not_white_on_white(root: lxml.html.HtmlElement) -> None:
    hidden = root.find("body")[0]

    assert hidden.text == make_issue_content().preheader
    assert "display:none" in hidden.get("style")
    assert "mso-hide:all" in hidden.get("style")
    assert "color" not in hidden.get("style")


def test_the_title_is_the_subject(root: lxml.html.HtmlElement) -> None:
    assert root.findtext("head/title") == make_issue_content().subject
    assert root.find("body")[1].get("aria-label") == make_issue_content().subject


def test_odd_characters_in_attributes_and_title_arrive_as_typed(rendered: Rendered) -> None:
    story = make_story(title=ODD, text=ODD, link_text=ODD, picture=make_picture(alt=ODD))
    issue = rendered(make_issue_content(subject=ODD, stories=[story]))

    root = lxml.html.document_fromstring(issue.html)

    assert next(root.iter("img")).get("alt") == ODD
    assert root.findtext("head/title") == ODD
    assert root.find("body")[1].get("aria-label") == ODD
    assert next(root.iter("h3")).text_content() == ODD


def test_line_breaks_in_attributes_are_not_shown_as_backslash_n(rendered: Rendered) -> None:
    story = make_story(picture=make_picture(alt="en\ntvå\ttre"))

    root = lxml.html.document_fromstring(rendered(make_issue_content(stories=[story])).html)

    assert (next(root.iter("img")).get("alt")).split() == ["en", "två", "tre"]


def test_links_lead_where_the_editor_said(rendered: Rendered) -> None:
    url = "https://www.example.org/å b?x=1&y={{ z }}&q=%20\\#å"

    issue = rendered(make_issue_content(stories=[make_story(url=url)]))

    ascii_url = "https://www.example.org/%C3%A5%20b?x=1&y=%7B%7B%20z%20%7D%7D&q=%20%5C#%C3%A5"
    hrefs = [link.get("href") for link in lxml.html.document_fromstring(issue.html).iter("a")]
    assert ascii_url in hrefs
    assert ascii_url in issue.text


def test_essential_styles_stand_on_the_elements(root: lxml.html.HtmlElement) -> None:
    for sheet in list(root.iter("style")):
        sheet.getparent().remove(sheet)

    for element in root.find("body").iter("h1", "h2", "h3", "p", "li"):
        for declaration in ("margin:0", "font-size:", "line-height:", "color:#", "font-family:"):
            assert declaration in element.get("style")


def test_what_is_inlined_is_not_sent_twice(root: lxml.html.HtmlElement) -> None:
    assert not any("mso-line-height-rule" in sheet for sheet in sheets(root))


def test_rules_for_phones_keep_their_important(root: lxml.html.HtmlElement) -> None:
    together = "\n".join(sheets(root))

    assert "@media only screen and (max-width: 479px)" in together
    assert "h1 { font-size: 24px !important; line-height: 30px !important; }" in together
    assert ".mj-column-px-160 { width:160px !important;" in together


def test_the_night_has_its_colours_in_every_dialect(root: lxml.html.HtmlElement) -> None:
    together = "\n".join(sheets(root))
    names = {meta.get("name"): meta.get("content") for meta in root.iter("meta")}

    assert names["color-scheme"] == names["supported-color-schemes"] == "light dark"
    assert ":root { color-scheme: light dark;" in together
    assert "@media (prefers-color-scheme: dark)" in together
    assert "[data-ogsb] .card" in together
    assert "[data-ogsc] .page p" in together
    assert together.count("color: #F1F3F5 !important") == 2


def test_no_sheet_is_so_long_that_gmail_drops_it(root: lxml.html.HtmlElement) -> None:
    sizes = [len(sheet) for sheet in sheets(root)]

    assert len(sizes) >= 6
    assert max(sizes) <= 8_000
    assert sum(sizes) < 15_000


def test_no_letter_is_small_and_nothing_is_centred(root: lxml.html.HtmlElement) -> None:
    for element in root.find("body")[1].iter("h1", "h2", "h3", "p", "li", "a"):
        style = element.get("style")
        sizes = [int(size) for size in re.findall(r"font-size:(\d+)px", style)]
        assert all(size >= 14 for size in sizes)
        assert "center" not in style


def test_body_text_is_16_on_25(root: lxml.html.HtmlElement) -> None:
    text = next(p for p in root.iter("p") if p.text_content().startswith("Årets"))

    assert "font-size:16px; line-height:25px" in text.get("style")


def test_outlook_gets_its_widths_and_tables(html: str) -> None:
    assert html.count("<!--[if mso | IE]>") > 40
    assert html.count("<![endif]-->") >= html.count("<!--[if")
    assert 'width="600" style="width:600px;"' in html
    assert "<o:PixelsPerInch>96</o:PixelsPerInch>" in html
    assert "mso-padding-alt:13px 22px" in html


def test_nothing_is_drawn_that_only_outlook_would_show(html: str) -> None:
    # Drawings in VML are read by no screen reader, and links in them by nobody else.
    assert not re.search(r"<v:|<o:(?!(OfficeDocumentSettings|AllowPNG|PixelsPerInch))", html)


def test_widths_are_whole_pixels(html: str) -> None:
    assert not re.search(r'(width|height)="[0-9]+\.[0-9]', html)
    assert not re.search(r"(?<![-a-z])width:[0-9]+\.[0-9]", html)


def test_no_cell_is_given_attributes_by_the_inliner(root: lxml.html.HtmlElement) -> None:
    assert not [e for e in root.find("body").iter("div", "p", "h1", "li") if e.get("width")]


def test_long_words_wrap(root: lxml.html.HtmlElement) -> None:
    cells = [p.getparent().getparent() for p in root.find("body").iter("p", "h3")]

    assert all("word-break:break-word" in cell.get("style") for cell in cells)


def test_a_phone_may_zoom(html: str) -> None:
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html


def test_nothing_in_the_mail_can_act(root: lxml.html.HtmlElement) -> None:
    for tag in ("script", "form", "iframe", "object", "embed", "input", "link", "base"):
        assert root.find(f".//{tag}") is None
    attributes = {name for element in root.iter(etree.Element) for name in element.attrib}
    assert not [name for name in attributes if name.startswith("on")]


def test_the_footer_says_who_why_and_how_to_leave(rendered: Rendered) -> None:
    issue = rendered(make_issue_content())
    said = (
        "Du får nyhetsbrevet för att du prenumererar med adressen",
        "Avsluta prenumerationen",
        "Tidigare nummer",
        "Exempelregionen, externa relationer",
        "Exempelgatan 1, 123 45 Exempelstad",
        "Organisationsnummer 000000-0000",
        "Ansvarig: enhetschefen för externa relationer",
        "Så behandlar vi dina personuppgifter",
        "Tillgänglighet",
        "Vi mäter inte om du öppnar brevet eller vilka länkar du klickar på.",
    )

    for sentence in said:
        assert sentence in issue.html
        assert sentence in issue.text
