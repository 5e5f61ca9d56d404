"""Which columns a query leaves out: to read and to make sense of one costs more than to show it."""

from __future__ import annotations

from django.db.models import Model


def others(model: type[Model], path: str, *wanted: str) -> list[str]:
    """Name, for `defer`, the columns of a related row that are not wanted; `path` is how the row asked for reaches it."""
    fields = (field.name for field in model._meta.concrete_fields if not field.primary_key)
    return [f"{path}__{name}" for name in fields if name not in wanted]
