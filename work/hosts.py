"""Which hosts may be called: never link-local ones, where clouds tell a machine its own secrets; if so set, no private ones.

A name may lead to another address at each question, so what counts is the address that a connection is made to:
`resolved` asks once, and its caller connects to nothing but what it returned.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address
TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv6 addresses that lead to IPv4 ones, which are their last four bytes."""
PORTS = {"http": 80, "https": 443}


class Forbidden(Exception):
    """This host may not be called; the message says why."""


def is_link_local(host: str) -> bool:
    number = _number(host)
    return number is not None and any(one.is_link_local for one in _meant(number))


def is_private(host: str) -> bool:
    """Whether a host is an address (or the name localhost) outside of the public internet; other names are not asked for."""
    number = _number(host)
    if number is None:
        return host.lower().rstrip(".").rpartition(".")[2] == "localhost"
    return any(not one.is_global or one.is_multicast for one in _meant(number))


def may_be_called(host: str, port: int | None = None) -> bool:
    """Whether what is written as a host may be called at all; `resolved` looks at what a name leads to."""
    if is_link_local(host):
        return False
    return not settings.FORBID_PRIVATE_ADDRESSES or not is_private(host) or _is_the_trainer(host, port)


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses that a connection to this host may be made to; raise Forbidden if none is left."""
    found = list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    return allowed(host, port, found)


def allowed(host: str, port: int, addresses: Iterable[str]) -> list[str]:
    if _is_the_trainer(host, port):
        return list(addresses)
    kept = [address for address in addresses if may_be_called(address)]
    if not kept:
        raise Forbidden("The host's address is in a private or link-local network, and such must not be called.")
    return kept


def _is_the_trainer(host: str, port: int | None) -> bool:
    parts = urlsplit(settings.TRAINER_ADDRESS)
    return (host.lower(), port) == (parts.hostname, parts.port or PORTS.get(parts.scheme))


def _meant(number: Address) -> Iterator[Address]:
    """Yield the address and those that it stands for: IPv6 has several ways to write an IPv4 address."""
    yield number
    if isinstance(number, IPv6Address):
        if number in TRANSLATED:
            yield IPv4Address(int(number) & 0xFFFF_FFFF)
        yield from (one for one in (number.ipv4_mapped, number.sixtofour, *(number.teredo or ())) if one is not None)


def _number(host: str) -> Address | None:
    """Return the address that a host is, however it is spelt; None for a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
