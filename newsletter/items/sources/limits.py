"""How much a source may hold: far more than news have, and little enough to be read at once."""

from __future__ import annotations

from newsletter.errors import SourceError

#: Bytes. A page of news is some kilobytes; more than this is another file.
LARGEST_SOURCE = 5 * 1024 * 1024
#: A page of news has some tens of lines, and some tens of items.
MOST_LINES = 10_000
MOST_ITEMS = 500
#: Elements of a page, and tags of a feed; a page of news has some thousands.
MOST_ELEMENTS = 60_000
#: Characters. What a page says of one piece of news is its beginning, or at most an article.
LONGEST_TEXT = 20_000


def too_long() -> SourceError:
    """Return the error that says so."""
    return SourceError(
        "This is far longer than a page of news. Nothing was stored. "
        "Save only the page with the news, as text."
    )
