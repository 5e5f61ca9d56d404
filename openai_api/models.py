"""Models at a provider."""

from __future__ import annotations

from typing import Any

from openai_api import answers, values
from openai_api.http import Wire, path
from openai_api.types import RemoteModel, Removal


def listing(wire: Wire) -> list[RemoteModel]:
    return [read(item) for item in values.identified(answers.as_items(wire.get("/models")))]


def retrieve(wire: Wire, name: str) -> RemoteModel:
    return read(answers.as_object(wire.get(path("models", name))))


def delete(wire: Wire, name: str) -> Removal:
    return wire.delete(path("models", name))


def read(data: dict[str, Any]) -> RemoteModel:
    name = values.identifier(data)
    return RemoteModel(
        id=name,
        base=_base(data, name),
        created_at=values.moment(data.get("created") or data.get("created_at")),
        owned_by=values.text(data.get("owned_by")) or "",
        shutdown_date=values.text(data.get("shutdown_date")),
        raw=data,
    )


def _base(data: dict[str, Any], name: str) -> str | None:
    """Tell what a fine-tuned model started from: its name says so, or its root or parent."""
    if name.startswith("ft:"):
        return name.split(":")[1] or None
    for mark in (":ft-", ".ft-"):
        before, tuned, _ = name.partition(mark)
        if tuned:
            return before or None
    related = (values.text(data.get(field)) for field in ("parent", "root"))
    return next((other for other in related if other and other != name), None)
