"""Read a source of news: bytes in, drafts of items out.

Pure: no database, no network, no clock. One parser per format, behind one function.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from zoneinfo import ZoneInfo

from newsletter.errors import SourceError
from newsletter.items.drafts import ItemDraft, PictureDraft
from newsletter.items.sources import article, feed, hidden_addresses, markup, page_html, tidying
from newsletter.items.sources.blocks import cut
from newsletter.items.sources.encoding import decoded, refuse_controls
from newsletter.items.sources.formats import Format, recognised
from newsletter.items.sources.limits import (
    LARGEST_SOURCE,
    LONGEST_TEXT,
    MOST_ITEMS,
    MOST_LINES,
    too_long,
)
from newsletter.items.sources.page_text import stories
from newsletter.items.sources.passages import seen
from newsletter.items.sources.stories import Story

__all__ = ["LARGEST_SOURCE", "Format", "ItemDraft", "Page", "read", "read_story"]

#: Where a time that says nothing of its zone was written.
HOME = ZoneInfo("Europe/Stockholm")

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_LINE_ENDS = re.compile("\r\n|[\n\r\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a source says."""

    #: In the order of the page; empty where its list of news is empty.
    drafts: tuple[ItemDraft, ...]
    #: Lines and links with hidden addresses that were left out, unread.
    dropped_lines: int = 0
    #: Plain addresses in titles and texts that were replaced.
    redacted_addresses: int = 0
    #: "UTF-8", "UTF-16", "Windows-1252" or what the source names.
    encoding: str = "UTF-8"
    format: Format = Format.TEXT
    #: Line where the XML of a feed breaks; 0: it does not. What stands before it was read.
    broken_line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a parser found."""

    stories: Sequence[Story]
    dropped: int = 0
    broken_line: int = 0


def read(
    raw: bytes,
    *,
    today: date,
    zone: tzinfo = HOME,
    as_format: Format | None = None,
    address: str = "",
) -> Page:
    """Return the news that a source holds.

    `today`, in the zone of the newsletter, settles dates that lack a year; times without a zone
    are of `zone`. The format is known by the content unless one is given. `address` is where the
    source was found: what its relative links are relative to.

    Raises SourceError: too large, not text, no news of that format, or a date that does not exist.
    """
    text, encoding = _decoded(raw)
    known = as_format or recognised(text)
    if known is Format.TEXT:
        told = _text_told(text, today=today)
    else:
        refuse_controls([text])
        if known is Format.FEED:
            told = _feed_told(text, address=address, today=today, zone=zone)
        else:
            told = _html_told(text, address=address, today=today, zone=zone)
    if len(told.stories) > MOST_ITEMS:
        raise too_long()
    return _page(told, encoding=encoding, known=known)


def read_story(raw: bytes, *, title: str, address: str) -> ItemDraft | None:
    """Return what a story's own page says of it; None where no text stands out.

    Raises SourceError: too large, no text, or no HTML.
    """
    text, _ = _decoded(raw)
    refuse_controls([text])
    content = markup.parsed(text)
    found = content and article.story(
        content.root, title=title, base=markup.base_of(content.root, address)
    )
    safe = _without_hidden(_shortened(found))[0] if found else None
    return _draft(safe)[0] if safe else None


def _decoded(raw: bytes) -> tuple[str, str]:
    if len(raw) > LARGEST_SOURCE:
        raise SourceError(
            "This is larger than {n} MB, so it is no page of news. Nothing was stored. "
            "Save only the page with the news, as text.",
            n=LARGEST_SOURCE // 1024**2,
        )
    text, encoding = decoded(raw)
    if not text.strip():
        raise SourceError(
            "There is nothing in it. Nothing was stored. Check that the file was saved."
        )
    return text, encoding


def _text_told(text: str, *, today: date) -> _Told:
    lines = _LINE_ENDS.split(text)
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_TEXT for line in lines):
        raise too_long()
    hiding = hidden_addresses.lines_that_hide(text, lines)
    refuse_controls(line for number, line in enumerate(lines) if number not in hiding)
    found = stories(cut(lines, left_out=hiding, today=today))
    if any(len(story.raw) > LONGEST_TEXT for story in found):
        raise too_long()
    return _Told(stories=found, dropped=len(hiding))


def _feed_told(text: str, *, address: str, today: date, zone: tzinfo) -> _Told:
    told = feed.stories(text, address=address, today=today, zone=zone)
    return _Told(
        stories=[_shortened(story) for story in told.stories],
        dropped=told.dropped,
        broken_line=told.broken_line,
    )


def _html_told(text: str, *, address: str, today: date, zone: tzinfo) -> _Told:
    content = markup.parsed(text)
    if content is None:
        raise SourceError(
            "There is nothing in it. Nothing was stored. Check that the file was saved."
        )
    base = markup.base_of(content.root, address)
    told = page_html.stories(content.root, base=base, today=today, zone=zone)
    if told.stories:
        found = [_shortened(story) for story in told.stories]
        return _Told(stories=found, dropped=content.dropped)
    # Nothing repeats: one table, or lines with <br>. It may read as news all the same.
    passages = seen([content.root], base=base)
    words = "\n\n".join(passage.text.strip() for passage in passages)
    as_text = _text_told(words, today=today)
    return replace(as_text, dropped=as_text.dropped + content.dropped)


def _shortened(story: Story) -> Story:
    """Return a story whose text is no longer than may be stored; the rest is on its page."""
    if len(story.raw) <= LONGEST_TEXT:
        return story
    return replace(story, raw=story.raw[:LONGEST_TEXT].rpartition(" ")[0] + " …")


def _page(told: _Told, *, encoding: str, known: Format) -> Page:
    dropped, redacted, drafts = told.dropped, 0, []
    for story in told.stories:
        safe, hidden = _without_hidden(story)
        dropped += hidden
        if safe is not None:
            draft, count = _draft(safe)
            redacted += count
            drafts.append(draft)
    return Page(
        drafts=tuple(drafts),
        dropped_lines=dropped,
        redacted_addresses=redacted,
        encoding=encoding,
        format=known,
        broken_line=told.broken_line,
    )


def _draft(story: Story) -> tuple[ItemDraft, int]:
    """Return the draft of a story, plain addresses replaced, and how many there were."""
    title, in_title = hidden_addresses.redacted(story.title)
    body, in_body = _redacted(story.raw)
    excerpt, truncated = tidying.uncut(body)
    draft = ItemDraft(
        title=title,
        published_on=story.published_on,
        excerpt=excerpt,
        raw_excerpt=body,
        truncated=truncated,
        url=story.url,
        language=_primary(story.language),
        picture=story.picture and _picture_without_addresses(story.picture),
        is_issue=story.is_issue,
    )
    return draft, in_title + in_body


def _primary(language: str) -> str:
    """Return the language alone: "en" of "en-GB"; empty where it is no code of a language."""
    code = language.partition("-")[0]
    return code if _LANGUAGE.fullmatch(code) else ""


def _picture_without_addresses(picture: PictureDraft) -> PictureDraft:
    said = {
        name: hidden_addresses.redacted(getattr(picture, name))[0]
        for name in ("alt", "caption", "credit")
    }
    return replace(picture, **said)


def _without_hidden(story: Story) -> tuple[Story | None, int]:
    """Take out a hidden address that the page's line ends or unseen signs broke in two."""
    if _hides_address(story.title):
        return None, 1
    if _hides_address(story.raw):
        return replace(story, raw=""), 1
    return story, 0


def _hides_address(text: str) -> bool:
    return hidden_addresses.hides_address(tidying.line(text).replace(" ", ""))


def _redacted(raw: str) -> tuple[str, int]:
    body, count = hidden_addresses.redacted(raw)
    # Unseen signs inside an address hide it from the first look.
    tidied, more = hidden_addresses.redacted(tidying.paragraphs(body))
    return (tidied, count + more) if more else (body, count)
