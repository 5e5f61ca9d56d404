"""Lists that come in pages: `after` the last id, as long as the server says has_more."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import dropwhile
from typing import Any

from openai_api import answers, values
from openai_api.errors import BadAnswer, NotFound
from openai_api.http import Query, Wire

LIMIT = 100
MOST_PAGES = 10_000
AGAIN = 3
"""So often a page without anything new is asked for again."""


class Circle(BadAnswer):
    """Pages of the head have come between the others, as when a cursor was overlooked once: their order is not known."""


def pages(wire: Wire, path: str, query: Query | None = None, *, in_order: bool = False) -> Iterator[list[dict[str, Any]]]:
    """Yield the items page by page, each once, though new ones may arrive at the head meanwhile.

    A missing has_more means that there is no more, unless the page is full. A page that promises more and leads to
    where we have been is asked for again, for it may be one that came twice, and ends the list if it stays so. Whoever
    needs the order gets Circle when it cannot be told.
    """
    asked: Query = {**(query or {}), "limit": LIMIT}
    seen: set[str] = set()
    used: set[str] = set()  # as cursors
    stale, cursors = 0, list[str]()
    data = wire.get(path, asked)
    for _page in range(MOST_PAGES):
        items = [(values.text(item.get("id")), item) for item in answers.as_items(data)]
        new = {name for name, _item in items if name and name not in seen}
        yield [item for name, item in items if _taken(new, name) or not (name or seen)]
        ids = [name for name, _item in items if name]
        told = data.get("has_more") if isinstance(data, dict) else None
        more = told is True or (told is None and len(items) == LIMIT)
        if ids and ids[-1] not in used:
            stale, cursors = 0, ids
            used.add(ids[-1])
        else:
            stale += 1
        if in_order and (_leads_back(ids, seen) or (stale > AGAIN and ids and ids[-1] != cursors[-1])):
            raise Circle("The server's list leads back to where it was before.")
        if not more or stale > AGAIN or not cursors:
            return
        seen.update(ids)
        data = _after(wire, path, asked, cursors)
    raise BadAnswer("The server's list does not come to an end.")


def _leads_back(ids: list[str], seen: set[str]) -> bool:
    """Tell whether a page has something new, and after it something of an earlier page."""
    return any(name in seen for name in dropwhile(seen.__contains__, ids))


def _taken(names: set[str], name: str | None) -> bool:
    """Take a name out of the set; False if it is not there, or not any more."""
    if name not in names:
        return False
    names.discard(name)
    return True


def _after(wire: Wire, path: str, query: Query, ids: list[str]) -> Any:
    """Fetch what comes after the last of these that the server still has."""
    while True:
        try:
            return wire.get(path, {**query, "after": ids[-1]})
        except NotFound:
            ids = ids[:-1]
            if not ids:
                raise
