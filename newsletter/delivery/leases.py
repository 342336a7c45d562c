"""Who holds a delivery, and how long: the owner of a lease can be seen to be dead.

How long a lease must be. The answer to a final dot may take ten minutes (RFC 5321, 4.5.3.2.6), so a
lease either outlasts that or is renewed while its holder lives. It is renewed: then it can be
short, and what a machine held that was unplugged is free again after `LEASE`, not after a quarter
of an hour. A holder that was too busy to renew in time does no harm: what it had in flight is
listed as uncertain, never sent by somebody else; if the server's 250 comes after all, it is
recorded.

After a `kill -9` nobody waits at all: a lease names the process and when it was started, and
whoever comes next on the same machine sees that there is no such process any more. Elsewhere, on
another machine or in another container, nothing can be known, and the lease runs out.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from datetime import timedelta
from pathlib import Path

#: How long what a dead machine held stays held.
LEASE = timedelta(minutes=2)
#: Part of a lease after which it is renewed: three may be missed.
RENEWED_AFTER = 0.25

# State and start of a process stand after its name, which may hold anything, even brackets.
_STATE, _STARTED = 0, 19
_ENDED_STATES = {"Z", "X", "x"}


def new_owner() -> str:
    """Return a name for one worker in this process, at most 64 characters.

    Machine and process space, process, when it was started, and something random.
    """
    pid = os.getpid()
    return f"{_place()}:{pid}:{_started(pid) or ''}:{secrets.token_hex(6)}"


def is_dead(owner: str) -> bool:
    """Tell whether an owner is certainly gone: its process was on this machine and has ended.

    False whenever that cannot be known.
    """
    try:
        place, pid, started, _ = owner.split(":")
        number = int(pid)
    except ValueError:
        return False
    # Without a start time a new process with an old number could not be told from the old one;
    # then it counts as alive.
    if place != _place() or not started:
        return False
    return _started(number) != started and not _may_be_hidden(number)


def _may_be_hidden(pid: int) -> bool:
    # Where /proc hides the processes of other users, asking for one is still answered.
    try:
        os.kill(pid, 0)
    except PermissionError:
        return not Path(f"/proc/{pid}").exists()
    except OSError:
        return False
    return False


def _place() -> str:
    """Return a name for this machine since it was started, and this process space on it.

    Process numbers mean nothing beyond that: containers count their own.
    """
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    except OSError:
        parts.append("no /proc")
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


def _started(pid: int) -> str | None:
    """Return when a process was started, in the kernel's own count; None if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    words = stat.rpartition(")")[2].split()
    if len(words) <= _STARTED or words[_STATE] in _ENDED_STATES:
        return None
    return words[_STARTED]
