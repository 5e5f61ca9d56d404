"""Who uses Tunedeck: people, organizations, roles, invitations, and the record of what they changed."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

INVITATION_DAYS = 7


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person; the e-mail address is the login."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        words = (self.name or self.email).replace("@", " ").replace(".", " ").split()
        return "".join(word[0] for word in words[:2]).upper()


class Role(models.TextChoices):
    VIEWER = "viewer", _("Viewer")
    MEMBER = "member", _("Member")
    OWNER = "owner", _("Owner")


RANK = {Role.VIEWER: 0, Role.MEMBER: 1, Role.OWNER: 2}


class Organization(models.Model):
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="organizations")

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def owners(self) -> Self:
        return self.filter(role=Role.OWNER)


class Membership(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "pk")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "organization"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    def at_least(self, role: Role) -> bool:
        return RANK[Role(self.role)] >= RANK[role]

    @property
    def can_change(self) -> bool:
        return self.at_least(Role.MEMBER)

    @property
    def can_own(self) -> bool:
        return self.at_least(Role.OWNER)


def hashed(secret: str) -> str:
    """Return what is stored of a link's secret (SHA-256, hexadecimal)."""
    return hashlib.sha256(secret.encode()).hexdigest()


class LinkQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        return self.filter(used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=timezone.now())

    def for_secret(self, secret: str) -> Self:
        return self.filter(secret_hash=hashed(secret))

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


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def of(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def search(self, words: str) -> Self:
        if not words:
            return self
        return self.filter(Q(action__icontains=words) | Q(target_name__icontains=words) | Q(actor_name__icontains=words))


class AuditEntry(models.Model):
    """One thing that somebody changed. Written by teams.audit, never changed afterwards."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="audit_entries")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=60, blank=True)
    target_name = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.action} {self.target_name}"

    @property
    def words(self) -> str:
        """The action as words: `fine-tune.created` is “fine-tune created”."""
        return self.action.replace(".", " ")

    @property
    def details_text(self) -> str:
        return " · ".join(f"{key}: {_plain(value)}" for key, value in self.details.items() if value not in ("", None))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
