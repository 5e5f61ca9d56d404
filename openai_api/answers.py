"""Turn the bytes of an answer into plain data that every database can keep.

Characters that no database stores (NUL, halves of surrogate pairs) and numbers that JSON does not
know (NaN, Infinity) are replaced on the way in, so that nobody behind this module meets them.
"""

from __future__ import annotations

import json
import math
from typing import Any

from openai_api.errors import BadAnswer

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def parse(body: bytes) -> Any:
    """Parse JSON, or raise BadAnswer with a sentence about what came instead."""
    text = body.decode("utf-8", errors="replace").lstrip(_BOM)
    try:
        data = json.loads(text, parse_float=_finite, parse_constant=lambda _: None)
        return storable(data) if "\\u" in text or "\0" in text else data
    except (ValueError, RecursionError) as error:
        raise BadAnswer(_instead(text)) from error


def as_object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise BadAnswer("The server answered with JSON that is not an object.")
    return data


def as_items(data: Any) -> list[dict[str, Any]]:
    """Take the objects out of a list answer; some servers leave out the envelope."""
    items = data.get("data") if isinstance(data, dict) else data
    if items is None and isinstance(data, dict):
        return []
    if not isinstance(items, list):
        raise BadAnswer("The server answered with something that is not a list.")
    return [item for item in items if isinstance(item, dict)]


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def storable(data: Any) -> Any:
    """Replace what no database keeps, in texts however deep."""
    if isinstance(data, str):
        text = data.encode("utf-8", errors="replace").decode()
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(data, list):
        return [storable(item) for item in data]
    if isinstance(data, dict):
        return {storable(name): storable(value) for name, value in data.items()}
    return data


def _instead(text: str) -> str:
    start = text.lstrip()[:200].lower()
    if not start:
        return "The server's answer was empty."
    if start.startswith("<"):
        return "The server answered with a web page. The base URL may not be that of an API."
    return "The server's answer is not JSON."
