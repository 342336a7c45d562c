"""Check what was rendered before anybody sees it: a last look that trusts no template.

Each check is a promise to readers; the first one broken is told to the designer.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

import lxml.html
from lxml import etree

from newsletter.content import (
    ADDRESS_SLOT,
    SLOTS,
    TOKEN_SLOT,
    Imprint,
    IssueContent,
    RenderedIssue,
    RenderedServiceMail,
)
from newsletter.errors import RenderingError
from subscribers.wording import Sentence

#: Gmail drops every sheet of a mail once they are over its limit of 16 KB, and a longer one alone.
LONGEST_SHEET = 8_000
MOST_STYLES = 15_000

_ADDRESSES = ("href", "src", "background", "action", "poster", "srcset", "data", "formaction")
_TABLE = re.compile(r"<table\b[^>]*>")
_HEADINGS = re.compile(r"h[1-6]")


def check(rendered: RenderedIssue, content: IssueContent) -> None:
    """Raise RenderingError for the first promise to readers that a rendering breaks."""
    root = lxml.html.document_fromstring(rendered.html)
    for problem in _slots(root, rendered.html, content):
        raise _broken("email/issue/body.mjml", problem)
    _check_mail("email/issue/body.mjml", rendered.html, root, _hosts(content))
    for slot in SLOTS:
        if slot not in rendered.text:
            raise _broken("email/issue/body.txt", _slot_missing(slot))
    for name, page in (
        ("email/issue/web_article.html", rendered.web_article),
        ("email/issue/feed_entry.html", rendered.feed_entry),
    ):
        _check_public(name, page, content)


def check_service_mail(kind: str, rendered: RenderedServiceMail, imprint: Imprint) -> None:
    """Raise RenderingError for the first promise that a service mail breaks."""
    name = f"email/{kind}/body.mjml"
    for slot in SLOTS:
        if slot in rendered.html or slot in rendered.text:
            raise _broken(name, Sentence("It holds {slot}, which nobody would fill.", slot=slot))
    root = lxml.html.document_fromstring(rendered.html)
    _check_mail(name, rendered.html, root, {urlsplit(imprint.base_url).hostname})


def _check_mail(
    name: str, html: str, root: lxml.html.HtmlElement, hosts: Collection[str | None]
) -> None:
    problems = (
        *_left_over(html, root),
        *_addresses(root, hosts),
        *_pictures(root),
        *_headings(root, starts_with_h1=True),
        *_links(root),
        *_structure(root),
        *_tables(root),
        *_sheets(root),
    )
    for problem in problems:
        raise _broken(name, problem)


def _check_public(name: str, page: str, content: IssueContent) -> None:
    for slot in SLOTS:
        if slot in page:
            raise _broken(name, Sentence("It holds {slot}, but it is public.", slot=slot))
    root = lxml.html.fragment_fromstring(page, create_parent="div")
    whole = name.endswith("/web_article.html")
    problems = (
        *_addresses(root, _hosts(content)),
        *_pictures(root),
        *_headings(root, starts_with_h1=whole),
        *_links(root),
    )
    for problem in problems:
        raise _broken(name, problem)


def _left_over(html: str, root: lxml.html.HtmlElement) -> Iterator[Sentence]:
    if not html.startswith("<!DOCTYPE html>"):
        yield Sentence("The finished mail has no doctype.")
    for element in root.iter(etree.Element):
        if element.tag.startswith("mj-"):
            yield Sentence("The finished mail holds {text}.", text=f"<{element.tag}>")
        for name in {"nl-at", "data-premailer"} & set(element.attrib):
            yield Sentence("The finished mail holds {text}.", text=name)


def _slots(root: lxml.html.HtmlElement, html: str, content: IssueContent) -> Iterator[Sentence]:
    for slot in SLOTS:
        if slot not in html:
            yield _slot_missing(slot)
    if html.count(TOKEN_SLOT) != html.count(f'href="{content.unsubscribe_url}"'):
        yield Sentence("{slot} stands elsewhere than in the unsubscribe link.", slot=TOKEN_SLOT)
    in_text = sum(text.count(ADDRESS_SLOT) for text in root.find("body").itertext())
    if html.count(ADDRESS_SLOT) != in_text:
        yield Sentence("{slot} stands elsewhere than in the text.", slot=ADDRESS_SLOT)


def _hosts(content: IssueContent) -> set[str | None]:
    linked = [story.url for story in content.stories] + [event.url for event in content.calendar]
    return {urlsplit(url).hostname for url in (content.base_url, *linked)}


def _addresses(root: lxml.html.HtmlElement, hosts: Collection[str | None]) -> Iterator[Sentence]:
    for element in root.iter(etree.Element):
        for name in _ADDRESSES:
            url = element.get(name)
            if url is None or (name == "href" and url.startswith("#")):
                continue
            parts = urlsplit(url)
            is_contact = element.tag == "a" and parts.scheme in ("mailto", "tel")
            if not is_contact and (
                parts.scheme not in ("http", "https") or parts.hostname not in hosts
            ):
                yield Sentence(
                    "<{tag}> leads to {url}, which is neither ours nor the link of a story.",
                    tag=element.tag,
                    url=url,
                )
        if "url(" in element.get("style", ""):
            yield Sentence("<{tag}> fetches something for its style.", tag=element.tag)


def _pictures(root: lxml.html.HtmlElement) -> Iterator[Sentence]:
    for picture in root.iter("img"):
        for name in ("alt", "width", "height"):
            if picture.get(name) is None:
                yield Sentence("A picture has no {name}.", name=name)


def _headings(root: lxml.html.HtmlElement, *, starts_with_h1: bool) -> Iterator[Sentence]:
    headings = [e for e in root.iter(etree.Element) if _HEADINGS.fullmatch(e.tag)]
    levels = [int(heading.tag[1]) for heading in headings]
    if starts_with_h1 and (levels[:1] != [1] or levels.count(1) != 1):
        yield Sentence("There must be one <h1>, before the other headings.")
    for before, after in itertools.pairwise(levels):
        if after > before + 1:
            yield Sentence("After <h{before}> comes <h{after}>.", before=before, after=after)
    for heading in headings:
        if not heading.text_content().strip():
            yield Sentence("<{tag}> is empty.", tag=heading.tag)


def _links(root: lxml.html.HtmlElement) -> Iterator[Sentence]:
    for link in root.iter("a"):
        pictures = "".join(picture.get("alt", "") for picture in link.iter("img"))
        if not (link.text_content() + pictures).strip():
            yield Sentence("A link has no words: {url}.", url=link.get("href", ""))


def _structure(root: lxml.html.HtmlElement) -> Iterator[Sentence]:
    for child in root.find("body").iterchildren("*"):
        if not child.get("lang") or not child.get("dir"):
            yield Sentence("<{tag}> needs {name}=“…”.", tag=child.tag, name="lang, dir")
    for tag in ("script", "form", "iframe", "object", "embed", "link", "base", "svg", "input"):
        if root.find(f".//{tag}") is not None:
            yield Sentence("<{tag}> is not for mails.", tag=tag)
    if not (root.findtext("head/title") or "").strip():
        yield Sentence("<{tag}> is empty.", tag="title")


def _tables(root: lxml.html.HtmlElement) -> Iterator[Sentence]:
    for heading in root.iter("th"):
        if heading.get("scope") not in ("col", "row", "colgroup", "rowgroup"):
            yield Sentence("<{tag}> needs {name}=“…”.", tag="th", name="scope")
        if next(heading.iterancestors("table")).find("caption") is None:
            yield Sentence("A table with headings has no <{tag}>.", tag="caption")
    # Those for Outlook stand in comments, which no parser looks into.
    for comment in root.iter(etree.Comment):
        for table in _TABLE.findall(comment.text or ""):
            if 'role="presentation"' not in table:
                yield Sentence("<{tag}> needs {name}=“…”.", tag="table", name="role")


def _sheets(root: lxml.html.HtmlElement) -> Iterator[Sentence]:
    sizes = [len((sheet.text or "").encode()) for sheet in root.iter("style")]
    if max(sizes, default=0) > LONGEST_SHEET or sum(sizes) > MOST_STYLES:
        yield Sentence(
            "The style sheets are {total} bytes, the longest {longest}; programs take {most} and "
            "{longest_allowed}.",
            total=sum(sizes),
            longest=max(sizes),
            most=MOST_STYLES,
            longest_allowed=LONGEST_SHEET,
        )
    for sheet in root.iter("style"):
        if "url(" in (sheet.text or "") or "@import" in (sheet.text or ""):
            yield Sentence("<{tag}> fetches something for its style.", tag="style")


def _slot_missing(slot: str) -> Sentence:
    return Sentence("{slot} is missing: the reader's own values have no place.", slot=slot)


def _broken(name: str, problem: Sentence) -> RenderingError:
    return RenderingError(
        "The template {template} does not make a mail that keeps its promises. {problem} "
        "Nothing was rendered. Mend the template.",
        template=name,
        problem=problem,
    )
