"""The playground's form as a person left it, to be filled in again later."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from openai_api.answers import storable

NOT_KEPT = {"csrfmiddlewaretoken", "attempt", "model", "was", "format", "to", "mend", "preset_name", "preset_bound"}

Entered = dict[str, list[str]]  # {field: [value, …]}


def entered(data: QueryDict) -> Entered:
    """Return what was entered, the model aside: who keeps it writes down which that was."""
    kept: Entered = storable({name: data.getlist(name) for name in data if name not in NOT_KEPT})
    return kept


def as_data(kept: dict[str, Any], **more: str) -> QueryDict:
    """Return it as a form's data again."""
    data = QueryDict(mutable=True)
    for name, values in kept.items():
        data.setlist(name, [str(value) for value in values])
    for name, value in more.items():
        data[name] = value
    return data
