"""Stop what a worker does for a dataset.

The lease is taken away together with the request. Whoever works notices when it next renews, within about a second,
writes nothing more and takes its files away.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q

from datasets.decide import CHANGED
from datasets.models import Dataset
from datasets.words import Refused, Sentence
from datasets.words import gettext_noop as _

READING = _("Somebody cancelled it before it came to an end. The uploaded file is kept, nothing was taken from it.")
CHECKING = _("The checks were cancelled before they came to an end. Nothing was changed.")
MAKING = _("Cancelled: no version was made.")
STEPS_AHEAD = 3  # reading, checking, making: work may go on to the next while a person cancels

_READ = Q(state__in=(Dataset.State.UPLOADED, Dataset.State.READING))
_CHECK = Q(state=Dataset.State.READY) & ~Q(checked=F("revision"))
_FREE = {"lease_token": None, "lease_until": None, "due_at": None, "attempts": 0}


def cancel(dataset: Dataset) -> Sentence:
    """Stop the work under way and return what was said about it; raises Refused if it is done."""
    for _step in range(STEPS_AHEAD):
        if not dataset.busy:
            raise Refused(_("It was done already, there is nothing to cancel."))
        under_way, why = _under_way(dataset)
        changes = stopped(dataset, why, state=Dataset.State.CANCELLED)
        if Dataset.objects.filter(under_way, pk=dataset.pk, revision=dataset.revision).update(**changes, **_FREE):
            dataset.refresh_from_db()
            return why
        dataset.refresh_from_db()
    raise Refused(CHANGED)


def _under_way(dataset: Dataset) -> tuple[Q, Sentence]:
    if dataset.to_read:
        return _READ, READING
    return (_CHECK, CHECKING) if dataset.to_check else (~_CHECK & Q(making__isnull=False), MAKING)


def stopped(dataset: Dataset, why: Sentence, *, state: str) -> dict[str, Any]:
    """What a dataset becomes whose work ends without a result; one whose rows are read stays usable."""
    changes: dict[str, Any] = {"error": why.to_json(), "progress": 0.0, "accept_recommended": False}
    if dataset.to_read:
        return changes | {"state": state}
    if dataset.to_check:
        empty = {"findings": [], "numbers": {}, "prepared_count": 0, "open_count": 0}
        return changes | empty | {"checked": dataset.revision}
    return changes | {"making": None}
