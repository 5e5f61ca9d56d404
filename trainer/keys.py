"""API keys: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib

from django.utils import timezone

from trainer import ids
from trainer.models import Key, Organization, Role

DEFAULT_ORGANIZATION = "personal"


def make(role: str, organization: str = DEFAULT_ORGANIZATION, name: str = "") -> str:
    """Register a new key for the organization of that slug (made if need be) and return its secret."""
    secret = ids.secret()
    ensure(secret, role=role, organization=organization, name=name)
    return secret


def ensure(secret: str, *, role: str, organization: str = DEFAULT_ORGANIZATION, name: str = "") -> Key:
    """Register `secret`; a secret that is known already stays as it is."""
    owner, _ = Organization.objects.get_or_create(slug=ids.slug(organization))
    values = {"role": Role(role), "organization": owner, "name": name, "last4": secret[-4:]}
    key, _ = Key.objects.get_or_create(hash=digest(secret), defaults=values)
    return key


def find(secret: str) -> Key | None:
    """Return the key in force; its hash is unique, so there is nothing to put in order."""
    return next(iter(Key.objects.select_related("organization").filter(hash=digest(secret), revoked_at=None)), None)


def revoke(key: Key) -> None:
    Key.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def digest(secret: str) -> str:
    """Hash a secret. It has 285 bits of chance in it, so that a quick hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
