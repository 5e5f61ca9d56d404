"""Bring a webhook to its endpoint, signed as Standard Webhooks says, and try for a day when it is not taken.

A message may arrive twice (the process may die between its arrival and the note of it), always under one id.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

import httpx
from django.utils import timezone

from trainer import webhooks
from trainer.models import Delivery
from work import outward
from work.signing import headers

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(10)
IN_TIME = {outward.SECONDS: 10.0}
LONGEST_SECONDS = 25
"""Less than the lease, so that nobody else begins with a delivery that is still under way."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=1)
KEPT = timedelta(days=30)


def deliver(delivery: Delivery, transport: httpx.BaseTransport | None = None) -> None:
    """Post a claimed delivery once, and note what came of it."""
    try:
        status = _post(delivery, transport)
    except Exception as error:
        # Whatever stops it (the network, the receiver, time, a lost secret): it is noted and tried again.
        return _later(delivery, type(error).__name__)
    if 200 <= status < 300:
        delivery.release(delivered_at=timezone.now(), said=f"HTTP {status}")
        return None
    return _later(delivery, f"HTTP {status}")


def sweep(most: int) -> None:
    """Forget the messages, the oldest first, that have been kept long enough; none of them is still on its way."""
    oldest = Delivery.objects.order_by("pk").values_list("pk", "created_at")[:most]
    old = [pk for pk, at in oldest if at < timezone.now() - KEPT]
    if old:
        Delivery.objects.filter(pk__in=old, due_at=None).delete()


def _post(delivery: Delivery, transport: httpx.BaseTransport | None) -> int:
    """Return the status of the answer; its body is not read, and a redirect is not followed."""
    endpoint = delivery.endpoint
    webhooks.check(endpoint.url)
    sent = headers(delivery.public_id, delivery.body, endpoint.secret, int(time.time()))
    with (
        outward.client(TIMEOUT, transport) as client,
        client.stream("POST", endpoint.url, content=delivery.body.encode(), headers=sent, extensions=IN_TIME) as response,
    ):
        return response.status_code


def _later(delivery: Delivery, said: str) -> None:
    due = timezone.now() + min(FIRST_WAIT * 2 ** min(delivery.attempts - 1, 20), LONGEST_WAIT)
    again = due < delivery.created_at + GIVEN_UP_AFTER
    delivery.release(due_at=due if again else None, said=said)
    log.warning("webhook %s was not taken (%s)%s", delivery.public_id, said, "" if again else "; given up after a day")
