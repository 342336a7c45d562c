"""`newsletter users`: who may work at the desk."""

from __future__ import annotations

from typing import Annotated, Literal

import cyclopts
from cyclopts import Parameter

from newsletter.cli.command import Common, Output
from newsletter.models import Role, User
from newsletter.users import accounts
from newsletter.web.desk.addresses import SIGN_IN, welcome_path

program = cyclopts.App(name="users", help="Say who may work at the desk.")

RoleName = Literal["editor", "approver", "admin"]


@program.command
def add(
    address: str,
    /,
    *,
    name: str = "",
    role: RoleName = "editor",
    common: Common | None = None,
) -> None:
    """Invite a user, or invite one again who forgot the password.

    Prints a link that works once, for 24 hours; whoever opens it chooses a password. Give it to
    the person by a way you trust.

    Example: newsletter users add kim.exempel@example.org --name "Kim Exempel" --role admin

    Parameters
    ----------
    name
        What approvals are signed with; needed for a new user.
    role
        editor composes; approver also approves what others made; admin also sees the list.
    """
    app, out = (common or Common()).open_for_all()
    with app.database.writing() as session:
        user, token = accounts.invite(
            session, address, name=name, role=Role(role), at=app.clock(), actor=app.actor
        )
    if app.settings.desk.passwords:
        link = app.settings.base_url + welcome_path(token)
        out.say("{name} chooses a password here, within 24 hours:", name=user.name)
    else:
        link = app.settings.base_url + SIGN_IN
        out.say("{name} signs in here, with the organisation’s account:", name=user.name)
    out.plain(link)
    out.result(_as_json(user) | {"link": link})


@program.command(name="list")
def list_(*, common: Common | None = None) -> None:
    """List who may work at the desk.

    Example: newsletter users list
    """
    app, out = (common or Common()).open_for_all()
    with app.database.reading() as session:
        users = accounts.every(session)
    if users:
        out.table(
            ("name", "address", "role", "state"),
            [
                (
                    user.name,
                    user.address,
                    out.language.gettext(user.role.value),
                    out.language.gettext(_state(user)),
                )
                for user in users
            ],
        )
    else:
        out.say("Nobody can sign in yet. Invite the first: newsletter users add ADDRESS --name …")
    out.result([_as_json(user) for user in users])


@program.command
def role(address: str, role: RoleName, /, *, common: Common | None = None) -> None:
    """Give a user another role.

    Example: newsletter users role kim.exempel@example.org approver
    """
    app, out = (common or Common()).open_for_all()
    with app.database.writing() as session:
        user = accounts.find(session, address)
        accounts.change_role(session, user, Role(role), at=app.clock(), actor=app.actor)
    _print(out, user, "{name} is {role} now.")


@program.command
def sign_out(address: str, /, *, common: Common | None = None) -> None:
    """End every sign-in of a user, at once; they can sign in again.

    Example: newsletter users sign-out kim.exempel@example.org
    """
    app, out = (common or Common()).open_for_all()
    with app.database.writing() as session:
        user = accounts.find(session, address)
        accounts.sign_out_everywhere(session, user, at=app.clock(), actor=app.actor)
    _print(out, user, "{name} is signed out everywhere.")


@program.command
def remove(
    address: str,
    /,
    *,
    common: Annotated[Common | None, Parameter()] = None,
) -> None:
    """Shut a user out, at once and everywhere; the name stays on what they approved.

    Example: newsletter users remove kim.exempel@example.org
    """
    app, out = (common or Common()).open_for_all()
    with app.database.writing() as session:
        user = accounts.remove(session, address, at=app.clock(), actor=app.actor)
    _print(out, user, "{name} cannot sign in any more.")


def _print(out: Output, user: User, message: str) -> None:
    out.say(message, name=user.name, role=out.language.gettext(user.role.value))
    out.result(_as_json(user))


def _state(user: User) -> str:
    return "can sign in" if user.password_hash or user.organisation_account else "invited"


def _as_json(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "name": user.name,
        "address": user.address,
        "role": user.role.value,
        "state": "removed" if user.removed_at else _state(user),
    }
