"""A dead worker is known to be dead; a living one is never taken for dead."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from newsletter.delivery.leases import is_dead, new_owner

PRINT_OWNER = (
    "from newsletter.delivery.leases import new_owner; import sys; "
    "print(new_owner(), flush=True); sys.stdin.read()"
)


@pytest.fixture
def other_process() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PRINT_OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def owner_in(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_this_process_is_alive_and_its_workers_have_names_of_their_own() -> None:
    owners = {new_owner() for _ in range(100)}

    assert len(owners) == 100
    assert max(map(len, owners)) <= 64
    assert not any(map(is_dead, owners))


def test_a_killed_process_is_dead_at_once(other_process: subprocess.Popen[str]) -> None:
    owner = owner_in(other_process)
    was_dead = is_dead(owner)
    end(other_process)

    assert not was_dead
    assert is_dead(owner)


def test_a_killed_process_that_nobody_waited_for_is_dead_too(
    other_process: subprocess.Popen[str],
) -> None:
    owner = owner_in(other_process)
    other_process.kill()
    # Waits until it has ended and leaves it there, as a zombie.
    os.waitid(os.P_PID, other_process.pid, os.WEXITED | os.WNOWAIT)

    assert is_dead(owner)
    end(other_process)


def test_a_new_process_with_an_old_number_is_not_the_old_one() -> None:
    place, pid, started, random = new_owner().split(":")

    assert is_dead(f"{place}:{pid}:{int(started) - 1}:{random}")


@pytest.mark.parametrize("started", ["", "1"])
def test_nothing_is_known_of_processes_elsewhere(started: str) -> None:
    assert not is_dead(f"{'0' * 16}:1:{started}:abc")


def test_without_a_start_time_a_process_counts_as_alive() -> None:
    place, pid, _, random = new_owner().split(":")

    assert not is_dead(f"{place}:{pid}::{random}")


@pytest.mark.parametrize("owner", ["", "worker 1", "a:b:c:d", "a:b:c:d:e"])
def test_a_name_somebody_else_gave_is_never_dead(owner: str) -> None:
    assert not is_dead(owner)
