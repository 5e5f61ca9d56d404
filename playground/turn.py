"""Write a prompt the other way: as a form of columns, or as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.fields import unix_lines
from playground.forms import Asking
from playground.variables import BY_FIELDS, BY_TEXT, CELL


def turned(form: Asking, to: str) -> dict[str, Any]:
    """Return what was typed, for the same form with its prompt written the other way; nothing of it is lost.

    A text of the template's shape becomes columns and back; any other text, and the columns, wait where they are.
    """
    typed = form.as_typed()
    template = form.picked.template
    if template is None:
        return typed
    text, cells = _text(typed), {column: unix_lines(typed.get(CELL + column) or "") for column in template.columns}
    read = template.read(unix_lines(text), form.picked.separator)
    if to == BY_FIELDS and read is not None:
        typed |= {CELL + column: cell for column, cell in read.items()}
    if to == BY_TEXT and any(cells.values()) and (read is not None or not text.strip()):
        typed |= _as_text(typed, template.fill(cells))
    return typed | {"way": BY_FIELDS if to == BY_FIELDS else BY_TEXT}


def _text(typed: Mapping[str, Any]) -> str:
    asked = [message["content"] for message in typed.get("thread") or [] if message["role"] == "user"]
    return str(typed.get("prompt") or (asked[-1] if asked else ""))


def _as_text(typed: Mapping[str, Any], text: str) -> dict[str, Any]:
    if "thread" not in typed:
        return {"prompt": text}
    thread = list(typed["thread"] or [])
    place = next((place for place in reversed(range(len(thread))) if thread[place]["role"] == "user"), len(thread))
    return {"thread": [*thread[:place], {"role": "user", "content": text}, *thread[place + 1 :]]}
