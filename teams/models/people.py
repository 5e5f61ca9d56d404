"""People, organizations, and what a person may do in one."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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
    # How a person wants to see things; empty is: as their browser says.
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    formats = models.CharField(_("dates"), max_length=10, blank=True, default="", db_default="")
    numbers = models.CharField(_("numbers"), max_length=10, blank=True, default="", db_default="")
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True, default="", db_default="")
    theme = models.CharField(_("theme"), max_length=10, blank=True, default="", db_default="")

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
    requires_second_step = models.BooleanField(default=False, db_default=False)
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
    # Single sign-on gave it, and takes it away when the groups of the provider say so.
    from_groups = models.BooleanField(default=False, db_default=False)
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


class Remembered(models.Model):
    """What the web processes remember together for a while, such as failed sign-ins: the table of Django's cache."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "remembered"

    def __str__(self) -> str:
        return self.cache_key
