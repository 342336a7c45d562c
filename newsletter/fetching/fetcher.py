"""Fetch pages and pictures from the web, politely and safely."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin
from urllib.robotparser import RobotFileParser

from newsletter.fetching.answers import Fetched, broken_off, redirected, whole
from newsletter.fetching.connecting import (
    Connect,
    Resolve,
    connected,
    connection,
    resolved,
    target_of,
)
from newsletter.fetching.errors import FetchError, UnreachableError, UnwelcomeError

#: Media types of pages and feeds.
PAGES = frozenset(
    ("text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml",
     "application/rss+xml", "application/atom+xml", "application/rdf+xml")
)  # fmt: skip
PICTURES = frozenset(("image/jpeg", "image/png", "image/gif"))

#: Bytes, also after decompression.
LARGEST = 5 * 1024 * 1024
#: Seconds for one page, redirects and all.
LONGEST = 20.0
#: Seconds to look whether a page is there: a worker has other duties.
LONGEST_LOOK = 8.0
MOST_REDIRECTS = 5
#: Seconds between two requests to one host.
PAUSE = 1.0

_REDIRECTS = (301, 302, 303, 307, 308)
_STAY_AWAY = ["User-agent: *", "Disallow: /"]
#: Bytes of a robots.txt that are read (RFC 9309, 2.5).
_LARGEST_RULES = 500 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a server answers, without the page."""

    #: Where it was in the end, redirects followed.
    url: str
    #: As HTTP has it, like 404.
    status: int


@dataclass(slots=True)
class _Host:
    """One host: one request at a time, and a pause after it."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0
    rules: RobotFileParser | None = None


class Fetcher:
    """Fetches, politely and safely. May be used by several threads."""

    def __init__(
        self,
        *,
        user_agent: str,
        resolve: Resolve = resolved,
        connect: Connect = connected,
        tls: ssl.SSLContext | None = None,
        wait: Callable[[float], None] = time.sleep,
        longest: float = LONGEST,
    ) -> None:
        """Fetch as `user_agent`, which says who we are and whom to write to.

        The rest is what the world looks like: tests bring another one.
        """
        self._user_agent = user_agent.encode("ascii", "replace").decode("ascii")
        self._resolve = resolve
        self._connect = connect
        self._tls = tls or ssl.create_default_context()
        self._wait = wait
        self._longest = longest
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)

    def fetch(
        self,
        url: str,
        *,
        kinds: frozenset[str] = PAGES,
        largest: int = LARGEST,
        as_robot: bool = False,
    ) -> Fetched:
        """Return what is at an address.

        `as_robot`: nobody named this page, a program found it, so robots.txt is obeyed
        (RFC 9309).

        Raises ForbiddenAddressError, UnreachableError, UnwelcomeError, StatusError; FetchError:
        too large, of another kind, or redirected in circles.
        """
        deadline = time.monotonic() + self._longest
        with self._arrival(url, deadline, as_robot=as_robot) as (answer, found_at):
            return whole(answer, found_at, kinds=kinds, largest=largest, deadline=deadline)

    def look(self, url: str) -> Looked:
        """Return what a server answers where an address leads in the end; no page is read.

        A program looks, so robots.txt is obeyed. Raises as `fetch`, but for StatusError.
        """
        deadline = time.monotonic() + min(self._longest, LONGEST_LOOK)
        with self._arrival(url, deadline, as_robot=True) as (answer, found_at):
            return Looked(url=found_at, status=answer.status)

    @contextmanager
    def _arrival(
        self, url: str, deadline: float, *, as_robot: bool
    ) -> Iterator[tuple[http.client.HTTPResponse, str]]:
        """Yield the first answer that is no redirect, and where it was given."""
        for _ in range(MOST_REDIRECTS + 1):
            url = urldefrag(url).url
            if as_robot:
                self._see_rules(url, deadline)
            with self._answer(url, deadline) as answer:
                if answer.status not in _REDIRECTS:
                    yield answer, url
                    return
                url = redirected(url, answer.getheader("Location") or "")
        raise FetchError(
            "{url} is redirected more than {n} times. Nothing was fetched. Open it in your browser "
            "and use the address it ends at.",
            url=url,
            n=MOST_REDIRECTS,
        )

    @contextmanager
    def _answer(self, url: str, deadline: float) -> Iterator[http.client.HTTPResponse]:
        target = target_of(url)
        host = self._hosts[target.host]
        with host.turn:
            pause = host.free_at - time.monotonic()
            if pause > 0:
                self._wait(pause)
            try:
                with connection(
                    target,
                    deadline=deadline,
                    resolve=self._resolve,
                    connect=self._connect,
                    tls=self._tls,
                ) as opened:
                    opened.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
                    opened.putheader("Host", target.host_header)
                    opened.putheader("User-Agent", self._user_agent)
                    opened.putheader("Accept", "text/html, application/xml, */*;q=0.5")
                    opened.putheader("Accept-Language", "sv, en;q=0.5")
                    opened.putheader("Accept-Encoding", "gzip")
                    opened.putheader("Connection", "close")
                    opened.endheaders()
                    with closing(opened.getresponse()) as answer:
                        yield answer
            except ssl.SSLError as error:
                raise UnreachableError(
                    "{host} cannot show that it is {host}: its certificate is not valid. Nothing "
                    "was fetched. Tell those who run it, or save the page in your browser and "
                    "import the file.",
                    host=target.host,
                ) from error
            except (OSError, http.client.HTTPException) as error:
                raise broken_off(target.host, deadline) from error
            finally:
                host.free_at = time.monotonic() + PAUSE

    def _see_rules(self, url: str, deadline: float) -> None:
        host = self._hosts[target_of(url).host]
        if host.rules is None:
            host.rules = self._rules(url, deadline)
        if not host.rules.can_fetch(self._user_agent, url):
            raise UnwelcomeError(
                "{url} may not be read by programs (robots.txt says so). Nothing of it was "
                "fetched. Read it in your browser and write the text yourself.",
                url=url,
            )

    def _rules(self, url: str, deadline: float) -> RobotFileParser:
        """Return what a host asks of programs: nothing where it has no rules, all if it is ill."""
        lines = []
        try:
            with self._answer(urljoin(url, "/robots.txt"), deadline) as answer:
                if answer.status == http.client.OK:
                    lines = answer.read(_LARGEST_RULES).decode("utf-8", "replace").splitlines()
                elif answer.status >= http.client.INTERNAL_SERVER_ERROR:
                    lines = _STAY_AWAY
        except UnreachableError:
            lines = _STAY_AWAY
        rules = RobotFileParser()
        rules.parse(lines)
        return rules
