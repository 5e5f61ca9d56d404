"""The record of fine-tuned models: made when a fine-tune succeeds, kept up to date afterwards."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from finetunes.models import FineTune, Model
from openai_api.client import Client
from openai_api.errors import APIError, NotFound
from openai_api.types import RemoteFineTune, RemoteModel

FRESH = timedelta(hours=6)


def keep_model(fine_tune: FineTune, remote: RemoteFineTune, found: RemoteModel | None) -> bool:
    """Record the model of a fine-tune that succeeded; return whether it has answered to its name."""
    if remote.status != "succeeded" or not remote.fine_tuned_model:
        return False
    model, _made = Model.objects.get_or_create(
        connection=fine_tune.connection,
        name=remote.fine_tuned_model[:255],
        defaults={
            "organization": fine_tune.organization,
            "base_model": root(fine_tune),
            "fine_tune": fine_tune,
            "version": fine_tune.training_version,
        },
    )
    if found is not None:
        _update(model, found)
    return model.ready_at is not None


def check(model: Model, client: Client) -> None:
    """Ask the provider about a model: whether it answers, and when it will be shut down."""
    try:
        found = client.model(model.name)
    except NotFound:
        Model.objects.filter(pk=model.pk).update(checked_at=timezone.now(), ready_at=None)
    except APIError:
        # Whoever asks next may be luckier; what was known stays.
        Model.objects.filter(pk=model.pk).update(checked_at=timezone.now())
    else:
        _update(model, found)


def root(fine_tune: FineTune) -> str:
    """Return the base that the chain of continued fine-tunes began with."""
    return fine_tune.parent.base_model if fine_tune.parent else fine_tune.base_model


def _update(model: Model, found: RemoteModel) -> None:
    now = timezone.now()
    model.ready_at = model.ready_at or now
    model.checked_at = now
    model.shutdown_date = _day(found.shutdown_date) or model.shutdown_date
    model.raw = dict(found.raw)
    model.save(update_fields=["ready_at", "checked_at", "shutdown_date", "raw"])


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
