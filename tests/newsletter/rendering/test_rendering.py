from __future__ import annotations

import html
import re
from collections.abc import Callable

import lxml.html
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from newsletter.content import (
    ADDRESS_SLOT,
    SLOTS,
    TOKEN_SLOT,
    IssueContent,
    RenderedIssue,
    SectionContent,
)
from newsletter.rendering import Theme, fill_preview, render
from newsletter.templates_folder import TemplatesFolder
from tests.builders import make_event, make_issue_content, make_picture, make_story

Rendered = Callable[[IssueContent], RenderedIssue]


class HtmlFile(SingleFileSnapshotExtension):
    """A snapshot that opens in a browser."""

    file_extension = "html"
    _write_mode = WriteMode.TEXT


class TextFile(SingleFileSnapshotExtension):
    file_extension = "txt"
    _write_mode = WriteMode.TEXT


def words(text: str) -> str:
    """Text as a reader hears it: one blank between words."""
    return " ".join(text.split())


def page(source: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(source)


def test_the_mail_looks_as_it_did(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    issue = rendered(make_issue_content())

    # One tag a line, so that a change can be read.
    assert issue.html.replace("><", ">\n<") == snapshot(extension_class=HtmlFile)


def test_the_plain_text_reads_as_it_did(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    issue = rendered(make_issue_content())

    assert issue.text == snapshot(extension_class=TextFile)


def test_the_web_article_is_as_it_was(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    issue = rendered(make_issue_content())

    assert issue.web_article == snapshot(extension_class=HtmlFile)


def test_the_feed_entry_is_as_it_was(rendered: Rendered, snapshot: SnapshotAssertion) -> None:
    issue = rendered(make_issue_content())

    assert issue.feed_entry == snapshot(extension_class=HtmlFile)


def test_the_same_issue_is_rendered_to_the_same_characters(rendered: Rendered) -> None:
    assert rendered(make_issue_content()) == rendered(make_issue_content())


def test_two_readers_mails_differ_only_in_address_and_token(rendered: Rendered) -> None:
    issue = rendered(make_issue_content())

    robin = fill_preview(issue.html, address="robin@example.org", token="a" * 48)
    kim = fill_preview(issue.html, address="kim@example.org", token="b" * 48)

    assert robin.replace("robin@", "kim@").replace("a" * 48, "b" * 48) == kim


def test_every_slot_stands_in_the_mail_and_none_in_what_is_public(rendered: Rendered) -> None:
    issue = rendered(make_issue_content())

    for slot in SLOTS:
        assert issue.html.count(slot) == issue.text.count(slot) == 1
        assert slot not in issue.web_article + issue.feed_entry
    assert f'href="https://nyhetsbrev.example.org/avsluta/{TOKEN_SLOT}"' in issue.html
    assert f"https://nyhetsbrev.example.org/avsluta/{TOKEN_SLOT}\n" in issue.text


def test_a_preview_escapes_the_address_in_html_only() -> None:
    assert fill_preview(f"<!DOCTYPE html>{ADDRESS_SLOT}", address="o<b>", token="") == (
        "<!DOCTYPE html>o&lt;b&gt;"
    )
    assert fill_preview(ADDRESS_SLOT, address="o'r@example.org", token="") == "o'r@example.org"


def test_the_plain_text_says_all_that_the_html_says(rendered: Rendered) -> None:
    issue = rendered(make_issue_content(stories=[make_story(is_lead=True)], calendar=()))
    body = page(issue.html).find("body")
    text = words(issue.text)

    for element in body.iter("h1", "h2", "h3", "p", "li"):
        assert words(" ".join(element.itertext())).replace(" .", ".") in text
    for link in body.iter("a"):
        if link.get("href").startswith("http"):
            assert link.get("href") in issue.text


def test_the_plain_text_has_no_entities_and_no_long_lines(rendered: Rendered) -> None:
    title = "Ovanligt långt & “citerat” " + "x" * 300
    issue = rendered(make_issue_content(stories=[make_story(title=title, text="ord " * 100)]))

    assert html.unescape(issue.text) == issue.text
    assert "\N{NO-BREAK SPACE}" not in issue.text
    assert max(len(line) for line in issue.text.splitlines() if "://" not in line) <= 72


def test_an_issue_of_twelve_stories_is_not_clipped(rendered: Rendered) -> None:
    stories = [
        make_story(item_id=n, is_lead=n == 0, picture=make_picture() if n == 0 else None)
        for n in range(12)
    ]

    issue = rendered(make_issue_content(stories=stories))

    # Gmail clips at 102 KB; quoted-printable adds a quarter.
    assert len(issue.html.encode()) < 80_000


def test_the_list_of_contents_comes_with_the_fifth_story(rendered: Rendered) -> None:
    four = rendered(make_issue_content(stories=[make_story(item_id=n) for n in range(4)]))
    five = rendered(make_issue_content(stories=[make_story(item_id=n) for n in range(5)]))

    for form in ("html", "text", "web_article"):
        assert "I det här numret" not in getattr(four, form)
        assert "I det här numret" in getattr(five, form)


def test_contents_on_the_web_lead_to_the_stories(rendered: Rendered) -> None:
    article = lxml.html.fragment_fromstring(rendered(make_issue_content()).web_article)

    links = [link.get("href") for link in article.findall(".//nav//a")]

    assert links == [f"#{story.anchor}" for story in make_issue_content().stories]
    assert all(article.get_element_by_id(link[1:]).find("h3") is not None for link in links)


def test_the_web_article_has_no_layout_and_no_styles(rendered: Rendered) -> None:
    article = rendered(make_issue_content()).web_article

    assert not re.search(r"<table|<div role|style=|<mj-|nl-at", article)
    assert article.count("<h1>") == 1


def test_the_feed_has_whole_addresses_only(rendered: Rendered) -> None:
    entry = lxml.html.fragment_fromstring(
        rendered(make_issue_content()).feed_entry, create_parent="div"
    )

    addresses = [url for _, _, url, _ in entry.iterlinks()]

    assert addresses
    assert all(address.startswith("https://") for address in addresses)


def test_a_test_mail_says_so_first_of_all(rendered: Rendered) -> None:
    said = "Testutskick 3 – länkarna för att avsluta gör ingenting."

    issue = rendered(make_issue_content(test_number=3, preheader=""))

    assert words(page(issue.html).find("body").text_content()).startswith(said)
    assert issue.text.startswith(said)
    assert "Testutskick" not in rendered(make_issue_content()).html


def test_the_calendar_stands_in_the_order_of_time(rendered: Rendered) -> None:
    late = make_event(item_id=1, title="Sent")
    early = make_event(item_id=2, title="Tidigt", starts_at=make_event().starts_at.replace(day=1))

    issue = rendered(make_issue_content(calendar=(late, early)))

    for form in (issue.html, issue.text, issue.web_article, issue.feed_entry):
        assert form.index("Tidigt") < form.index("Sent")


def test_an_issue_without_extras_has_no_empty_boxes(rendered: Rendered) -> None:
    issue = rendered(
        make_issue_content(
            stories=[make_story(picture=None)], calendar=(), editorial="", signature_name=""
        )
    )

    headings = [h.text_content() for h in page(issue.html).iter("h2")]
    assert headings == ["Bryssel", "Kontakta redaktionen"]
    assert all(words(p.text_content()) for p in page(issue.html).iter("p", "td"))


def test_a_section_without_stories_or_name_is_no_broken_heading(rendered: Rendered) -> None:
    content = make_issue_content(stories=[make_story()])
    unnamed = content.sections[0].__class__(name="", stories=content.stories)
    empty = content.sections[0].__class__(name="Tomt", stories=())

    issue = rendered(make_issue_content(sections=(unnamed, empty)))

    assert "Tomt" not in issue.html + issue.text + issue.web_article + issue.feed_entry
    assert "Nyheter\n-------" in issue.text


def test_an_english_issue_has_no_swedish_words_of_ours(rendered: Rendered) -> None:
    organisation = make_issue_content().organisation.__class__(
        name="Example Region",
        unit="external relations",
        postal_address="1 Example Street",
        registration_number="000000-0000",
        responsible="the head of external relations",
    )
    content = make_issue_content(
        language="en",
        newsletter_name="Newsletter on external relations",
        organisation=organisation,
        subject="Example",
        preheader="Example",
        editorial="Welcome!",
        signature_name="Robin Example",
        signature_title="editor",
        test_number=1,
        stories=[
            make_story(
                item_id=n,
                language="en",
                title=f"Story {n}",
                text="Something happened.",
                link_text="",
                picture=make_picture(alt="A room.", caption="A room."),
            )
            for n in range(5)
        ],
        calendar=(make_event(language="en", title="Talk", place="Room", text="", link_text=""),),
    )

    issue = rendered(content)

    for form in (issue.html, issue.text, issue.web_article, issue.feed_entry):
        assert not re.search(r"[åäöÅÄÖ]|kl\.| mars|Foto|Nummer", form)
    assert "Issue 2 · February 2017" in issue.text
    assert "7 March, 08:00–09:30" in issue.text
    assert '<html lang="en" dir="ltr"' in issue.html


def test_texts_in_another_language_are_marked(rendered: Rendered) -> None:
    issue = rendered(make_issue_content())

    marked = page(issue.html).xpath("//body//*[@lang='en']")
    assert [element.tag for element in marked] == ["li", "h3", "p", "a"]
    assert '<article class="story" id="nyhet-4" lang="en">' in issue.web_article


def test_passages_in_another_language_are_marked_in_every_form(rendered: Rendered) -> None:
    marked = make_picture(caption="Från [en: Going Green].")
    story = make_story(text="På [en: Investing in Examples & Co] i mars.", picture=marked)

    issue = rendered(make_issue_content(stories=[story], editorial="[ar: مرحبا] och hej!"))

    for page in (issue.html, issue.web_article, issue.feed_entry):
        assert 'På <span lang="en">Investing in Examples &amp; Co</span> i mars.' in page
        assert 'Från <span lang="en">Going Green</span>.' in page
        assert '<span lang="ar" dir="rtl">مرحبا</span> och hej!' in page
    assert "På Investing in Examples & Co i mars." in issue.text
    assert "مرحبا och hej!" in issue.text


def test_every_line_of_an_issue_can_hold_a_passage_and_no_form_shows_its_mark(
    rendered: Rendered,
) -> None:
    line = "Om [en: Going Green] nu"
    picture = make_picture(alt=line, caption=line, credit=line)
    told = {"title": line, "text": line, "link_text": line}
    stories = [make_story(item_id=n, picture=picture, is_lead=n == 1, **told) for n in range(1, 6)]
    stories.append(make_story(item_id=6, title=line, link_text=""))
    content = make_issue_content(
        sections=(SectionContent(name=line, stories=tuple(stories)),),
        calendar=(make_event(place=line, **told),),
        subject=line, preheader=line, editorial=line, contact=line,
        signature_name=line, signature_title=line,
    )  # fmt: skip

    issue = rendered(content)

    assert issue.subject == "Om Going Green nu"
    for form in (issue.html, issue.text, issue.web_article, issue.feed_entry):
        assert "[en:" not in form
    assert issue.text.count("Om Going Green nu") >= 30
    mail, article = page(issue.html), page(issue.web_article)
    for one in (mail, article, page(issue.feed_entry)):
        for lines in ("h2[1]", "h3", "a[contains(., 'Green')]"):
            assert one.xpath(f"//{lines}")
            assert not one.xpath(f"//{lines}[contains(., 'Green')][not(.//span[@lang='en'])]")
        assert {found.get("alt") for found in one.iter("img")} == {"Om Going Green nu"}
    contents = [*mail.xpath("//ul/li"), *article.xpath("//nav//li/a"), *article.xpath("//h1")]
    assert len(contents) == 13
    assert {found.xpath("string(span[@lang='en'])") for found in contents} == {"Going Green"}
    assert mail.findtext("head/title") == "Om Going Green nu"


def test_brackets_that_name_no_language_stay_as_they_are(rendered: Rendered) -> None:
    typed = "[obs: nytt] [en:] [en: <b>] [https://www.example.org]"

    issue = rendered(make_issue_content(editorial=typed))

    assert '[obs: nytt] [en:] <span lang="en">&lt;b&gt;</span> [https' in issue.html
    assert "[obs: nytt] [en:] <b> [https" in issue.text


def test_a_language_written_the_other_way_is_shown_so(rendered: Rendered) -> None:
    issue = rendered(make_issue_content(stories=[make_story(language="ar")]))

    assert '<h3 class="story" lang="ar" dir="rtl"' in issue.html


def test_a_picture_keeps_its_shape_and_says_who_took_it(rendered: Rendered) -> None:
    tall = make_story(is_lead=True, picture=make_picture(width=1000, height=1500))

    picture = next(page(rendered(make_issue_content(stories=[tall])).html).iter("img"))

    assert (picture.get("width"), picture.get("height")) == ("600", "900")
    assert "height:auto" in picture.get("style")
    assert "Foto: Robin Exempel" in rendered(make_issue_content(stories=[tall])).html


def test_a_small_picture_is_not_blown_up(rendered: Rendered) -> None:
    small = make_story(is_lead=True, picture=make_picture(width=301, height=200))

    picture = next(page(rendered(make_issue_content(stories=[small])).html).iter("img"))

    assert (picture.get("width"), picture.get("height")) == ("301", "200")


def test_contact_and_link_words_have_defaults(rendered: Rendered) -> None:
    issue = rendered(make_issue_content(stories=[make_story(title="Ny film", link_text="")]))
    custom = rendered(make_issue_content(contact="Ring oss.\nEller skriv.")).html

    assert "Läs hela nyheten: Ny film" in issue.html
    assert "Svara gärna på det här mejlet eller skriv till" in issue.html
    assert 'href="mailto:redaktionen@example.org"' in issue.html
    assert "Ring oss.<br>Eller skriv." in custom
    assert "Svara gärna" not in custom


def test_an_address_in_a_text_is_not_made_a_link(rendered: Rendered) -> None:
    issue = rendered(make_issue_content(stories=[make_story(text="Se https://example.net/x")]))

    assert "Se https://example.net/x" in issue.html
    assert 'href="https://example.net' not in issue.html


@pytest.mark.parametrize("preheader", ["Kort.", "x" * 84])
def test_a_short_preheader_is_followed_by_nothing_to_be_seen(
    rendered: Rendered, preheader: str
) -> None:
    hidden = page(rendered(make_issue_content(preheader=preheader)).html).find("body")[0]

    assert hidden.text.startswith(preheader)
    assert len(hidden.text) >= 85
    assert not hidden.text.removeprefix(preheader).strip("\u034f\u200c\u00a0")


def test_a_long_preheader_is_not_padded(rendered: Rendered) -> None:
    hidden = page(rendered(make_issue_content(preheader="x" * 90)).html).find("body")[0]

    assert hidden.text == "x" * 90


def test_without_a_preheader_nothing_is_hidden(rendered: Rendered) -> None:
    assert "display:none" not in rendered(make_issue_content(preheader="")).html


def test_the_subject_is_given_back_as_it_was_written(
    theme: Theme, templates: TemplatesFolder
) -> None:
    # Whether it may be a header is not for rendering to mend: newsletter.messages refuses it.
    issue = render(make_issue_content(subject="En\nannan"), theme=theme, templates=templates)

    assert issue.subject == "En\nannan"


def test_a_draft_without_a_subject_still_shows(rendered: Rendered) -> None:
    issue = rendered(make_issue_content(subject=" "))

    name = make_issue_content().newsletter_name
    assert page(issue.html).findtext("head/title") == name
    assert f"<h1>{name}</h1>" in issue.web_article
