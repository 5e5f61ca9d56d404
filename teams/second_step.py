"""The second step at sign-in: an app, a security key or a passkey, with recovery codes for the day it is lost."""

from __future__ import annotations

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathImage

from teams.models import Membership, MembershipQuerySet, Organization, User
from work import encryption

STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
SECRETS = ("secret", "seed")
REFUSALS = {
    "incorrect_code": _(
        "This code does not count, or was used already. Enter the one that the app shows now; "
        "if that fails, too, look whether the clock of your phone is right."
    )
}
REMEMBERED = 120  # seconds; longer than any code counts


class SecondStep(DefaultMFAAdapter):  # type: ignore[misc]
    """Encrypts what is stored, draws the code without a style, and names keys plainly."""

    error_messages = DefaultMFAAdapter.error_messages | REFUSALS

    def encrypt(self, text: str) -> str:
        return str(encryption.encrypt(text))

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        image = qrcode.make(url, image_factory=SvgPathImage, border=2)
        drawn: str = image.to_string(encoding="unicode")
        return drawn

    def generate_authenticator_name(self, user: User, type: str) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Key %(number)s") % {"number": number}


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """Takes a code of the app once, also in the time in which the clock would let it count again."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        digits = "".join(filter(str.isdigit, code))
        if not cache.add(f"second-step:{self.user.pk}:{digits}", True, REMEMBERED):
            raise SecondStep().validation_error("incorrect_code")
        return code


def is_set_up(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=STEPS).exists())


def members(organization: Organization) -> MembershipQuerySet:
    """Return the memberships with `has_second_step` on each."""
    theirs = Authenticator.objects.filter(user_id=OuterRef("user_id"), type__in=STEPS)
    return Membership.objects.of(organization).annotate(has_second_step=Exists(theirs)).select_related("user")


def forget(user: User) -> bool:
    """Take away all of a person's second steps and recovery codes; False if there were none."""
    return bool(Authenticator.objects.filter(user_id=user.pk).delete()[0])


def renew(one: Authenticator) -> bool:
    """Encrypt what is stored of it again with the first key; False if none of the keys can read it."""
    try:
        one.data |= {name: encryption.encrypt(encryption.decrypt(one.data[name])) for name in SECRETS if name in one.data}
    except encryption.Undecipherable:
        return False
    one.save(update_fields=["data"])
    return True


def without(organization: Organization) -> list[str]:
    """Return the names of those who have none."""
    having = Authenticator.objects.filter(type__in=STEPS).values("user_id")
    return sorted(str(one) for one in organization.members.exclude(pk__in=having))
