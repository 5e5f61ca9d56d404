"""Carry what was typed from one form to another."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from playground.fields import unix_lines
from playground.pick import Picked
from playground.variables import BY_FIELDS, BY_TEXT, CELL


def unfolded(data: QueryDict, picked: Picked) -> QueryDict:
    """Return the data with its columns put together as that model's text, for a form that has no such columns."""
    if data.get("way") != BY_FIELDS or picked.template is None:
        return data
    cells = {column: unix_lines(data.get(CELL + column, "")) for column in picked.template.columns}
    longer = data.copy()
    longer["way"] = BY_TEXT
    if any(cells.values()):
        text = picked.template.fill(cells)
        longer["prompt"] = text
        longer.setlist("role", ["user"])
        longer.setlist("content", [text])
    return longer


def over(data: QueryDict, picked: Picked) -> dict[str, Any]:
    """Carry the typed text over to the form of another model, whichever kind that is."""
    return _text_over(data, picked) | _columns_over(data, picked)


def _columns_over(data: QueryDict, picked: Picked) -> dict[str, str]:
    columns = picked.template.columns if picked.template else ()
    return {CELL + column: data.get(CELL + column, "") for column in columns if CELL + column in data}


def _text_over(data: QueryDict, picked: Picked) -> dict[str, Any]:
    messages = [text for role, text in zip(data.getlist("role"), data.getlist("content"), strict=False) if role == "user"]
    text = data.get("prompt") or (messages[-1] if messages else "") or _columns_as_lines(data)
    if not picked.is_chat:
        return {"prompt": text}
    if messages:
        pairs = zip(data.getlist("role"), data.getlist("content"), strict=False)
        return {"thread": [{"role": role, "content": content} for role, content in pairs]}
    return {"thread": [{"role": "user", "content": text}]}


def _columns_as_lines(data: QueryDict) -> str:
    """Write down what stands in columns whose template is not known any more, so that it is not lost."""
    cells = {name.removeprefix(CELL): unix_lines(data.get(name, "")) for name in data if name.startswith(CELL)}
    return "\n".join(f"{column}: {cell}" for column, cell in cells.items() if cell)


def on(data: QueryDict, said: str) -> QueryDict:
    """Add the answer to the conversation, and an empty message for the next turn."""
    longer = data.copy()
    for role, content in (("assistant", said), ("user", "")):
        longer.appendlist("role", role)
        longer.appendlist("content", content)
    return longer
