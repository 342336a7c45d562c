"""Several worker processes on one machine: a dead one is replaced, all drain together."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic

from newsletter.app import open_app
from newsletter.delivery import signals
from newsletter.worker import loop

#: Seconds until one that died within that time is replaced: it might do so again at once.
REST = 5.0
#: Seconds between two looks at whether all are alive and nobody said stop.
LOOK = 1.0

_log = logging.getLogger("newsletter.worker")
# A fresh interpreter for each: threads and connections do not survive a fork.
_spawn = multiprocessing.get_context("spawn")


def run_one(config: Path | None) -> None:
    """Work in this process until SIGTERM, Ctrl-C or, if it was started by another, its end."""
    app = open_app(config)

    async def work(stop: asyncio.Event) -> None:
        _stop_with_parent(stop)
        await loop.work(app, stop)

    try:
        signals.run(work)
    finally:
        app.database.close()


def run_several(config: Path | None, count: int) -> None:
    """Keep `count` processes at work until SIGTERM or Ctrl-C, and wait until they have drained."""
    with _told_to_stop() as told:
        slots = [_Slot(config) for _ in range(count)]
        while not told.is_set():
            for slot in slots:
                slot.keep_going()
            alive = [slot.process.sentinel for slot in slots if slot.process.is_alive()]
            connection.wait(alive, LOOK) if alive else told.wait(LOOK)
        for slot in slots:
            slot.process.terminate()
        for slot in slots:
            slot.process.join()


class _Slot:
    """The place of one process, which a new one takes when it has died."""

    def __init__(self, config: Path | None) -> None:
        self._config = config
        self._start()

    def keep_going(self) -> None:
        """Start another process if this one is dead and the last start is not too fresh."""
        if self.process.is_alive() or monotonic() < self._started_at + REST:
            return
        _log.warning(
            "Worker process %s died (%s) and is replaced", self.process.pid, self.process.exitcode
        )
        self._start()

    def _start(self) -> None:
        self._started_at = monotonic()
        self.process: BaseProcess = _spawn.Process(target=_child, args=(self._config,))
        self.process.start()


def _child(config: Path | None) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s [%(process)d] %(message)s")
    logging.getLogger("newsletter").setLevel(logging.INFO)
    run_one(config)


def _stop_with_parent(stop: asyncio.Event) -> None:
    """Set `stop` when the process that started this one is gone, if there is one."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    running = asyncio.get_running_loop()

    def wait() -> None:
        parent.join()
        running.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, name="parent", daemon=True).start()


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    told = threading.Event()

    def note(_signal: int, _frame: object) -> None:
        told.set()

    former = {name: signal.signal(name, note) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for name, handler in former.items():
            signal.signal(name, handler)
