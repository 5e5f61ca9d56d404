"""Bring a message to its person or its hook, and try for a day when it is not taken.

A message may arrive twice if the process dies between its arrival and the note of it, always under one id.
"""

from __future__ import annotations

import logging
from datetime import timedelta

import httpx
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import call, mail
from notifications.models import Delivery
from teams.models import Membership
from work import trace

log = logging.getLogger(__name__)
SECONDS = 40.0
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=1)


def deliver(pk: int, transport: httpx.BaseTransport | None = None) -> bool:
    """Claim the delivery and try it once; False if it is not due or somebody else is at it."""
    delivery = Delivery.objects.claim(pk, SECONDS)
    if delivery is None:
        return False
    try:
        said = _send(delivery, transport)
    except Exception as error:
        # Whatever stops it (the network, the receiver, a lost secret): it is noted and tried again.
        _later(delivery, str(error) if isinstance(error, call.NotTaken) else trace.named(error))
    else:
        delivery.release(due_at=None, delivered_at=timezone.now(), said=said)
    return True


def _send(delivery: Delivery, transport: httpx.BaseTransport | None) -> str:
    if delivery.hook is not None:
        return call.call(delivery.hook, call.message(delivery.hook, delivery.notification), delivery.public_id, transport)
    members = Membership.objects.filter(organization=delivery.notification.organization_id)
    member = members.filter(user=delivery.user_id).select_related("user").first()
    if member is None:
        return _("no longer a member")
    mail.send(member.user, delivery.notification, delivery.public_id)
    return _("taken by the mail server")


def _later(delivery: Delivery, said: str) -> None:
    due = timezone.now() + min(FIRST_WAIT * 2 ** min(delivery.attempts - 1, 20), LONGEST_WAIT)
    again = due < delivery.created_at + GIVEN_UP_AFTER
    delivery.release(due_at=due if again else None, said=said[:200])
    log.warning("notification %s was not taken (%s)%s", delivery.public_id, said, "" if again else "; given up after a day")
