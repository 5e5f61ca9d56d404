"""Single sign-on by OpenID Connect, read from the environment; docs/signing-in.md says how it is set up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from config import env
from config.env import ConfigurationError

ROLES = ("viewer", "member", "owner")
NAME = "TUNEDECK_OIDC_ROLES"


@dataclass(frozen=True)
class Mapped:
    """Who is in `group` at the provider has `role` in the organization whose short name is `organization`."""

    group: str
    organization: str
    role: str


@dataclass(frozen=True)
class SingleSignOn:
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str = "single sign-on"
    groups_claim: str = "groups"
    roles: tuple[Mapped, ...] = ()
    only: bool = False  # nobody signs in with a password


def read() -> SingleSignOn | None:
    """Return what is configured; None if no issuer is named."""
    issuer = env.text("TUNEDECK_OIDC_ISSUER").rstrip("/")
    if not issuer:
        return None
    if not issuer.startswith(("https://", "http://")):
        raise ConfigurationError(f"TUNEDECK_OIDC_ISSUER must begin with https://, not “{issuer}”.")
    return SingleSignOn(
        issuer=issuer,
        client_id=_needed("TUNEDECK_OIDC_CLIENT_ID", env.text("TUNEDECK_OIDC_CLIENT_ID")),
        secret=_needed("TUNEDECK_OIDC_CLIENT_SECRET", env.text("TUNEDECK_OIDC_CLIENT_SECRET")),
        name=env.text("TUNEDECK_OIDC_NAME", "single sign-on"),
        groups_claim=env.text("TUNEDECK_OIDC_GROUPS_CLAIM", "groups"),
        roles=tuple(map(_mapped, env.items("TUNEDECK_OIDC_ROLES"))),
        only=env.flag("TUNEDECK_OIDC_ONLY", False),
    )


def _needed(name: str, value: str) -> str:
    if value:
        return value
    raise ConfigurationError(f"{name} must be set, too, as TUNEDECK_OIDC_ISSUER is.")


def _mapped(text: str) -> Mapped:
    group, is_there, rest = text.rpartition("=")
    organization, _colon, role = rest.partition(":")
    if not (group and is_there and organization and role in ROLES):
        raise ConfigurationError(
            f"{NAME} must be like staff=acme:member, with one of the roles {', '.join(ROLES)}; not “{text}”."
        )
    return Mapped(group, organization, role)


def providers(found: SingleSignOn | None) -> dict[str, Any]:
    """Return django-allauth's SOCIALACCOUNT_PROVIDERS."""
    if found is None:
        return {}
    app = {
        "provider_id": "sso",
        "name": found.name,
        "client_id": found.client_id,
        "secret": found.secret,
        "settings": {"server_url": found.issuer},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
