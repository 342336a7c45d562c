"""Who is signed in at the desk, and what they may do there."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from newsletter.models import Role, User

_WEIGHT = {Role.EDITOR: 0, Role.APPROVER: 1, Role.ADMIN: 2}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    user: User
    token: str

    @property
    def name(self) -> str:
        """What is written on what they do."""
        return self.user.name

    @property
    def initials(self) -> str:
        """The first letters of the first and the last name."""
        words = self.user.name.split()
        return "".join(word[0] for word in dict.fromkeys((words[0], words[-1]))).upper()

    @property
    def answer(self) -> str:
        """What every form of theirs carries; no other site can know it."""
        return hmac.digest(self.token.encode(), b"form", "sha256").hex()

    @property
    def is_admin(self) -> bool:
        """Whether they see the list in numbers, and everybody's sign-ins."""
        return self.may(Role.ADMIN)

    def may(self, role: Role) -> bool:
        """Tell whether the visitor has a role, or one above it."""
        return _WEIGHT[self.user.role] >= _WEIGHT[role]
