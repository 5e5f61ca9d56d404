"""Read one field of a provider's object, and make the best of what is there.

Missing, null and nonsensical come to the same: None, or an empty value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from openai_api.errors import BadAnswer

_MILLISECONDS_FROM = 100_000_000_000  # as seconds that would be the year 5138


def identifier(data: Mapping[str, Any], name: str = "id") -> str:
    """Read the one field without which an object is of no use."""
    found = text(data.get(name))
    if not found:
        raise BadAnswer(f"The server's answer has no {name}.")
    return found


def identified(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the items of a list that have no id, for one bad item must not hide the others."""
    return [item for item in items if text(item.get("id"))]


def text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole(value: Any) -> int | None:
    """Read an int that may come as a float; 2**63 and more is no count of anything."""
    found = number(value)
    return int(found) if found is not None and abs(found) < 2**63 else None


def moment(value: Any) -> datetime | None:
    """Read seconds or milliseconds since 1970, or ISO 8601; 0 means never."""
    try:
        if isinstance(value, str) and not value.isdecimal():
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        seconds = number(int(value) if isinstance(value, str) else value)
        if not seconds or seconds < 0:
            return None
        scale = 1000 if seconds >= _MILLISECONDS_FROM else 1
        return datetime.fromtimestamp(seconds / scale, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def numbers(value: Any, prefix: str = "", depth: int = 3) -> dict[str, float]:
    """Collect the numbers of an object; those of objects inside it are named outer.inner."""
    found: dict[str, float] = {}
    for name, inner in mapping(value).items():
        if isinstance(inner, dict) and depth > 1:
            found |= numbers(inner, f"{prefix}{name}.", depth - 1)
        elif (size := number(inner)) is not None:
            found[prefix + name] = size
    return found
