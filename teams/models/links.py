"""Secret addresses that work once and for a while: they sign a person in, or let one join."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from teams.models.people import Organization, Role, User

INVITATION_DAYS = 7
SHOWN_DAYS = 30
"""So long an invitation that has ended by itself is still listed."""


def hashed(secret: str) -> str:
    """Return what is stored of a link's secret (SHA-256, hexadecimal)."""
    return hashlib.sha256(secret.encode()).hexdigest()


class LinkQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        return self.filter(used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=timezone.now())

    def for_secret(self, secret: str) -> Self:
        return self.filter(secret_hash=hashed(secret))

    def waiting(self) -> Self:
        """Open ones, and those that ended by themselves not long ago, which can be sent again."""
        lately = timezone.now() - timedelta(days=SHOWN_DAYS)
        return self.filter(used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=lately)

    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class LinkState(models.TextChoices):
    OPEN = "open", _("Open")
    USED = "used", _("Used")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class Link(models.Model):
    """A secret address that works once and for a while; only its hash is stored."""

    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def state(self) -> LinkState:
        if self.used_at:
            return LinkState.USED
        if self.revoked_at:
            return LinkState.REVOKED
        return LinkState.OPEN if self.expires_at > timezone.now() else LinkState.EXPIRED

    def use(self) -> bool:
        """Mark the link as used; False if it is no longer open or somebody was faster."""
        return self._mark("used_at")

    def revoke(self) -> bool:
        """Close the link; False if it was no longer open."""
        return self._mark("revoked_at")

    def renew(self, *, days: float = INVITATION_DAYS) -> str:
        """Give the link a new secret and a new end, so that the old one opens nothing; empty if it was used or closed."""
        secret = secrets.token_urlsafe(32)
        self.secret_hash, self.expires_at = hashed(secret), timezone.now() + timedelta(days=days)
        still = LinkQuerySet(type(self)).filter(pk=self.pk, used_at__isnull=True, revoked_at__isnull=True)
        return secret if still.update(secret_hash=self.secret_hash, expires_at=self.expires_at) else ""

    def _mark(self, field: str) -> bool:
        now = timezone.now()
        won = bool(LinkQuerySet(type(self)).open().filter(pk=self.pk).update(**{field: now}))
        if won:
            setattr(self, field, now)
        return won


class SignInLink(Link):
    """Signs a person in once and lets them set a password."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")

    def __str__(self) -> str:
        return f"sign-in link of {self.user}"


class Invitation(Link):
    """Lets whoever holds the link join an organization with a role."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    email = models.EmailField(_("e-mail address"), blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"invitation to {self.organization} as {self.role}"


def new_link(model: type[Any], *, days: float = INVITATION_DAYS, **fields: Any) -> tuple[Any, str]:
    """Create a link of the given model; return it and its secret, which is never stored."""
    secret = secrets.token_urlsafe(32)
    expires_at = timezone.now() + timedelta(days=days)
    return model._default_manager.create(secret_hash=hashed(secret), expires_at=expires_at, **fields), secret
