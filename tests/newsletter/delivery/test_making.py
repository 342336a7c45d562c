"""Messages are made in the order of their window, whoever makes them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from newsletter.delivery.in_flight import Flight
from newsletter.delivery.making import AHEAD, Made, Maker
from newsletter.delivery.outcomes import RecipientDeferred, RecipientRefused
from newsletter.delivery.transport import Message
from newsletter.errors import HeaderError, RenderingError
from newsletter.messages import wire_text

MANY = 3 * AHEAD


class Composer:
    """Makes messages that say whose they are, and notes in which thread."""

    def __init__(self, executor: Executor | None) -> None:
        self.executor = executor
        self.threads: set[str] = set()

    def message(self, flight: Flight, /) -> Message:
        self.threads.add(threading.current_thread().name)
        if flight.address == "wrong":
            raise HeaderError("wrong")
        if flight.address == "later":
            raise RenderingError("later")
        if flight.address == "a fault":
            raise ZeroDivisionError
        return Message("studsar@example.org", flight.address, wire_text(b"Hej\r\n"))


@pytest.fixture(params=["here", "in a thread"])
def composer(request: pytest.FixtureRequest) -> Iterator[Composer]:
    if request.param == "here":
        yield Composer(None)
        return
    with ThreadPoolExecutor(1, "made-here") as executor:
        yield Composer(executor)


def flight(address: str) -> Flight:
    return Flight(
        id=1,
        address=address,
        domain="example.org",
        message_id="<1@example.org>",
        envelope_sender="studsar@example.org",
        first_attempt_at=datetime(2017, 2, 22, tzinfo=UTC),
        attempts=1,
        reason="",
    )


def window(*addresses: str) -> deque[Flight]:
    return deque(flight(address) for address in addresses)


async def made(maker: Maker[Flight], flying: deque[Flight]) -> list[Made]:
    done = []
    while flying:
        await maker.wait(flying)
        assert maker.look(flying) is not None
        done.append(maker.take())
        flying.popleft()
    return done


def recipients(messages: list[Made]) -> list[str]:
    return [made.recipient for made in messages if isinstance(made, Message)]


async def test_messages_are_made_in_the_order_of_their_window(composer: Composer) -> None:
    addresses = [f"lasare{number}@example.org" for number in range(MANY)]

    messages = await made(Maker(composer), window(*addresses))

    assert recipients(messages) == addresses
    is_here = composer.executor is None
    assert all(name.startswith("made-here") != is_here for name in composer.threads)


async def test_what_cannot_be_made_has_its_outcome_in_its_place(composer: Composer) -> None:
    messages = await made(Maker(composer), window("first", "wrong", "later", "last"))

    assert [type(one) for one in messages] == [
        Message,
        RecipientRefused,
        RecipientDeferred,
        Message,
    ]


async def test_what_was_made_of_a_window_given_back_is_nobody_elses(composer: Composer) -> None:
    maker = Maker(composer)
    await maker.wait(window("given", "back"))
    maker.begin()

    assert recipients(await made(maker, window("anew"))) == ["anew"]


async def test_a_window_that_is_given_back_while_it_is_made_is_forgotten() -> None:
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        executor.submit(go_on.wait, 10)
        maker = Maker(Composer(executor))
        assert maker.look(window("given back")) is None
        maker.begin()
        go_on.set()

        assert recipients(await made(maker, window("anew", "and more"))) == ["anew", "and more"]


async def test_a_fault_of_the_program_is_not_kept_quiet(composer: Composer) -> None:
    maker = Maker(composer)
    flying = window("a fault")

    with pytest.raises(ZeroDivisionError):
        await made(maker, flying)
