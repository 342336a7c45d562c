"""Read RSS and Atom feeds: what each entry says, however untidily it is written.

feedparser reads the XML, also where it is broken; it is handed the bytes and never an address.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

import feedparser

from newsletter.content import is_announcement_id
from newsletter.errors import SourceError
from newsletter.items.drafts import PictureDraft
from newsletter.items.sources import dates, entries, feed_pictures, markup, tidying
from newsletter.items.sources.limits import MOST_ELEMENTS, too_long
from newsletter.items.sources.passages import Passage, seen
from newsletter.items.sources.stories import Story

_PICTURE_TYPE = re.compile(r"image/(?:jpe?g|png|gif)", re.IGNORECASE)
_PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|gif)(?:\?|$)", re.IGNORECASE)
_MARKUP = re.compile(r"</?(?:p|br|a|b|strong|em|div|img|ul|li)\b[^>]*>", re.IGNORECASE)
#: Dates of an entry, the day it was first published before the day it was last changed.
_DATES = ("published", "created", "updated")
#: A wrong weekday is no reason to refuse the date after it.
_WEEKDAY = re.compile(r"^\s*\w{2,9}\.?,\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStories:
    """What a feed tells."""

    stories: list[Story]
    #: Links that hid an address.
    dropped: int
    #: Line where the XML is broken; 0: it is not.
    broken_line: int


def stories(text: str, *, address: str, today: date, zone: tzinfo) -> FeedStories:
    """Return what a feed tells, in its order.

    A time without a zone is one of `zone`. Raises SourceError: far too long, or nothing in it can
    be read as a feed; it says on which line the XML breaks.
    """
    # feedparser takes the square of what is nested, and a while for each sign of markup.
    if max(text.count("<"), text.count("&")) > MOST_ELEMENTS:
        raise too_long()
    told = feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        # We have decoded it: whatever it says of its encoding is over.
        response_headers={"content-type": "application/xml; charset=utf-8"},
        # Nothing of its markup is kept, and links are joined where they are checked.
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    broken_line = _broken_line(told)
    if not told.entries and (broken_line or not told.get("version")):
        raise _no_feed(broken_line)
    base = _first_address(told.feed.get("link", ""), address)
    described = feed_pictures.described(text)
    found, dropped = [], 0
    for entry in told.entries:
        picture = _picture(entry, base, described)
        story, lost = _story(entry, picture, base=base, today=today, zone=zone)
        dropped += lost
        if story is not None:
            found.append(story)
    language = tidying.line(str(told.feed.get("language") or "")).lower()
    found = [story if story.language else replace(story, language=language) for story in found]
    return FeedStories(stories=found, dropped=dropped, broken_line=broken_line)


def _story(
    entry: Mapping[str, Any],
    beside: PictureDraft | None,
    *,
    base: str,
    today: date,
    zone: tzinfo,
) -> tuple[Story | None, int]:
    title = tidying.line(_plain(str(entry.get("title") or ""), base).text)
    body = _plain(_told(entry, beside.caption if beside else ""), base)
    if not title:
        title = body.text.partition("\n")[0][:80]
    if not any(sign.isalnum() for sign in title):
        return None, body.dropped
    story = Story(
        title=title,
        published_on=_day(entry, today=today, zone=zone),
        raw=body.text,
        url=_link(entry, base),
        picture=_better(beside, body.picture),
        is_issue=is_announcement_id(str(entry.get("id") or "")),
    )
    return story, body.dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    text: str
    picture: PictureDraft | None
    dropped: int


def _plain(told: str, base: str) -> _Body:
    """Return the text of a field that may be text, HTML, or HTML escaped once too often."""
    passages, dropped = _seen(told, base)
    words = "\n".join(passage.text for passage in passages)
    if _MARKUP.search(words):
        passages, more = _seen(words, base)
        dropped += more
    parts, picture = [], None
    for passage in passages:
        if passage.picture is not None:
            picture = picture or passage.picture
        elif (caption := entries.caption_of(passage)) is not None:
            picture = picture and entries.with_caption(picture, caption)
        else:
            parts.append(entries.line_of(passage))
    return _Body(text="\n\n".join(parts), picture=picture, dropped=dropped)


def _seen(told: str, base: str) -> tuple[list[Passage], int]:
    content = markup.parsed(f"<div>{told}</div>") if told.strip() else None
    if content is None:
        return [], 0
    return seen([content.root], base=base), content.dropped


def _told(entry: Mapping[str, Any], caption: str) -> str:
    """Return the summary; the whole content only where there is no summary.

    An issue carries a few sentences, and a summary is written to be them. Among either, feedparser
    gives the caption of the picture.
    """
    told = [str(part.get("value") or "") for part in entry.get("content") or ()]
    told.sort(key=len, reverse=True)
    told.insert(0, str(entry.get("summary") or ""))
    return next((one for one in told if feed_pictures.plain(one) not in ("", caption)), "")


def _link(entry: Mapping[str, Any], base: str) -> str:
    candidates = [entry.get("link")]
    candidates += [
        link.get("href") for link in entry.get("links") or () if link.get("rel") == "alternate"
    ]
    # A guid is an address only where it looks like one, whatever it says of itself.
    candidates.append(entry.get("id"))
    for href in candidates:
        is_address = href and (href != entry.get("id") or str(href).startswith("http"))
        if is_address and (url := markup.web_address(str(href), base)):
            return url
    return ""


def _day(entry: Mapping[str, Any], *, today: date, zone: tzinfo) -> date | None:
    for name in _DATES:
        # Asked first: feedparser gives another date, and a warning, for one that is missing.
        words = tidying.line(str(entry[name])) if name in entry else ""
        if words and (day := _day_of(words, today=today, zone=zone)):
            return day
    return None


def _day_of(words: str, *, today: date, zone: tzinfo) -> date | None:
    """Return the day in the newsletter's zone: ISO 8601, RFC 822 or as people write it.

    >>> from zoneinfo import ZoneInfo
    >>> stockholm = ZoneInfo("Europe/Stockholm")
    >>> _day_of("Mon, 03 Feb 2026 23:30:00 +0000", today=date(2026, 3, 1), zone=stockholm)
    datetime.date(2026, 2, 4)
    """
    if day := entries.day_of(words, zone):
        return day
    try:
        moment: datetime | None = parsedate_to_datetime(_WEEKDAY.sub("", words))
    except (ValueError, TypeError, IndexError, OverflowError):
        moment = None
    if moment is not None:
        # "-0000" and no zone at all come without one.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        try:
            return aware.astimezone(zone).date()
        except (OverflowError, ValueError):
            return None
    try:
        return dates.read(_WEEKDAY.sub("", words), today=today)
    except ValueError:
        return None


def _picture(
    entry: Mapping[str, Any], base: str, described: Mapping[str, PictureDraft]
) -> PictureDraft | None:
    """Return the picture an entry carries beside its text, with what the feed says of it."""
    media: Sequence[Mapping[str, Any]] = [
        *(entry.get("media_content") or ()),
        *(entry.get("enclosures") or ()),
        *(entry.get("media_thumbnail") or ()),
    ]
    for part in media:
        href = str(part.get("url") or part.get("href") or "")
        kind = str(part.get("type") or part.get("medium") or "")
        is_picture = _PICTURE_TYPE.match(kind) or kind == "image" or _PICTURE_NAME.search(href)
        if is_picture and (url := markup.web_address(href, base)):
            return replace(described.get(href, PictureDraft(url=url)), url=url)
    return None


def _better(beside: PictureDraft | None, inside: PictureDraft | None) -> PictureDraft | None:
    """Return the picture beside a text, or the one in it where only that says what it shows."""
    if beside is None or (inside and (inside.alt or inside.credit) and not beside.credit):
        return inside
    return beside


def _first_address(*candidates: object) -> str:
    return next((url for one in candidates if (url := markup.web_address(str(one or ""), ""))), "")


def _broken_line(told: Any) -> int:
    error = told.get("bozo_exception")
    line = getattr(error, "getLineNumber", lambda: 0)() if told.get("bozo") else 0
    return int(line or 0)


def _no_feed(line: int) -> SourceError:
    if line:
        return SourceError(
            "The feed cannot be read: its XML breaks on line {line}. Nothing was stored. Tell "
            "those who publish it, and import the page with the news instead.",
            line=line,
        )
    return SourceError(
        "This is XML, but no RSS or Atom feed. Nothing was stored. Import the page with the news, "
        "or the address of its feed."
    )
