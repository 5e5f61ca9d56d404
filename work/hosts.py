"""Which hosts may be called: any but link-local ones, where clouds tell a machine its own secrets."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address


def is_link_local(host: str) -> bool:
    number = _number(host)
    return number is not None and number.is_link_local


def _number(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is, however it is spelt; None for a name."""
    try:
        number = ip_address(host)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return getattr(number, "ipv4_mapped", None) or number
