"""Sign-ins are seen and ended: one's own by oneself, everybody's by an admin, who sees numbers."""

from __future__ import annotations

import re

import sqlalchemy as sa

from newsletter.app import App
from newsletter.models import Role, SignIn
from newsletter.web.desk.addresses import DESK, SIGN_IN, SIGN_INS
from subscribers import addresses, suppression
from subscribers.models import SuppressionReason
from tests.conftest import Clock
from tests.newsletter.web.conftest import add_reader, client_of, everything_in
from tests.newsletter.web.desk.conftest import Editor, Hire

LIST = "/redaktion/lista"


def again(editor: Editor, app: App, clock: Clock) -> Editor:
    """The same person in another browser."""
    clock.forward(minutes=1)
    other = Editor(app, client_of(app), editor.address)
    other.come_in()
    return other


def is_in(editor: Editor) -> bool:
    return editor.client.get(DESK).status_code == 200


def test_one_sign_in_is_ended_or_all_of_them(editor: Editor, app: App, clock: Clock) -> None:
    second, third = again(editor, app, clock), again(editor, app, clock)
    page = editor.see(SIGN_INS)
    assert "Du är inloggad i 3 webbläsare" in page
    assert page.count("den här webbläsaren") == 1
    newest = re.findall(r'name="en" value="(\d+)"', page)[0]

    editor.post(SIGN_INS, en=newest)
    assert [is_in(one) for one in (editor, second, third)] == [True, True, False]
    assert editor.post(SIGN_INS, alla="ja") == SIGN_IN
    assert not any(is_in(one) for one in (editor, second, third))


def test_nobody_ends_the_sign_ins_of_others_but_an_admin(
    editor: Editor, hire: Hire, app: App
) -> None:
    admin = hire("robin.exempel@example.org", name="Robin Exempel", role=Role.ADMIN)
    admin.come_in()
    with app.database.reading() as session:
        of_admin, admin_id = session.execute(
            sa.select(SignIn.id, SignIn.user_id).order_by(SignIn.id.desc())
        ).first() or (0, 0)

    editor.post(SIGN_INS, en=str(of_admin))
    refused = editor.client.post(SIGN_INS, data={"svar": editor.answer, "anvandare": str(admin_id)})
    assert refused.status_code == 422
    assert is_in(admin)
    assert "Robin Exempel" not in editor.see(SIGN_INS)

    theirs = re.findall(r'name="anvandare" value="(\d+)"', admin.see(SIGN_INS))
    assert len(theirs) == 1
    assert admin.post(SIGN_INS, anvandare=theirs[0]) == SIGN_INS
    assert is_in(admin)
    assert not is_in(editor)
    unknown = admin.client.post(SIGN_INS, data={"svar": admin.answer, "anvandare": "99"})
    assert unknown.status_code == 404


def test_the_list_in_numbers_is_for_admins_and_names_nobody(
    editor: Editor, hire: Hire, app: App
) -> None:
    for number in range(3):
        add_reader(app, f"reader{number}@example.org")
    with app.database.writing() as session:
        suppression.add(
            session, app.keys, address=addresses.read("reader2@example.org"),
            reason=SuppressionReason.HARD_BOUNCE, at=app.clock(), actor="tester",
        )  # fmt: skip
    admin = hire("robin.exempel@example.org", name="Robin Exempel", role=Role.ADMIN)
    admin.come_in()
    before = everything_in(app.database)

    page = admin.see(LIST)

    assert everything_in(app.database) == before
    assert "2 prenumeranter" in page
    assert "adressen finns inte" in page
    assert "subscriber.added" in page
    assert "reader" not in page
    assert "Listan" not in editor.see(DESK)
    for who in (editor, hire("kaj@example.org", name="Kaj Exempel", role=Role.APPROVER)):
        who.come_in()
        assert who.client.get(LIST).status_code == 403
