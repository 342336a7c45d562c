"""Tell addresses that anybody may visit from those inside our own network. Pure.

A page is fetched at somebody's word, and a redirect or a name in the DNS can point anywhere: at
the database beside us, or at the service that hands out keys to machines in a cloud.
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Well-known prefix of NAT64 (RFC 6052, 2.1): the last 32 bits are an IPv4 address.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: Not open either, whatever Python 3.11 says of them: special-purpose ones of the IANA registries,
#: site-local ones (RFC 3879), and one that is public by number but answered inside a cloud.
_CLOSED = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.0.0/24", "168.63.129.16/32", "64:ff9b:1::/48", "fec0::/10", "3fff::/20",
                "5f00::/16")
)  # fmt: skip


def is_public(text: str) -> bool:
    """Say whether an address is one of the open internet.

    IPv4 addresses inside IPv6 ones (mapped, compatible, NAT64, 6to4) are judged by themselves.

    >>> is_public("10.0.0.1"), is_public("8.8.8.8"), is_public("::ffff:127.0.0.1")
    (False, True, False)
    """
    try:
        # A scope ("fe80::1%eth0") has a meaning on one link only.
        address = _leads_to(ipaddress.ip_address("" if "%" in text else text))
    except ValueError:
        return False
    is_closed = any(address in net for net in _CLOSED if net.version == address.version)
    return address.is_global and not address.is_multicast and not is_closed


def _leads_to(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if inside := address.ipv4_mapped or address.sixtofour:
        return inside
    if address in _NAT64 or int(address) < 2**32:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
