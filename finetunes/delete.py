"""Delete a fine-tuned model at its provider. The record stays, marked deleted."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from finetunes.models import FineTune, Model
from openai_api.client import Client
from openai_api.errors import APIError
from teams.models import User


class Refused(Exception):
    """The model was not deleted; the message is for a person, the provider's own words where it gave them."""


@dataclass(frozen=True, slots=True)
class Dependents:
    """What rests on a model: fine-tunes that went on from it, and those that are running right now."""

    children: list[FineTune]
    running: list[FineTune]


def dependents(model: Model) -> Dependents:
    children = list(model.children.for_lists())
    return Dependents(children, [child for child in children if not child.has_ended])


def delete(model: Model, user: User, *, typed: str, client: Client | None = None) -> None:
    """Delete the model if its name was typed. One that the provider has no more is as good as deleted."""
    if typed.strip() != model.name:
        raise Refused(_("The name does not match. Type it exactly as it is shown."))
    if model.is_deleted:
        return
    try:
        if client is not None:
            client.delete_model(model.name)
        else:
            with model.connection.client() as own:
                own.delete_model(model.name)
    except APIError as error:
        raise Refused(error.message) from error
    Model.objects.filter(pk=model.pk, deleted_at=None).update(deleted_at=timezone.now(), deleted_by=user)
    model.refresh_from_db()
