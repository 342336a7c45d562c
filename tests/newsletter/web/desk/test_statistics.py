"""Statistics of the desk: counts that agree with the ledger and the list, and name nobody."""

from __future__ import annotations

from datetime import timedelta

from newsletter.app import App
from newsletter.delivery import results
from subscribers import consent, why_left
from subscribers.why_left import Why
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.web.conftest import add_reader
from tests.newsletter.web.desk.conftest import Editor
from tests.newsletter.web.desk.test_after_sending import app, send_out, sent
from tests.newsletter.web.desk.test_sending import approved

__all__ = ["app", "approved", "sent"]
STATISTICS = "/redaktion/statistik"


def leave(app: App, subscriber_id: int) -> None:
    with app.database.writing() as session:
        consent.unsubscribe(
            session, subscriber_id, app.newsletter_id, source="one-click", at=app.clock()
        )


def test_an_issue_is_counted_with_who_lacks_it_and_who_left_within_a_week(
    approved: Editor, app: App, clock: Clock, mail_server: MailServer
) -> None:
    readers = [add_reader(app, f"more{number}@example.org") for number in range(2)]
    mail_server.reply_to_rcpt = lambda address: (
        "550 5.1.1 no such user" if address == "reader0@example.org" else None
    )
    clock.forward(hours=1)
    send_out(app)
    clock.forward(days=6)
    leave(app, readers[0].id)
    clock.forward(days=2)
    leave(app, readers[1].id)
    clock.forward(hours=1)
    approved.come_in()

    with app.database.reading() as session:
        (result,) = results.latest(session, app.newsletter_id, now=clock(), limit=9)
    page = approved.see(STATISTICS)

    assert (result.audience, result.accepted, result.refused_for_good) == (5, 4, 1)
    assert (result.left, result.is_fresh, result.is_usual) == (1, False, False)
    assert "3 prenumeranter, 2 färre sedan förra numret" in page
    assert "1 av 5" in page
    assert "fler än vanligt" in page


def test_before_anything_was_sent_it_says_so(editor: Editor) -> None:
    assert "Inget nummer har skickats än" in editor.see(STATISTICS)


def test_why_readers_left_is_told_in_numbers_of_the_last_year(
    editor: Editor, app: App, clock: Clock
) -> None:
    with app.database.writing() as session:
        for why, days in ((Why.TOO_MUCH, 1), (Why.TOO_MUCH, 40), (Why.OTHER, 500)):
            day = (clock() - timedelta(days=days)).date()
            why_left.count(session, app.newsletter_id, why, on=day)

    page = editor.see(STATISTICS)

    assert '<span>Jag får för många mejl</span> <span class="figure">2</span>' in page
    assert "Något annat" not in page


def test_nobody_is_named(sent: Editor) -> None:
    assert "@example.org" not in sent.see(STATISTICS).partition("<main")[2]
