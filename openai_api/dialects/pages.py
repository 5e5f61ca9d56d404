"""Lists that come in pages: `after` the last id, as long as the server says has_more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openai_api import answers, values
from openai_api.errors import NotFound
from openai_api.http import Query, Wire

LIMIT = 100


def pages(wire: Wire, path: str, query: Query | None = None) -> Iterator[list[dict[str, Any]]]:
    """Yield the items page by page, each once, though new ones may arrive at the head meanwhile.

    A missing has_more means that there is no more; a page without anything new ends it too.
    """
    asked: Query = {**(query or {}), "limit": LIMIT}
    seen: set[str] = set()
    data = wire.get(path, asked)
    while True:
        items = answers.as_items(data)
        fresh = [item for item in items if values.text(item.get("id")) not in seen]
        yield fresh
        ids = [name for item in items if (name := values.text(item.get("id")))]
        more = isinstance(data, dict) and data.get("has_more") is True
        if not more or not fresh or not ids:
            return
        seen.update(ids)
        data = _after(wire, path, asked, ids)


def _after(wire: Wire, path: str, query: Query, ids: list[str]) -> Any:
    """Fetch what comes after the last of these that the server still has."""
    while True:
        try:
            return wire.get(path, {**query, "after": ids[-1]})
        except NotFound:
            ids = ids[:-1]
            if not ids:
                raise
