"""Who comes by the organisation's own sign-in: which user that is, and with which role.

At first somebody is known by their address; from then on by their account there, whatever address
it has. Whoever was removed here stays outside, whatever the organisation says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import ExplainedError
from newsletter.models import Role, User
from newsletter.users import accounts, signing_in
from newsletter.users.provider import Identity
from newsletter.users.signing_in import SignedIn
from subscribers import addresses
from subscribers.errors import AddressError

#: From what may least to what may most.
_BY_WEIGHT = (Role.EDITOR, Role.APPROVER, Role.ADMIN)
#: Who does what follows from a sign-in there, in the audit log.
_ACTOR = "oidc"


class NotAMemberError(ExplainedError):
    """The organisation knows them; the desk does not let them in."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is let in."""

    #: What a group of the organisation may do here. Empty: roles are given at the desk alone.
    roles: Mapping[str, Role]
    #: Somebody with such a group needs no invitation.
    adds_users: bool

    def role_of(self, identity: Identity) -> Role | None:
        """Return the highest role of somebody's groups; None: they have none."""
        held = [role for group, role in self.roles.items() if group in identity.groups]
        return max(held, key=_BY_WEIGHT.index, default=None)


def sign_in(
    session: Session, identity: Identity, admission: Admission, *, at: datetime
) -> SignedIn:
    """Sign in whoever the organisation says somebody is.

    Raises NotAMemberError: none of its groups has a role, or the desk does not know them.
    """
    role = admission.role_of(identity)
    if admission.roles and role is None:
        raise NotAMemberError(
            "Your account in the organisation is in no group that may come in here. Nobody was "
            "signed in. Ask whoever manages accounts to put you into the right group."
        )
    user = _known(session, identity)
    if user is None and role is not None and admission.adds_users:
        user = accounts.add_member(
            session, _address(identity), name=identity.name, role=role, at=at, actor=_ACTOR
        )
    if user is None or user.removed_at is not None:
        raise NotAMemberError(
            "Your account in the organisation has no access to the desk. Nobody was signed in. Ask "
            "whoever manages the newsletter to invite you."
        )
    if user.organisation_account not in (None, identity.account):
        raise NotAMemberError(
            "Your address belongs to another account in the organisation than before. Nobody was "
            "signed in. Ask whoever manages the newsletter to invite you again."
        )
    user.organisation_account = identity.account
    if role is not None and role is not user.role:
        accounts.change_role(session, user, role, at=at, actor=_ACTOR)
    return signing_in.begin(session, user, at=at, by=_ACTOR)


def _known(session: Session, identity: Identity) -> User | None:
    by_account = User.organisation_account == identity.account
    user = session.scalar(sa.select(User).where(by_account))
    if user is None:
        key = _address(identity).key
        user = session.scalar(sa.select(User).where(User.address_key == key))
    return user


def _address(identity: Identity) -> addresses.Address:
    try:
        return addresses.read(identity.address)
    except AddressError as error:
        raise NotAMemberError(
            "The organisation’s sign-in did not tell your e-mail address, so nobody knows who you "
            "are here. Nobody was signed in. Ask whoever manages the newsletter to look at the "
            "setting desk.oidc.address_claim."
        ) from error
