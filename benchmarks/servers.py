"""Start a server in a process of its own, and end it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def free_port() -> int:
    """Return a port on 127.0.0.1 nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(module: str, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module that prints a line once it listens; end it at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with _ended(process):
        assert process.stdout is not None  # noqa: S101 - a benchmark
        if not process.stdout.readline():
            raise SystemExit(f"{module} did not start")
        yield process


@contextmanager
def program(port: int, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that listens on a port; end it at the end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with _ended(process):
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            raise SystemExit(f"{command[0]} did not start")
        yield process


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
