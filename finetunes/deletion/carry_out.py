"""Delete a model at its provider once its hold has ended.

Before the provider is told, that is written down: from then on the deletion cannot be taken back. A worker that dies
is followed by another, which tells the provider again and takes "there is no such model" for success. What fails is
tried again for good, each time later, and owners are told; nothing is dropped.
"""

from __future__ import annotations

import logging
import random
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from finetunes.backoff import soon, wished
from finetunes.deletion import trouble
from finetunes.holding import SECONDS, holding
from finetunes.models import Deletion, FineTune, Model, Polling
from finetunes.statuses import ENDED
from notifications.announce import announce
from notifications.kinds import Kind
from openai_api.answers import storable
from openai_api.client import Client
from openai_api.errors import APIError, NotFound, NotOffered
from openai_api.types import Removal
from teams import audit

log = logging.getLogger(__name__)
FIRST, LONGEST = 15.0, 3600.0
"""Seconds after which a deletion that failed is tried again: after the first failure, and at most."""
WHILE_TRAINING = 60.0
LONGEST_ANSWER = 4000  # characters


def carry_out(pk: int, client: Client | None = None) -> bool:
    """Claim the deletion and do it; False if it is not due or somebody else is at it."""
    deletion = Deletion.objects.select_related("model__connection", "model__organization", "asked_by").claim(pk, SECONDS)
    if deletion is None:
        return False
    if not (may_begin_at := _obstacle(deletion)):
        _begin(deletion, client)
    else:
        deletion.release(due_at=may_begin_at)
    return True


def under_way(model: Model) -> Any:
    """The fine-tunes that go on from the model and have not ended: it stays until they have."""
    return FineTune.objects.filter(parent=model).exclude(status__in=ENDED)


def _obstacle(deletion: Deletion) -> datetime | None:
    """Return when to look again, if the provider cannot be told now."""
    if under_way(deletion.model).exists():
        return soon(WHILE_TRAINING)
    return Polling.objects.quiet_until(deletion.model.connection_id)


def _begin(deletion: Deletion, client: Client | None) -> None:
    was_untold = deletion.begun_at is None
    open_one = deletion.held().filter(restored_at=None, done_at=None)
    if not open_one.update(begun_at=Coalesce("begun_at", timezone.now())):
        return  # taken back at this very moment
    try:
        with holding(deletion), nullcontext(client) if client else deletion.model.connection.client() as asked:
            said = _delete(deletion.model, asked)
    except APIError as error:
        # What certainly did not happen can still be taken back.
        begun_at = None if was_untold and not error.may_have_happened else F("begun_at")
        _put_off(deletion, trouble.of(error), wait=wished(error), begun_at=begun_at)
    except Exception as error:  # such as a key that cannot be read: nothing was sent
        log.exception("Model %s cannot be deleted for now.", deletion.model_id)
        _put_off(deletion, trouble.of_ours(error), begun_at=None if was_untold else F("begun_at"))
    else:
        _close(deletion, said)


def _delete(model: Model, client: Client) -> Removal:
    """Delete it; where the provider has no call for that, look whether a person has done it there."""
    try:
        return client.delete_model(model.name)
    except NotOffered:
        try:
            client.model(model.name)
        except NotFound as gone:
            if not gone.is_page:
                return Removal(status=404, answer=gone.message, request_id=gone.request_id)
        raise


def _put_off(deletion: Deletion, why: dict[str, Any], *, wait: float = 0.0, **changes: Any) -> None:
    failures = deletion.failures + 1
    pause = min(LONGEST, FIRST * 2.0 ** min(failures - 1, 10)) * random.uniform(0.75, 1.0)
    changes |= {"failures": failures, "trouble": why}
    with transaction.atomic():
        if deletion.release(due_at=soon(max(wait, pause)), **changes) and trouble.is_news(why, failures):
            _tell(deletion, why)


@transaction.atomic
def _close(deletion: Deletion, said: Removal) -> None:
    """Keep the receipt, mark the model and write it into the audit log: all of it, or nothing."""
    now = timezone.now()
    answer = storable(said.answer)[:LONGEST_ANSWER]
    receipt = {"status": said.status, "answer": answer, "request_id": storable(said.request_id or "")[:200]}
    if not deletion.release(due_at=None, done_at=now, receipt=receipt, trouble={}):
        return
    model = deletion.model
    Model.objects.filter(pk=model.pk).update(deleted_at=now, deleted_by=deletion.asked_by, deletion_asked_at=None)
    audit.note(
        model.organization,
        "model.deleted",
        model,
        actor=deletion.asked_by,
        connection=str(model.connection),
        reason=deletion.reason,
        provider_status=said.status,
        request_id=receipt["request_id"],
    )


def _tell(deletion: Deletion, why: dict[str, Any]) -> None:
    """Tell the owners, once for each deletion."""
    model = deletion.model
    announce(
        model.organization_id,
        Kind.DELETION_STUCK,
        key=f"deletion:{deletion.pk}:stuck",
        path=model.get_absolute_url(),
        name=model.name,
        provider=str(model.connection),
        error=why["words"][:500],
    )
