"""The playground's form as a person left it, to be filled in again later."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from openai_api.answers import storable
from playground.variables import CELL

NOT_KEPT = {"csrfmiddlewaretoken", "attempt", "model", "was", "format", "to", "mend", "preset_name", "preset_bound"}
ORDER = "order"
"""Names the columns in their order, which a database need not keep among the keys of an object."""

Entered = dict[str, list[str]]  # {field: [value, …]}


def entered(data: QueryDict) -> Entered:
    """Return what was entered, the model aside: who keeps it writes down which that was."""
    kept: Entered = storable({name: data.getlist(name) for name in data if name not in NOT_KEPT})
    columns = [name for name in kept if name.startswith(CELL)]
    return kept | {ORDER: columns} if columns else kept


def as_data(kept: dict[str, Any], **more: str) -> QueryDict:
    """Return it as a form's data again."""
    data = QueryDict(mutable=True)
    for name in dict.fromkeys([*kept.get(ORDER, ()), *kept]):
        if name != ORDER:
            data.setlist(name, [str(value) for value in kept[name]])
    for name, value in more.items():
        data[name] = value
    return data
