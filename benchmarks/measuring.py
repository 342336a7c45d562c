"""What one run took, and a table of several: Markdown, to be pasted into docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

#: Set to anything: fewer messages and rounds, about two minutes in all, for a laptop.
SHORT = bool(os.environ.get("SHORT"))


@dataclass(frozen=True, slots=True)
class Run:
    """Some messages sent by one process."""

    messages: int
    #: By the clock on the wall.
    seconds: float
    #: User and system, of all threads.
    cpu_seconds: float
    #: Most memory the process ever held, MB.
    peak_mb: float = 0.0

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU for each message."""
        return self.cpu_seconds / self.messages * 1e6


class Stopwatch:
    """Started when made; says what this process took since then."""

    def __init__(self) -> None:
        self._began, self._cpu = time.perf_counter(), _cpu_seconds()

    def run(self, messages: int) -> Run:
        """Return what was taken so far."""
        return Run(
            messages,
            time.perf_counter() - self._began,
            _cpu_seconds() - self._cpu,
            _peak_mb(),
        )


def _peak_mb() -> float:
    # What getrusage gives includes the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def report(run: Run) -> None:
    """Tell the process that started this one."""
    print(json.dumps(asdict(run)), flush=True)


def run_module(module: str, *arguments: object) -> Run:
    """Run a module in a process of its own, and return the run it reports."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def run_program(messages: int, *command: str) -> Run:
    """Run a program that sends so many messages, and return what it took from start to end."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return Run(
        messages,
        time.perf_counter() - began,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
    )


def best(runs: Iterable[Run]) -> Run:
    """Return the best rate and the least CPU of several: the others waited for somebody else."""
    runs = list(runs)
    fastest, cheapest = max(runs, key=lambda run: run.rate), min(runs, key=lambda run: run.cpu_us)
    messages = fastest.messages
    return Run(
        messages,
        fastest.seconds,
        cheapest.cpu_us * messages / 1e6,
        max(run.peak_mb for run in runs),
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: the first column of words, the others of numbers."""
    print(f"\n| {' | '.join(heads)} |")
    print(f"|---|{'---:|' * (len(heads) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def say_where() -> None:
    """Print what this was measured on."""
    cpu = "?"
    if (info := Path("/proc/cpuinfo")).exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    print(
        f"{os.cpu_count()} cores of {cpu}; Linux {platform.release().partition('-')[0]}; "
        f"Python {platform.python_version()}; load {os.getloadavg()[0]:.1f} before it began"
    )
