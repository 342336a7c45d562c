"""Messages a second and CPU a message: our whole path beside Postfix's smtp-source and others.

Run as `python -m benchmarks.sending`. Ours is everything `newsletter issues send` does for a
reader: a row in a ledger on disk, committed before and after, consent checked, a token, a message
filled from slots. The peers keep no ledger and send the same bytes to everybody. Each sender is
one process; the messages are 57 KB long and go over 8 connections to a server on this machine.
Postfix's smtp-sink is one process; our own sink is several, to show who stops first.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import delay, readers, sink
from benchmarks.measuring import SHORT, Run, best, run_module, run_program, say_where, table
from benchmarks.messages import CONTENT, RECIPIENT, RENDERED, SENDER
from newsletter.database import Database
from newsletter.messages import Skeleton

CONNECTIONS = 8
ROUNDS = 2 if SHORT else 5
#: Milliseconds that a packet takes each way behind the delay, and half of a round trip.
ONE_WAY_MS = 20

Sender = Callable[[int, int], Run]


@dataclass(frozen=True, slots=True)
class Contestant:
    """A sender, and how many messages it gets: enough for some seconds each."""

    name: str
    send: Sender
    messages: int


def main() -> None:
    """Print what was measured."""
    say_where()
    size = len(Skeleton.of(RENDERED, content=CONTENT, sender=SENDER).fill(RECIPIENT))
    print(f"messages of {size} bytes, {CONNECTIONS} connections, best of {ROUNDS} rounds")
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        contestants = _contestants(folder)
        targets = {"our sink, 2 processes": servers.enter_context(sink.running(2))}
        if sink.POSTFIX:
            targets["smtp-sink"] = servers.enter_context(sink.postfix())
        for target, port in targets.items():
            _compare(target, port, contestants)
        _one_connection_far_away(folder)


def _compare(target: str, port: int, contestants: list[Contestant]) -> None:
    runs: dict[str, list[Run]] = {contestant.name: [] for contestant in contestants}
    for _ in range(ROUNDS):
        for contestant in contestants:
            runs[contestant.name].append(contestant.send(port, contestant.messages))
    bests = {name: best(done) for name, done in runs.items()}
    first = bests[contestants[0].name]
    table(
        (f"to {target}", "messages/s", "µs of CPU each", "ours is faster", "ours is cheaper"),
        (
            (
                name,
                f"{run.rate:,.0f}",
                f"{run.cpu_us:,.0f}",
                f"{first.rate / run.rate:.2f} ×",
                f"{run.cpu_us / first.cpu_us:.2f} ×",
            )
            for name, run in bests.items()
        ),
    )


def _one_connection_far_away(folder: Path) -> None:
    """Compare one connection each, where a round trip takes long and nothing else does."""
    count = 100 if SHORT else 200
    ours, theirs = _ours(folder, "ours"), _python("sendmail")
    with sink.running() as port, delay.running(port, ONE_WAY_MS) as far:
        first, peer = ours(far, count, 1), theirs(far, count // 2, 1)
    table(
        (f"one connection, round trip {2 * ONE_WAY_MS} ms", "messages/s", "ours is faster"),
        (
            ("ours", f"{first.rate:,.1f}", "1.00 ×"),
            ("aiosmtplib `sendmail`", f"{peer.rate:,.1f}", f"{first.rate / peer.rate:.2f} ×"),
        ),
    )


def _contestants(folder: Path) -> list[Contestant]:
    many = 5_000 if SHORT else 40_000
    found = [
        Contestant("ours", _ours(folder, "ours"), many),
        # What freezing takes is an aim of its own (`benchmarks.million`).
        Contestant("ours, the audience frozen before", _ours(folder, "ours_frozen"), many),
        Contestant("ours, signed with RSA-2048", _ours(folder, "ours_signed"), many // 4),
        Contestant("aiosmtplib `sendmail`, bytes made once", _python("sendmail"), many // 8),
        Contestant("`EmailMessage` and `send_message`", _python("send_message"), many // 50),
    ]
    if shutil.which("smtp-source"):
        found[2:2] = [
            Contestant("Postfix smtp-source", _smtp_source(), many),
            # -d: connections are kept, as everybody else's are.
            Contestant("Postfix smtp-source -d", _smtp_source("-d"), many),
        ]
    if shutil.which("npm"):
        found.append(Contestant("Nodemailer's pool", _nodemailer(folder), many // 10))
    return found


def _ours(folder: Path, name: str) -> Callable[..., Run]:
    def send(port: int, count: int, connections: int = CONNECTIONS) -> Run:
        with _ledger(folder, count) as url:
            return run_module("benchmarks.senders", name, port, count, connections, url)

    return send


@contextmanager
def _ledger(folder: Path, count: int) -> Iterator[str]:
    """Give a database with so many readers; they are made once, and copied."""
    made, used = folder / f"{count}.db", folder / "used.db"
    if not made.exists():
        database = Database(f"sqlite:///{made}")
        readers.fill(database, count)
        with database.reading() as session:
            session.connection().exec_driver_sql("COMMIT")
            session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
    shutil.copy(made, used)
    try:
        yield f"sqlite:///{used}"
    finally:
        for file in folder.glob("used.db*"):
            file.unlink()


def _python(name: str) -> Callable[..., Run]:
    def send(port: int, count: int, connections: int = CONNECTIONS) -> Run:
        return run_module("benchmarks.senders", name, port, count, connections)

    return send


def _smtp_source(*switches: str) -> Sender:
    size = len(Skeleton.of(RENDERED, content=CONTENT, sender=SENDER).fill(RECIPIENT))

    def send(port: int, count: int) -> Run:
        return run_program(
            count,
            *("smtp-source", *switches, "-s", str(CONNECTIONS), "-m", str(count)),
            *("-l", str(size), "-f", SENDER.from_address, "-t", RECIPIENT.address),
            f"127.0.0.1:{port}",
        )

    return send


def _nodemailer(folder: Path) -> Sender:
    subprocess.run(
        ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", folder, "nodemailer"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    script = Path(__file__).with_name("nodemailer.mjs")
    message = json.dumps(
        {
            "from": SENDER.from_address,
            "to": RECIPIENT.address,
            "subject": RENDERED.subject,
            "text": RENDERED.text,
            "html": RENDERED.html,
        }
    )

    def send(port: int, count: int) -> Run:
        done = subprocess.run(
            ["node", script, folder, str(port), str(count), str(CONNECTIONS)],
            input=message,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return Run(**json.loads(done.stdout))

    return send


if __name__ == "__main__":
    main()
