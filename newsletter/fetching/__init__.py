"""Fetch pages and pictures from the web: the only package that goes there.

Whatever is fetched was chosen by somebody else, so nothing is trusted: not the name, not the
redirect, not the length it says. Nothing is fetched that was not asked for.
"""

from newsletter.fetching.answers import Fetched
from newsletter.fetching.errors import (
    FetchError,
    ForbiddenAddressError,
    StatusError,
    UnreachableError,
    UnwelcomeError,
)
from newsletter.fetching.fetcher import PAGES, PICTURES, Fetcher, Looked

__all__ = [
    "PAGES",
    "PICTURES",
    "FetchError",
    "Fetched",
    "Fetcher",
    "ForbiddenAddressError",
    "Looked",
    "StatusError",
    "UnreachableError",
    "UnwelcomeError",
]
