"""Take a notification to those it concerns: a line on their page, a mail, and a request to each hook that wants it.

Done twice it changes nothing: each person and each hook has at most one row of a kind for one notification.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications.kinds import AUDIENCES, Audience, Kind, Way
from notifications.models import Delivery, Hook, Notification, Preference, Receipt
from teams.invitations import mail_is_configured
from teams.models import Membership

SECONDS = 30.0


class LeaseLost(Exception):
    """Somebody else has taken over: nothing was written."""


def spread(pk: int) -> bool:
    """Claim the notification and spread it; False if it is not due or somebody else is at it."""
    notification = Notification.objects.claim(pk, SECONDS)
    if notification is None:
        return False
    wanted = list(_wanted(notification))
    with transaction.atomic():
        Receipt.objects.bulk_create(
            [Receipt(notification=notification, user_id=user) for user, way in wanted if way == Way.PAGE],
            ignore_conflicts=True,
        )
        Delivery.objects.bulk_create([*_mails(notification, wanted), *_calls(notification)], ignore_conflicts=True)
        if not notification.release(due_at=None):
            raise LeaseLost
    return True


def _wanted(notification: Notification) -> Iterator[tuple[int, str]]:
    """Give each person it concerns with each way they want it by."""
    members = list(notified(notification.organization_id))
    is_nobodys = notification.concerns_id not in {member.user_id for member in members}
    for member in members:
        preference = preference_of(member)
        if _concerns(notification, member, preference, is_nobodys=is_nobodys):
            yield from ((member.user_id, way) for way in preference.by(notification.kind))


def notified(organization: int) -> QuerySet[Membership]:
    """Return who can be told anything, with what they want to hear of."""
    return Membership.objects.filter(organization=organization, user__is_active=True).select_related("user__preference")


def preference_of(member: Membership) -> Preference:
    return getattr(member.user, "preference", None) or Preference(user=member.user)


def _concerns(notification: Notification, member: Membership, preference: Preference, *, is_nobodys: bool) -> bool:
    audience = AUDIENCES[Kind(notification.kind)]
    is_theirs = notification.concerns_id == member.user_id
    if audience == Audience.OWNERS:
        return member.can_own and not is_theirs
    if audience == Audience.EVERYBODY:
        return True
    # What nobody here started, or whose starter is gone, is the owners' matter.
    return is_theirs or (audience == Audience.PERSON and (preference.everybodys or (is_nobodys and member.can_own)))


def _mails(notification: Notification, wanted: list[tuple[int, str]]) -> Iterator[Delivery]:
    if mail_is_configured():
        for user, way in wanted:
            if way == Way.EMAIL:
                yield Delivery(notification=notification, user_id=user, due_at=timezone.now())


def _calls(notification: Notification) -> Iterator[Delivery]:
    # One that came with an archive has no address until an owner has entered it.
    for hook in Hook.objects.filter(organization=notification.organization_id).exclude(url=""):
        if notification.kind in hook.kinds:
            yield Delivery(notification=notification, hook=hook, due_at=timezone.now())
