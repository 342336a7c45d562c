"""Limits for groups of recipients' domains: a receiver counts what comes to all of its names.

A delivery whose group has no room is parked: whoever looks for work does not meet it again, and
those to other domains go on. Parked ones are taken first as soon as their group has room.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from newsletter.delivery import limits
from newsletter.delivery.limits import Allowance, Hold, Limit, Rule, Taken
from newsletter.errors import SettingsError
from newsletter.settings import DomainLimitSettings

#: The file that says which domains are a group, below `templates/`.
RULES_FILE = "rules/domain_groups.toml"


@dataclass(frozen=True, slots=True)
class DomainGroups:
    """The groups, and the limits that some of them have."""

    #: The group of each domain that is in one.
    of_domain: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Sequence[Limit]] = field(default_factory=dict)

    @property
    def rules(self) -> list[Rule]:
        """All limits of all groups."""
        return [limit for limits in self.limits.values() for limit in limits]


def read(file: Path, wanted: Mapping[str, DomainLimitSettings]) -> DomainGroups:
    """Return the groups that a file makes, with the limits wanted for them.

    Raises SettingsError: there is no such group, or the file makes no sense.
    """
    groups = _read(file)
    for name in wanted:
        if name not in groups:
            raise SettingsError(
                "There is no group of domains {name}, for which domain_limits has a limit. Nothing "
                "was done. The groups are: {known}. They are made in {file}.",
                name=name,
                known=", ".join(groups),
                file=str(file),
            )
    return DomainGroups(
        {domain: name for name, domains in groups.items() for domain in domains},
        {
            name: limits.of_scope(
                f"group {name}",
                per_second=limit.messages_per_second,
                per_hour=limit.messages_per_hour,
            )
            for name, limit in wanted.items()
        },
    )


def _read(file: Path) -> dict[str, list[str]]:
    try:
        groups = tomllib.loads(file.read_text(encoding="utf-8"))
        domains = Counter(domain for names in groups.values() for domain in names)
        if any(not isinstance(names, list) for names in groups.values()):
            raise TypeError("every group must be a list of domains")
        if twice := [domain for domain, count in domains.items() if count > 1]:
            raise ValueError(f"{twice[0]} stands there twice")
    except (ValueError, TypeError, AttributeError) as error:
        raise SettingsError(
            "The groups of domains in {file} cannot be read ({cause}). Nothing was done. "
            "Write each group as a list of domains between quotation marks.",
            file=str(file),
            cause=str(error),
        ) from error
    return {name: [domain.lower() for domain in names] for name, names in groups.items()}


class Doors:
    """The groups of domains in one turn: who may still go to which."""

    def __init__(self, groups: DomainGroups, taken: Mapping[Rule, Taken], *, now: datetime) -> None:
        """Take what was taken under the limits of each group."""
        self._of_domain = groups.of_domain
        self._allowances = {
            name: Allowance({limit: taken[limit] for limit in limits}, now=now)
            for name, limits in groups.limits.items()
        }
        self._let = Counter[str]()

    @property
    def open(self) -> dict[str, int]:
        """How many may still go to each group that has room."""
        rooms = {name: self._room(name) for name in self._allowances}
        return {name: room for name, room in rooms.items() if room > 0}

    @property
    def hold(self) -> Hold | None:
        """When the first of the groups without room has some again."""
        holds = [allowance.hold for allowance in self._allowances.values()]
        return min((hold for hold in holds if hold), key=lambda hold: hold.until, default=None)

    def closed(self, domain: str) -> str | None:
        """Return the group that has no room for a domain; None if one may go there."""
        name = self._of_domain.get(domain)
        return name if name in self._allowances and self._room(name) < 1 else None

    def let(self, domain: str) -> None:
        """Count one that goes to a domain."""
        name = self._of_domain.get(domain)
        if name in self._allowances:
            self._let[name] += 1

    def taken(self) -> dict[Rule, Taken]:
        """Return what is taken under each limit, those who were let in counted."""
        return {
            rule: taken
            for name, count in self._let.items()
            for rule, taken in self._allowances[name].take(count).items()
        }

    def _room(self, name: str) -> int:
        return self._allowances[name].room - self._let[name]
