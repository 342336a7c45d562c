"""Ctrl-C and SIGTERM: the first one asks to stop, a second Ctrl-C breaks off."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

Result = TypeVar("Result")


def run(work: Callable[[asyncio.Event], Awaitable[Result]]) -> Result:
    """Run `work` to its end; what it is given is set when it should stop.

    Raises KeyboardInterrupt: broken off by a second Ctrl-C.
    """
    try:
        return asyncio.run(_watched(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _watched(work: Callable[[asyncio.Event], Awaitable[Result]]) -> Result:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def interrupted() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    # Only the main thread is told of signals.
    if threading.current_thread() is not threading.main_thread():
        return await work(stop)
    loop.add_signal_handler(signal.SIGINT, interrupted)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    try:
        return await work(stop)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGTERM)
