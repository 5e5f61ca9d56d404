"""Where a request came from."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str | None:
    """Return where the request came from, or None for a connection without an address, such as a socket file.

    Behind proxies it is what the outermost of ours saw; what a browser claims before that is not believed.
    """
    return _plain(_forwarded(request) if settings.PROXIES else request.META.get("REMOTE_ADDR", ""))


def _forwarded(request: HttpRequest) -> str:
    """Return the hop that the outermost proxy of ours has added to the header, else the peer itself."""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if len(hops) < settings.PROXIES:
        return str(request.META.get("REMOTE_ADDR", ""))
    return str(hops[-settings.PROXIES])


def _plain(text: str) -> str | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found).partition("%")[0]
