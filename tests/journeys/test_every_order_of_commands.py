"""Whatever is done to a list in whatever order: who is out stays out until they opt in themselves.

Hypothesis drives the list through its own functions and keeps a simple book of who must not be
mailed; the real audience, and what is really put in flight, are held against it after every step.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from newsletter.database import Database
from newsletter.delivery import audience, claims, counting, flights, issue_states, ledger
from newsletter.delivery.in_flight import Lease
from newsletter.delivery.outcomes import Accepted, RecipientDeferred, RecipientRefused, Uncertain
from newsletter.delivery.reasons import Reason
from newsletter.errors import IssueStateError
from newsletter.issues import approval
from newsletter.models import Delivery, Issue
from newsletter.rights import ANONYMISE
from subscribers import (
    addresses,
    audiences,
    columns,
    consent,
    erasure,
    holdings,
    importing,
    merging,
    opt_in,
    preferences,
    recipients,
    retention,
    sheets,
    suppression,
    undoing,
)
from subscribers.erasure import Checksum
from subscribers.errors import ExplainedError
from subscribers.models import (
    ConsentBasis,
    ImportPurpose,
    Newsletter,
    Subscriber,
    SuppressionReason,
)
from subscribers.opt_in import Answer, Confirmed
from subscribers.terms import Terms, Updating
from subscribers.tokens import Claim, Keys, Purpose
from tests.conftest import Clock, run_on
from tests.newsletter.delivery.approved import FROZEN

#: Few, so that what is done meets what was done before.
PEOPLE = ["kim@a.example", "robin@a.example", "kim@b.example"]
KEYS = Keys(current="a secret for this test alone, yes", former=(), suppression="another one, " * 3)
SOMEBODY = st.sampled_from(PEOPLE)
SOME = st.lists(SOMEBODY, min_size=1, max_size=3, unique=True)
#: Of the newsletters there are.
WHICH = st.integers(min_value=0, max_value=1)
#: What is noted against an address: who or what keeps it from being mailed.
BY_PERSON, BY_ADMIN = "the person", "the admin"


class EveryOrder(RuleBasedStateMachine):
    """The lists of one or two newsletters, and the book of who must not be mailed."""

    #: Gives the URL of a fresh database for a while.
    fresh: ClassVar[Callable[[], AbstractContextManager[str]]]
    slugs: ClassVar[Sequence[str]]

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.folder = Path(self.opened.enter_context(tempfile.TemporaryDirectory()))
        self.database = Database(self.opened.enter_context(type(self).fresh()))
        self.opened.callback(self.database.close)
        self.clock = Clock(datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
        self.numbers = itertools.count(1)
        #: Who left each newsletter, by what says so: themselves, or the imports that do.
        self.left: dict[int, dict[str, set[str]]] = {}
        #: Whose address is suppressed, by reason or import.
        self.barred: dict[str, set[str]] = {address: set() for address in PEOPLE}
        self.domains: set[str] = set()
        #: Whom an address that was given up in a merge stands for.
        self.stands_for: dict[str, str] = {}
        #: Imports and issues, each with its newsletter.
        self.batches: dict[str, int] = {}
        self.issues: dict[int, int] = {}
        with self.database.writing() as session:
            for slug in self.slugs:
                newsletter = Newsletter(slug=slug)
                session.add(newsletter)
                session.flush()
                self.left[newsletter.id] = {address: set() for address in PEOPLE}
        self.newsletters = list(self.left)

    def teardown(self) -> None:
        self.opened.close()

    # What everybody may do to a list.

    @initialize()
    def begin_with_everybody(self) -> None:
        for address in PEOPLE:
            for which in range(len(self.newsletters)):
                self.add(address, which)

    @rule(address=SOMEBODY, which=WHICH)
    def add(self, address: str, which: int) -> None:
        with self.database.writing() as session:
            consent.add(
                session,
                addresses.read(address),
                self._newsletter(which),
                keys=KEYS,
                basis=ConsentBasis.CONSENT,
                source="phone",
                language="sv",
                at=self.clock(),
                actor="robin",
            )

    @rule(people=SOME, purpose=st.sampled_from(ImportPurpose), dated=st.booleans(), which=WHICH)
    def import_(self, people: list[str], purpose: ImportPurpose, dated: bool, which: int) -> None:
        newsletter_id = self._newsletter(which)
        left = self.left[newsletter_id]
        day = "2026-01-01" if dated else ""
        file = self.folder / "list.csv"
        file.write_text(
            "e-post;consent date\n" + "".join(f"{address};{day}\n" for address in people),
            encoding="utf-8",
        )
        sheet = sheets.examine(file)
        report = importing.import_sheet(
            sheet,
            columns.read(sheet),
            Terms(
                newsletter_id=newsletter_id,
                basis=ConsentBasis.CONSENT,
                source="a list",
                language="sv",
                actor="robin",
                purpose=purpose,
                updating=Updating.NO,
            ),
            database=self.database,
            keys=KEYS,
            clock=self.clock,
            today=date(2026, 11, 20),
            say=str,
        )
        self.batches[report.batch] = newsletter_id
        for address in people:
            if purpose is ImportPurpose.UNSUBSCRIBE and not left[address]:
                left[address].add(report.batch)
            if purpose is ImportPurpose.SUPPRESS and "manual" not in self.barred[address]:
                self.barred[address].add(report.batch)

    @precondition(lambda self: self.batches)
    @rule(which=st.integers(min_value=0, max_value=50))
    def undo_import(self, which: int) -> None:
        batch = list(self.batches)[which % len(self.batches)]
        newsletter_id = self.batches.pop(batch)
        undoing.undo(batch, newsletter_id, database=self.database, clock=self.clock, actor="robin")
        for book in (*self.left.values(), self.barred):
            for against in book.values():
                against.discard(batch)

    @rule(kept=SOMEBODY, given_up=SOMEBODY)
    def merge(self, kept: str, given_up: str) -> None:
        one, other = self._number(kept), self._number(given_up)
        if one is None or other is None:
            return
        try:
            with self.database.writing() as session:
                merging.merge(
                    session,
                    one,
                    other,
                    at=self.clock(),
                    actor="robin",
                    follow=[ledger.follow_merge],
                )
        except ExplainedError:
            return
        # From here it is one person's, and nothing that undoes an import says otherwise.
        for left in self.left.values():
            if left[given_up]:
                left[kept].add(BY_PERSON)
        if self.barred[given_up]:
            self.barred[kept] |= {self._for_good(why) for why in self.barred[given_up]}
        self.stands_for[given_up] = kept

    @rule(address=SOMEBODY, itself=st.booleans(), which=WHICH)
    def leave(self, address: str, itself: bool, which: int) -> None:
        number, newsletter_id = self._number(address), self._newsletter(which)
        if number is None:
            return
        with self.database.writing() as session:
            consent.unsubscribe(
                session,
                number,
                newsletter_id,
                source="web page",
                at=self.clock(),
                actor=consent.SUBSCRIBER if itself else "robin",
            )
            is_on_list = consent.standing(session, number, newsletter_id) is not None
        if is_on_list:
            self.left[newsletter_id][self._whom(address)] = {BY_PERSON if itself else BY_ADMIN}

    @rule(address=SOMEBODY, which=WHICH)
    def take_leaving_back(self, address: str, which: int) -> None:
        number, newsletter_id = self._number(address), self._newsletter(which)
        if number is None:
            return
        with self.database.writing() as session:
            if consent.undo(session, number, newsletter_id, source="web page", at=self.clock()):
                assert self.left[newsletter_id][address] == {BY_PERSON}
                self.left[newsletter_id][address].clear()

    @rule(
        address=SOMEBODY,
        confirms=st.booleans(),
        days=st.integers(min_value=0, max_value=9),
        which=WHICH,
    )
    def opt_in(self, address: str, confirms: bool, days: int, which: int) -> None:
        read, newsletter_id = addresses.read(address), self._newsletter(which)
        with self.database.writing() as session:
            asked = opt_in.request(
                session,
                read,
                newsletter_id,
                keys=KEYS,
                language="sv",
                text_id=None,
                source="web form",
                at=self.clock(),
            )
        if asked.answer is not Answer.CONFIRMATION or not confirms:
            return
        assert asked.subscriber_id is not None
        claim = Claim(Purpose.CONFIRM, asked.subscriber_id, newsletter_id, self.clock())
        self.clock.forward(days=days)
        with self.database.writing() as session:
            done = opt_in.confirm(session, claim, text_id=None, source="web page", at=self.clock())
        if done is Confirmed.NOW:
            assert days <= 7
            whom = self._whom(address)
            self.left[newsletter_id][whom].clear()
            self.barred[whom] &= {"manual"} | set(self.batches)

    @rule(address=SOMEBODY)
    def come_back(self, address: str) -> None:
        """Undo what can be undone; else everybody is soon out, and nothing can go wrong."""
        self.suppress_domain(address.partition("@")[2], lifted=True)
        for _ in range(2):
            self.unsuppress(address)
            for which in range(len(self.newsletters)):
                self.opt_in(address, confirms=True, days=0, which=which)

    @rule()
    def all_come_back(self) -> None:
        for address in PEOPLE:
            self.come_back(address)

    @rule(address=SOMEBODY, reason=st.sampled_from(SuppressionReason))
    def suppress(self, address: str, reason: SuppressionReason) -> None:
        with self.database.writing() as session:
            suppression.add(
                session, KEYS, address=addresses.read(address), reason=reason, at=self.clock()
            )
        self.barred[address].add(reason.value)

    @rule(domain=st.sampled_from(["a.example", "b.example"]), lifted=st.booleans())
    def suppress_domain(self, domain: str, lifted: bool) -> None:
        with self.database.writing() as session:
            suppression.add(
                session, KEYS, domain=domain, reason=SuppressionReason.MANUAL, at=self.clock()
            )
            if lifted:
                suppression.remove(
                    session, KEYS, domain=domain, actor="robin", reason="x", at=self.clock()
                )
        (self.domains.discard if lifted else self.domains.add)(domain)

    @rule(address=SOMEBODY)
    def unsuppress(self, address: str) -> None:
        try:
            with self.database.writing() as session:
                suppression.remove(
                    session,
                    KEYS,
                    address=addresses.read(address),
                    actor="robin",
                    reason="a mistake",
                    at=self.clock(),
                )
        except ExplainedError:
            return
        self.barred[address] -= {"manual", *self._imports()}

    @rule(address=SOMEBODY, checksum=st.sampled_from([Checksum.SUPPRESS, Checksum.FORGET]))
    def erase(self, address: str, checksum: Checksum) -> None:
        number = self._number(address)
        if number is None:
            return
        with self.database.writing() as session:
            numbers = holdings.numbers_of(session, number)
            gone = session.scalars(
                sa.select(Subscriber.address).where(Subscriber.id.in_(numbers))
            ).all()
            erasure.erase(session, numbers, at=self.clock(), others=ANONYMISE, checksum=checksum)
        for each in gone:
            for left in self.left.values():
                left[each].clear()
            self.stands_for.pop(each, None)
            if checksum is Checksum.FORGET:
                self.barred[each].clear()
            else:
                self.barred[each] = {self._for_good(why) for why in self.barred[each]} | {"erased"}

    @rule(address=SOMEBODY, days=st.integers(min_value=1, max_value=30), which=WHICH)
    def pause(self, address: str, days: int, which: int) -> None:
        number = self._number(address)
        if number is None:
            return
        try:
            with self.database.writing() as session:
                preferences.pause(
                    session,
                    number,
                    self._newsletter(which),
                    until=self.clock() + timedelta(days=days),
                    at=self.clock(),
                    actor="robin",
                )
        except ExplainedError:
            return

    @rule()
    def purge(self) -> None:
        with self.database.writing() as session:
            ids = session.scalars(retention.unconfirmed(self.clock() - timedelta(days=14))).all()
            retention.forget_unconfirmed(session, ids, at=self.clock(), others=ANONYMISE)

    @rule(days=st.integers(min_value=1, max_value=20))
    def wait(self, days: int) -> None:
        self.clock.forward(days=days)

    # What goes out meanwhile.

    @rule(which=WHICH)
    def begin_issue(self, which: int) -> None:
        number, newsletter_id = next(self.numbers), self._newsletter(which)
        with self.database.writing() as session:
            issue = Issue(
                newsletter_id=newsletter_id,
                year=2026,
                number=number,
                issued_on=date(2026, 11, 20),
                created_at=self.clock(),
            )
            session.add(issue)
            session.flush()
            approval.approve(
                session,
                issue,
                content=FROZEN.content,
                rendered=FROZEN.rendered,
                sender=FROZEN.sender,
                open_hints=[],
                approved_by="robin",
                now=self.clock(),
            )
            issue_id = issue.id
        try:
            with self.database.writing() as session:
                issue_states.begin(session, issue_id, FROZEN, now=self.clock())
        except IssueStateError:
            return
        self.issues[issue_id] = newsletter_id

    @precondition(lambda self: self.issues)
    @rule(which=st.integers(min_value=0, max_value=50), limit=st.integers(1, 3))
    def freeze(self, which: int, limit: int) -> None:
        with self.database.writing() as session:
            audience.freeze_chunk(
                session,
                list(self.issues)[which % len(self.issues)],
                sender=FROZEN.sender,
                now=self.clock(),
                limit=limit,
            )

    @precondition(lambda self: self.issues)
    @rule(
        which=st.integers(min_value=0, max_value=50),
        outcome=st.sampled_from(
            [
                Accepted("250 OK"),
                RecipientDeferred("451 later", Reason.SYSTEM),
                RecipientRefused("550 no", Reason.BAD_ADDRESS),
                Uncertain("silence", Reason.NO_ANSWER),
            ]
        ),
    )
    def send(self, which: int, outcome: Accepted) -> None:
        issue_id, newsletter_id = list(self.issues.items())[which % len(self.issues)]
        with self.database.writing() as session:
            flying = claims.take(
                session,
                issue_id,
                newsletter_id,
                lease=Lease("x", self.clock() + timedelta(minutes=2)),
                limit=2,
                now=self.clock(),
            ).flying
        assert {delivery.address for delivery in flying}.isdisjoint(self._out(newsletter_id))
        with self.database.writing() as session:
            flights.record(
                session,
                issue_id,
                [(delivery, outcome) for delivery in flying],
                owner="x",
                now=self.clock(),
            )

    # What must always hold.

    @invariant()
    def nobody_who_is_out_may_be_mailed(self) -> None:
        for newsletter_id in self.newsletters:
            with self.database.reading() as session:
                people = recipients.mailable(
                    session, newsletter_id, after=0, through=10**9, limit=100, at=self.clock()
                )
                counts = audiences.counts(session, newsletter_id, at=self.clock())
            assert {person.address for person in people}.isdisjoint(self._out(newsletter_id))
            assert counts.mailable == len(people)

    @invariant()
    def the_equation_holds(self) -> None:
        for issue_id in self.issues:
            with self.database.reading() as session:
                # audience = accepted + refused + skipped + uncertain + waiting
                counts = counting.verified(session, issue_id)
                rows = session.scalar(
                    sa.select(sa.func.count(Delivery.id)).where(Delivery.issue_id == issue_id)
                )
            assert counts.total() == rows

    def _newsletter(self, which: int) -> int:
        return self.newsletters[which % len(self.newsletters)]

    def _out(self, newsletter_id: int) -> set[str]:
        return {
            address
            for address in PEOPLE
            if self.left[newsletter_id][address]
            or self.barred[address]
            or address in self.stands_for
            or address.partition("@")[2] in self.domains
        }

    def _whom(self, address: str) -> str:
        while address in self.stands_for:
            address = self.stands_for[address]
        return address

    def _number(self, address: str) -> int | None:
        with self.database.reading() as session:
            return session.scalar(sa.select(Subscriber.id).where(Subscriber.address == address))

    def _imports(self) -> set[str]:
        return {why for against in self.barred.values() for why in against if "-" in why}

    def _for_good(self, why: str) -> str:
        return "manual" if "-" in why else why


@contextmanager
def _copy_of(empty: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(empty, Path(folder) / "list.db")
        yield f"sqlite:///{folder}/list.db"


@contextmanager
def _database_on(server: sa.URL) -> Iterator[str]:
    name = f"every_order_{uuid.uuid4().hex}"
    run_on(server, f'CREATE DATABASE "{name}" TEMPLATE "migrated"')
    yield server.set(database=name).render_as_string(hide_password=False)
    run_on(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _try(*, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        EveryOrder,
        settings=settings(
            max_examples=examples,
            # Nobody waits for minutes until a failure is a short one; take this line away for that.
            phases=[Phase.generate],
            # The same every time: what it finds must not be whoever lands next to it.
            derandomize=True,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("slugs", [["nyhetsbrev"], ["nyhetsbrev", "forskning"]])
def test_who_is_out_stays_out_in_every_order_of_commands(
    empty_sqlite: Path, slugs: list[str]
) -> None:
    EveryOrder.fresh = partial(_copy_of, empty_sqlite)
    EveryOrder.slugs = slugs

    _try(examples=15, steps=30)


def test_who_is_out_stays_out_on_postgresql_too(postgres: sa.URL) -> None:
    EveryOrder.fresh = partial(_database_on, postgres)
    EveryOrder.slugs = ["nyhetsbrev", "forskning"]

    _try(examples=4, steps=20)
