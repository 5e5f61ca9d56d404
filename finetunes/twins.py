"""Fine-tunes that are the same as one that somebody is about to start: asked about before it is started."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from finetunes.models import FineTune
from finetunes.statuses import ENDED, Status
from teams.models import Organization

LATELY = timedelta(hours=24)
FRUITLESS = (Status.FAILED, Status.CANCELLED)


class AlreadyStarted(Exception):
    """The same data, base and settings were started lately, or are under way; a person has to say whether to go on."""

    def __init__(self, twin: FineTune) -> None:
        super().__init__(str(twin))
        self.twin = twin


@transaction.atomic
def commit(
    organization: Organization, token: uuid.UUID, values: Mapping[str, Any], known: int | None
) -> tuple[FineTune, bool]:
    """Make the fine-tune of this token unless it is there; return it and whether it is new.

    `known` is the twin that somebody knows of (0: none); with None nobody is asked.
    """
    # One intent of an organization at a time, or two tabs would overlook each other.
    Organization.objects.select_for_update().get(pk=organization.pk)
    if there := FineTune.objects.filter(token=token).first():
        return there, False
    if known is not None and (twin := find(values)) and twin.pk != known:
        raise AlreadyStarted(twin)
    return FineTune.objects.create(token=token, **values), True


def find(values: Mapping[str, Any]) -> FineTune | None:
    """Return the newest that trains the same as the fine-tune with these values, under way or of the last 24 hours.

    Names and notes may differ. One that failed or was cancelled may be started again unasked.
    """
    version = values["training_version"]
    alike = FineTune.objects.filter(
        connection=values["connection"],
        base_model=values["base_model"],
        training_version__training_sha256=version.training_sha256,
        training_version__validation_sha256=version.validation_sha256,
        use_validation=values["use_validation"],
        seed=values["seed"],
    ).exclude(status__in=FRUITLESS)
    lately = Q(created_at__gte=timezone.now() - LATELY) | ~Q(status__in=ENDED)
    rows = alike.filter(lately).select_related("started_by").order_by("-pk")[:100]
    return next((row for row in rows if row.hyperparameters == values["hyperparameters"]), None)
