"""Lists in pages: `after` names the last thing seen, `limit` how many to show."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from trainer.api.door import Call
from trainer.api.envelope import BadRequest, Missing

Row = TypeVar("Row", bound=Model)


def page(call: Call, rows: QuerySet[Row], *, default: int, most: int, newest_first: bool = True) -> tuple[list[Row], bool]:
    """Return one page and whether there are more after it."""
    limit = _limit(call, default, most)
    rows = _after(call, rows, newest_first).order_by("-pk" if newest_first else "pk")
    found = list(rows[: limit + 1])
    return found[:limit], len(found) > limit


def ends(shapes: list[dict[str, Any]]) -> dict[str, str | None]:
    return {"first_id": shapes[0]["id"] if shapes else None, "last_id": shapes[-1]["id"] if shapes else None}


def _limit(call: Call, default: int, most: int) -> int:
    text = call.GET.get("limit", "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        raise BadRequest(
            f"Invalid value for 'limit': expected an integer from 1 to {most}.", param="limit", code="invalid_value"
        )
    return int(text)


def _after(call: Call, rows: QuerySet[Row], newest_first: bool) -> QuerySet[Row]:
    cursor = call.GET.get("after", "")
    if not cursor:
        return rows
    last = rows.filter(public_id=cursor).values_list("pk", flat=True).first()
    if last is None:
        raise Missing(f"There is nothing with the id '{cursor}' in this list.", param="after")
    return rows.filter(pk__lt=last) if newest_first else rows.filter(pk__gt=last)
