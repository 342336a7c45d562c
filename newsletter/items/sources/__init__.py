"""Read a source of news: bytes in, drafts of items out.

Pure: no database, no network, no clock. One parser per format, behind one function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from newsletter.errors import SourceError
from newsletter.items.drafts import ItemDraft
from newsletter.items.sources import hidden_addresses, tidying
from newsletter.items.sources.blocks import cut
from newsletter.items.sources.encoding import decoded, refuse_controls
from newsletter.items.sources.page_text import stories
from newsletter.items.sources.stories import Story

__all__ = ["LARGEST_SOURCE", "ItemDraft", "Page", "read"]

#: Bytes. A page of news is some kilobytes; more than this is another file.
LARGEST_SOURCE = 5 * 1024 * 1024
#: A page of news has some tens of lines, and some tens of items.
MOST_LINES = 10_000
MOST_ITEMS = 500
#: Characters. What a page says of one piece of news is its beginning, or at most an article.
LONGEST_TEXT = 20_000

_LINE_ENDS = re.compile("\r\n|[\n\r\u2028\u2029]")
_MARKUP = re.compile(
    r"\s*(?:<!doctype|<!--|<\?xml|<(?:html|head|body|div|main|article|section|ul|ol|p|h[1-6]|rss"
    r"|feed|rdf:rdf)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a source says."""

    #: In the order of the page; empty where its list of news is empty.
    drafts: tuple[ItemDraft, ...]
    #: Lines with hidden addresses that were left out, unread.
    dropped_lines: int = 0
    #: Plain addresses in titles and texts that were replaced.
    redacted_addresses: int = 0
    #: "UTF-8", "UTF-16" or "Windows-1252".
    encoding: str = "UTF-8"


def read(raw: bytes, *, today: date) -> Page:
    """Return the news that a source holds.

    `today`, in the zone of the newsletter, settles dates that lack a year.

    Raises SourceError: too large, not text, not a page of news, or a date that does not exist.
    """
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
    if _MARKUP.match(text):
        raise SourceError(
            "This is HTML or XML, which cannot be read yet. Nothing was stored. Open the page in "
            "a browser, mark all of it, paste it into an empty text file and import that."
        )
    return _read_page_text(text, encoding, today=today)


def _read_page_text(text: str, encoding: str, *, today: date) -> Page:
    lines = _LINE_ENDS.split(text)
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_TEXT for line in lines):
        raise _too_long()
    hiding = hidden_addresses.lines_that_hide(text, lines)
    refuse_controls(line for number, line in enumerate(lines) if number not in hiding)
    found = stories(cut(lines, left_out=hiding, today=today))
    if len(found) > MOST_ITEMS or any(len(story.raw) > LONGEST_TEXT for story in found):
        raise _too_long()
    dropped, redacted, drafts = len(hiding), 0, []
    for story in found:
        safe, hidden = _without_hidden(story)
        dropped += hidden
        if safe is not None:
            title, in_title = hidden_addresses.redacted(safe.title)
            body, in_body = _redacted(safe.raw)
            redacted += in_title + in_body
            excerpt, truncated = tidying.uncut(body)
            drafts.append(
                ItemDraft(
                    title=title,
                    published_on=safe.published_on,
                    excerpt=excerpt,
                    raw_excerpt=body,
                    truncated=truncated,
                )
            )
    return Page(
        drafts=tuple(drafts),
        dropped_lines=dropped,
        redacted_addresses=redacted,
        encoding=encoding,
    )


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


def _too_long() -> SourceError:
    return SourceError(
        "This is far longer than a page of news. Nothing was stored. "
        "Save only the page with the news, as text."
    )
