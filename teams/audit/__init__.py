"""The record of everything that changes, costs or reveals. `record` and `note` are all that other packages need."""

from __future__ import annotations

from teams.audit.origin import address
from teams.audit.write import by_operator, note, note_for, record

__all__ = ["address", "by_operator", "note", "note_for", "record"]
