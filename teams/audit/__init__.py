"""The record of everything that changes, costs or reveals. `record` and `note` are all that other packages need."""

from __future__ import annotations

from teams.audit.fields import changes, difference
from teams.audit.origin import address
from teams.audit.write import by_operator, note, note_for, record, revealed

__all__ = ["address", "by_operator", "changes", "difference", "note", "note_for", "record", "revealed"]
