"""Why a model could not be deleted yet: kept as the error's kind and the provider's words, said when it is read."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from openai_api.answers import storable
from openai_api.errors import APIError

OURS = "Ours"
PASSING = {"RateLimited", "ServerError", "Timeout", "ConnectionLost", "ConnectionFailed"}
PATIENCE = 3
"""So many failures that may pass by themselves are no news yet."""


def of(error: APIError) -> dict[str, Any]:
    return _noted(type(error).__name__, error.message)


def of_ours(error: Exception) -> dict[str, Any]:
    """What went wrong before anything was sent."""
    return _noted(OURS, str(error) or type(error).__name__)


def _noted(kind: str, words: str) -> dict[str, Any]:
    return {"kind": kind, "words": storable(words)[:1000], "at": timezone.now().isoformat()}


def is_news(trouble: dict[str, Any], failures: int) -> bool:
    """Whether owners are told: at once of what needs a person, later of what may pass."""
    return failures >= (PATIENCE if trouble["kind"] in PASSING else 1)


def sentence(kind: str) -> str:
    """Say what is wrong and what to do."""
    said = {
        "AuthenticationFailed": _("The provider does not accept the connection’s key. Enter a valid one there."),
        "PermissionDenied": _("The provider does not let this key delete models. Enter the key of somebody who may."),
        "TrainingNotAvailable": _("The provider is closing and refuses. Ask its support to delete the model."),
        "RateLimited": _("The provider asks for fewer requests. Nothing has to be done."),
        "ServerError": _("The provider has failed at it. If it goes on for hours, ask its support."),
        "Timeout": _("The provider did not answer in time, so nobody knows yet whether the model is deleted."),
        "ConnectionLost": _(
            "The line broke before the provider answered, so nobody knows yet whether the model is deleted."
        ),
        "ConnectionFailed": _("The provider cannot be reached. Look at the connection’s address, and at the network."),
        "BadAnswer": _("What answers there does not speak as a provider does. Look at the connection’s address."),
        "NotOffered": _(
            "This provider has no call for that. Delete the model on its own pages: Tunedeck sees when it is gone."
        ),
        OURS: _("The provider could not be asked. The connection’s key may have to be entered again."),
    }
    return said.get(kind) or _("The provider refused. Its own words are beside this.")
