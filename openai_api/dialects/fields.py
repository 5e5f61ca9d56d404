"""Fields that more than one dialect spells the same way."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from openai_api import values
from openai_api.errors import NotOffered
from openai_api.types import RemoteEvent


def file_ids(value: Any) -> tuple[str, ...]:
    """Read a list of files, given as ids or as whole objects."""
    found = (item.get("id") if isinstance(item, dict) else item for item in values.items(value))
    return tuple(name for item in found if (name := values.text(item)))


def strings(value: Any) -> dict[str, str]:
    """Read a map of texts, as metadata is."""
    return {name: text for name, item in values.mapping(value).items() if (text := values.text(item))}


def rated(hyperparameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings for a provider whose learning rate is a rate: a multiplier sent as one would wreck the model."""
    if hyperparameters.get("learning_rate_multiplier") not in (None, "auto"):
        raise NotOffered("This provider takes a learning rate, not a multiplier. Nothing was sent; choose the rate anew.")
    return {name: value for name, value in hyperparameters.items() if name != "learning_rate_multiplier"}


def in_order(events: list[RemoteEvent]) -> list[RemoteEvent]:
    """Sort by time; events of one second stay as the server ordered them."""
    times = [event.created_at for event in events if event.created_at]
    if len(times) < len(events):
        return events
    order = sorted(range(len(events)), key=lambda place: times[place])
    return [events[place] for place in order]


class EventKeys:
    """Name events that have no id, the same at every replay of the whole list in its order.

    Events that look alike to the last character are told apart by how often they came before.
    """

    def __init__(self, *names: str) -> None:
        self._names = names or ("created_at", "level", "message")
        self._before: Counter[tuple[str, ...]] = Counter()

    def key(self, event: Mapping[str, Any]) -> str:
        looks = tuple(str(event.get(name)) for name in self._names)
        occurrence = self._before[looks]
        self._before[looks] += 1
        digest = hashlib.sha256("\0".join((*looks, str(occurrence))).encode()).hexdigest()
        return f"event-{digest[:40]}"
