"""How often strangers may do something: by network and by address, the same for all processes.

What is counted lies in the database under a keyed hash, so that no address of a person or of a
machine is kept anywhere, and is forgotten after a day.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request

from newsletter.models import Attempt
from subscribers.tokens import Keys

_FORGOTTEN_AFTER = timedelta(days=1)
#: What one household or office is given (RFC 6177); one address of IPv4 stands for as much.
_IPV6_PREFIX = 56
_SOMEBODY = "unknown"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many times in any span of this length, a day at most."""

    #: What is done: "signup".
    name: str
    most: int
    within: timedelta


#: Mails that anybody can cause to one address.
MAILS_TO_ONE = Rate("mail", 3, timedelta(days=1))


def allowed(session: Session, keys: Keys, rate: Rate, who: str, *, at: datetime) -> bool:
    """Note that it was done once more; False, and nothing is noted, if it was done enough.

    `who` is whoever does it, or to whom it is done: only a keyed hash of it is stored.
    """
    session.execute(sa.delete(Attempt).where(Attempt.at < at - _FORGOTTEN_AFTER))
    key = keys.pseudonym(f"attempt {rate.name} {who}")
    if session.get_bind().dialect.name == "postgresql":
        # Two processes must not both take the last one; on SQLite nobody else writes meanwhile.
        number = int.from_bytes(key[:8], "big", signed=True)
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
    done = session.scalar(
        sa.select(sa.func.count())
        .select_from(Attempt)
        .where(Attempt.key == key, Attempt.at > at - rate.within)
    )
    if (done or 0) >= rate.most:
        return False
    session.add(Attempt(key=key, at=at))
    session.flush()
    return True


def network_of(request: Request, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the network a request comes from, as told by proxies of ours and by nobody else."""
    address = request.client.host if request.client else ""
    told = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    # Each proxy writes whom it heard at the end: what our own say is true, the rest is hearsay.
    while told and _is_trusted(address, trusted):
        heard = told.pop().strip()
        if not heard:
            break
        address = heard
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return _SOMEBODY
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ipaddress.ip_network((ip.packed, _IPV6_PREFIX), strict=False))


def _is_trusted(address: str, trusted: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in trusted)
