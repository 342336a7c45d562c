"""Where one is signed in, and the end of it; admins see everybody, and end anybody's."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.errors import NoSuchError, UnsafeError
from newsletter.models import Role, User
from newsletter.users import accounts, signing_in
from newsletter.web.desk.addresses import SIGN_IN, SIGN_INS
from newsletter.web.desk.door import Door
from newsletter.web.desk.forms import text, whole_number
from newsletter.web.desk.visitors import Visitor


class SignIns:
    """Answers at `/redaktion/inloggningar`."""

    def __init__(self, app: App, door: Door) -> None:
        """Take clock and database from the program."""
        self._app = app
        self._door = door

    def show(self, request: Request, visitor: Visitor) -> Response:
        """List the visitor's own sign-ins; to admins, how many others have."""
        now = self._app.clock()
        with self._app.database.reading() as session:
            is_admin = visitor.may(Role.ADMIN)
            return self._door.show(
                request,
                visitor,
                "desk/sign_ins.html",
                here="inloggningar",
                own=signing_in.every(session, visitor.user, at=now),
                this_one=accounts.token_hash(visitor.token),
                counted=signing_in.counted(session, at=now) if is_admin else {},
                users=accounts.every(session) if is_admin else [],
            )

    def end(self, _request: Request, visitor: Visitor, sent: FormData) -> Response:
        """End one of the visitor's sign-ins, all of them, or all of another user's."""
        app = self._app
        with app.database.writing() as session:
            if number := text(sent, "en"):
                signing_in.end_one(session, visitor.user, whole_number(number) or 0)
                return self._door.go(SIGN_INS)
            user = session.get(User, visitor.user.id)
            if whose := text(sent, "anvandare"):
                if not visitor.may(Role.ADMIN):
                    raise UnsafeError(
                        "Only an admin ends the sign-ins of others. Nothing was done."
                    )
                user = session.get(User, whole_number(whose) or 0)
            if user is None:
                raise NoSuchError("There is no such user. Nothing was done.")
            accounts.sign_out_everywhere(session, user, at=app.clock(), actor=visitor.name)
            is_own = user.id == visitor.user.id
        response = self._door.go(SIGN_IN if is_own else SIGN_INS)
        if is_own:
            self._door.forget(response)
        return response
