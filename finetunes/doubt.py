"""A fine-tune that was sent, and nobody knows whether it arrived: what is done about it, and who may say so.

The provider is asked first, again and again, for `patience()` seconds. If it goes on saying that there is no such
job, the request is sent again by itself only to a provider that keeps Idempotency-Keys, where the same request
cannot make a second job. Elsewhere a person decides, and the provider is asked once more before that is done.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from finetunes.backoff import soon
from finetunes.models import FineTune
from finetunes.statuses import ENDED, Status
from openai_api.client import Client

CALL = 240.0
"""A create that was cut off by a crash is in doubt for this long at most, its own time limit included."""
UNDECIDED = 20.0
"""Pause in seconds between two questions while a person is awaited: a job may still turn up by itself."""
SAFE_SHARE = 0.5
"""Of the time for which a provider says that it keeps a key, this much is relied on."""


def patience() -> float:
    """Return for how many seconds a job may take to appear in the provider's list."""
    return float(settings.PROVIDER_DOUBT_SECONDS)


def over(fine_tune: FineTune) -> bool:
    """Whether what was sent would be in the provider's list by now."""
    return fine_tune.doubt_until is None or timezone.now() >= fine_tune.doubt_until


def may_send_again(fine_tune: FineTune, client: Client) -> bool:
    """Whether a second request is wanted by a person, or cannot make a second job."""
    return not fine_tune.in_doubt or fine_tune.resend_requested_at is not None or _keeps_key(fine_tune, client)


def denied(fine_tune: FineTune) -> None:
    """Release the held row: the provider says that it has no such job, which may change for a while."""
    is_over = over(fine_tune)
    now = timezone.now()
    fine_tune.release(
        due_at=soon(UNDECIDED if is_over else 2),
        status=Status.SENDING,
        # Nobody else holds the row, so whichever call was under way is over: no need to wait for its time limit.
        doubt_until=min(fine_tune.doubt_until or now, soon(patience())),
        denied_at=now,
        denials=fine_tune.denials + 1,
        needs_decision=is_over,
        answered_at=now,
        failures=0,
        trouble="",
        revision=fine_tune.revision + 1,
    )


def settled() -> dict[str, Any]:
    """Return the changes that end a doubt."""
    return {"doubt_until": None, "last_words": "", "denied_at": None, "denials": 0, **decided()}


def decided() -> dict[str, Any]:
    return {"needs_decision": False, "resend_requested_at": None}


def send_again(fine_tune: FineTune) -> bool:
    """Note a person's decision, due at once; False if there is nothing to decide any more."""
    now = timezone.now()
    undecided = FineTune.objects.filter(
        pk=fine_tune.pk, needs_decision=True, resend_requested_at=None, cancel_requested_at=None, remote_id=""
    )
    return bool(undecided.exclude(status__in=ENDED).update(resend_requested_at=now, due_at=now, revision=F("revision") + 1))


def _keeps_key(fine_tune: FineTune, client: Client) -> bool:
    kept = timedelta(hours=client.key_hours * SAFE_SHARE)
    return fine_tune.first_sent_at is not None and timezone.now() - fine_tune.first_sent_at < kept
