"""Whatever a file holds, importing it ends well or with a reason, and lifts nobody."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscribers import columns, importing, sheets
from subscribers.errors import ExplainedError
from subscribers.import_reports import Report
from subscribers.models import (
    ConsentBasis,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from subscribers.terms import Terms, Updating
from tests.subscribers.conftest import People

GUARDED = ("left@example.org", "pending@example.org", "bounced@example.org", "kim@shut.example")
HEADERS = (
    "e-post;språk;datum samtycke",
    "e-post;e-post;e-post",
    "e-post,namn",
    "\ufeffe-post;\ufeffspråk",
    '"e-post";"sp""råk"',
    "namn",
    "",
)
CELLS = st.one_of(
    st.sampled_from(
        (
            *GUARDED,
            "LEFT@EXAMPLE.ORG",
            " pending@example.org ",
            '"bounced@example.org"',
            '"kim@shut.example',
            "left@example.org\ufeff",
            "left@\0example.org",
            "new@example.org",
            "sv",
            "en",
            "2026-01-01",
            "x" * 140_000,
            '"' + "x\n" * 60,
            "\ud800",
        )
    ),
    st.text(alphabet="a@.;,\t\"'\n\r\0\x1a\x85\u2028å\ufeff\x00= 1", max_size=12),
)
ROWS = st.lists(st.lists(CELLS, max_size=4).map(";".join), max_size=8)
ENCODINGS = st.sampled_from(("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-32"))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Draw a file that is nearly a sheet; sometimes its end is in another encoding, or cut off."""
    lines = [draw(st.sampled_from(HEADERS)), *draw(ROWS)]
    text = draw(st.sampled_from(("\n", "\r\n", "\r"))).join(lines)
    content = text.encode(draw(ENCODINGS), "replace")
    tail = draw(st.one_of(st.just(b""), st.binary(max_size=6), st.just("å\ufeff".encode())))
    return content[: draw(st.sampled_from((None, -1, -3)))] + tail


def _import(people: People, path: Path) -> Report:
    sheet = sheets.examine(path)
    return importing.import_sheet(
        sheet,
        columns.read(sheet),
        Terms(
            newsletter_id=people.newsletter_id,
            basis=ConsentBasis.PUBLIC_INTEREST,
            source="a list",
            language="sv",
            actor="robin",
            updating=Updating.ALL,
        ),
        database=people.database,
        keys=people.keys,
        clock=people.clock,
        today=date(2026, 11, 20),
        say=str,
    )


@pytest.fixture
def guarded(people: People) -> People:
    people.leave(people.join("left@example.org"))
    people.add("pending@example.org", state=SubscriptionState.PENDING)
    people.suppress("bounced@example.org", SuppressionReason.HARD_BOUNCE)
    people.suppress_domain("shut.example")
    return people


def _against(people: People) -> tuple[object, ...]:
    """Return all that keeps anybody from being mailed."""
    with people.database.reading() as session:
        states = session.execute(
            sa.select(Subscription.subscriber_id, Subscription.state, Subscription.since)
            .where(Subscription.state != SubscriptionState.ACTIVE)
            .order_by(Subscription.id)
        ).all()
        suppressed = session.scalars(sa.select(Suppression.id).order_by(Suppression.id)).all()
        known = session.scalars(
            sa.select(Subscriber.address_key).where(Subscriber.address_key.in_(GUARDED))
        ).all()
    return tuple(map(tuple, states)), tuple(suppressed), sorted(known)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=files())
def test_no_file_ends_in_a_traceback_or_lifts_anybody(
    guarded: People, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "kontakter.csv"
    path.write_bytes(content)
    before = _against(guarded)

    try:
        report = _import(guarded, path)
    except ExplainedError:
        pass
    else:
        assert report.settled == report.rows

    assert _against(guarded) == before
    assert not set(GUARDED) & set(guarded.mailable())


def test_a_cell_of_ten_megabytes_costs_its_own_row_only(guarded: People, tmp_path: Path) -> None:
    path = tmp_path / "kontakter.csv"
    path.write_text(f'e-post;namn\n"{"x" * 10_000_000}";a\nnew@example.org;b\n')

    report = _import(guarded, path)

    assert [error.row for error in report.errors] == [2]
    assert guarded.mailable() == ["new@example.org"]
