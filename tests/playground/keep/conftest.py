"""Rows of a history, made without asking anybody."""

from __future__ import annotations

from typing import Any

from playground.models import Asked
from teams.models import Organization, User


def question(organization: Organization, person: User, **given: Any) -> Asked:
    """Keep a question of a person as if it had been asked."""
    text = given.pop("question", "Go Leafs")
    fields: dict[str, Any] = {
        "key": "1",
        "name": "ada:ft-example",
        "format": "prompt-completion",
        "request": {"model": "ada:ft-example", "prompt": f"{text} ->"},
        "entered": {"prompt": [text], "add_separator": ["on"]},
        "state": Asked.State.ANSWERED,
        **given,
    }
    return Asked.objects.create(organization=organization, person=person, question=text, **fields)
