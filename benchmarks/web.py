"""How many pages a second `newsletter serve` gives, and how long one takes, on both databases.

Run as `python -m benchmarks.web`. The readers are a process of ours beside it that keeps 8
connections open; on two cores it takes a part of what it measures.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from benchmarks import databases, pages, readers
from benchmarks.measuring import SHORT, say_where, table
from newsletter.database import Database
from newsletter.models import Issue, IssueState
from subscribers.tokens import Claim, Purpose

COUNT = 200 if SHORT else 2_000
CONNECTIONS = 8
#: Nothing is sent; what the settings need is a port.
_NO_MAIL_SERVER = 9


def main() -> None:
    """Print requests a second and the time of one, for each page and database."""
    say_where()
    rows = [row for kind in databases.KINDS for row in _measured(kind)]
    table(("from `serve`", "requests/s", "median, ms", "95 of 100, ms"), rows)


def _measured(kind: str) -> Iterator[tuple[str, str, str, str]]:
    with databases.fresh(kind) as url:
        database = Database(url)
        issue_id = readers.fill(database, COUNT)
        with database.writing() as session:
            issue = session.get_one(Issue, issue_id)
            issue.state, issue.sending_since = IssueState.SENT, datetime.now(UTC)
        database.close()
        with pages.serving(url, _NO_MAIL_SERVER) as port:
            for name, requests in (
                ("the archive", [_get("/nyhetsbrev")] * COUNT),
                ("one issue", [_get("/nyhetsbrev/2026-02")] * COUNT),
                ("one click", [_one_click(person) for person in range(1, COUNT + 1)]),
            ):
                # What is made once is not what is measured.
                asyncio.run(_ask_all(port, requests[:1]))
                began = time.perf_counter()
                times = asyncio.run(_ask_all(port, requests))
                rate = len(times) / (time.perf_counter() - began)
                yield (
                    f"{name}, {kind}",
                    f"{rate:,.0f}",
                    f"{statistics.median(times) * 1000:.1f}",
                    f"{statistics.quantiles(times, n=20)[-1] * 1000:.1f}",
                )


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def _one_click(person: int) -> bytes:
    token = readers.KEYS.sign(Claim(Purpose.UNSUBSCRIBE, person, 1, readers.NOW))
    body = "List-Unsubscribe=One-Click"
    return (
        f"POST /avsluta/{token} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}"
    ).encode()


async def _ask_all(port: int, requests: Sequence[bytes]) -> list[float]:
    """Send every request, over connections side by side; return how long each took."""
    left, times = iter(requests), list[float]()

    async def ask_on_one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in left:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise SystemExit(f"a request was answered with {head.splitlines()[0]!r}")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            times.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(ask_on_one_connection() for _ in range(CONNECTIONS)))
    # `quantiles` wants two.
    return times * 2 if len(times) == 1 else times


if __name__ == "__main__":
    main()
