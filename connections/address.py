"""Read the base URL of a provider the way people type it, and say what is wrong with it."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from work.hosts import PORTS, is_link_local, may_be_called

# Ends of addresses that people copy out of documentation, longer ones first: the base URL is what stands before them.
RESOURCES = ("chat/completions", "fine_tuning/jobs", "fine_tuning", "fine-tunes", "completions", "models", "files")


class BadAddress(Exception):
    """This cannot be a base URL; the message says why, and offers what was probably meant."""


def tidy(text: str) -> str:
    """Return the base URL without a slash at its end; raise BadAddress if it cannot be one."""
    parts = _parts(text.strip())
    _refuse_secrets(parts)
    _refuse_hosts(parts)
    path = parts.path.rstrip("/")
    bare = urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path, "", ""))
    _refuse_paths(bare, path)
    return bare


def azure(text: str) -> str:
    """Return the API's address of an Azure resource, of which the portal shows several, up to /openai or /openai/v1."""
    parts = _parts(text.strip())
    before, found, after = parts.path.rstrip("/").partition("/openai")
    rest = after.strip("/").split("/")[0] if found else ""
    path = f"{before}/openai/v1" if rest == "v1" else f"{before}/openai"
    return tidy(urlunsplit((parts.scheme, parts.netloc, path, "", "")))


def versioned(bare: str, api_version: str) -> str:
    """Without a version there is only the path that needs none."""
    return bare if api_version or bare.endswith("/v1") else f"{bare}/v1"


def check_target(text: str) -> SplitResult:
    """Raise BadAddress unless messages may be sent there; unlike a base URL it may have a query."""
    parts = _parts(text)
    if parts.username or parts.password or parts.fragment:
        raise BadAddress(_("Leave name, password and what follows “#” out of the address."))
    _refuse_hosts(parts)
    return parts


def origin(address: str) -> tuple[str, str]:
    """Return who would receive the key: scheme, host and port."""
    parts = urlsplit(address)
    return parts.scheme.lower(), parts.netloc.lower()


def _parts(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 — reading it is what checks it
    except ValueError:
        raise BadAddress(_("This is not an address.")) from None
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise BadAddress(_("The address must begin with https:// (or http:// within your own network)."))
    if any(character.isspace() or not character.isprintable() for character in text):
        raise BadAddress(_("The address has a space or an invisible character in it."))
    return parts


def _refuse_secrets(parts: SplitResult) -> None:
    if parts.username or parts.password:
        raise BadAddress(_("Leave name and password out of the address: the key has a field of its own."))
    if parts.query or parts.fragment:
        raise BadAddress(_("Leave out what follows “?” or “#”."))


def _refuse_hosts(parts: SplitResult) -> None:
    if is_link_local(parts.hostname or ""):
        raise BadAddress(_("A link-local address cannot be called: a cloud tells a machine its own secrets there."))
    if not may_be_called(parts.hostname or "", parts.port or PORTS[parts.scheme.lower()]):
        raise BadAddress(_("This server may not call addresses of private networks. Whoever operates it can allow that."))


def _refuse_paths(bare: str, path: str) -> None:
    if not path:
        raise BadAddress(
            _("The address has no path; most providers want /v1 at its end. Did you mean %(url)s?") % {"url": f"{bare}/v1"}
        )
    for resource in RESOURCES:
        if path.endswith(f"/{resource}"):
            meant = bare.removesuffix(f"/{resource}")
            raise BadAddress(_("Leave out the end “/%(end)s”. Did you mean %(url)s?") % {"end": resource, "url": meant})
