"""Carry what was typed from one form to another."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from playground.pick import Picked


def over(data: QueryDict, picked: Picked) -> dict[str, Any]:
    """Carry the typed text over to the form of another model, whichever kind that is."""
    messages = [text for role, text in zip(data.getlist("role"), data.getlist("content"), strict=False) if role == "user"]
    text = data.get("prompt") or (messages[-1] if messages else "")
    if not picked.is_chat:
        return {"prompt": text}
    if messages:
        pairs = zip(data.getlist("role"), data.getlist("content"), strict=False)
        return {"thread": [{"role": role, "content": content} for role, content in pairs]}
    return {"thread": [{"role": "user", "content": text}]}


def on(data: QueryDict, said: str) -> QueryDict:
    """Add the answer to the conversation, and an empty message for the next turn."""
    longer = data.copy()
    for role, content in (("assistant", said), ("user", "")):
        longer.appendlist("role", role)
        longer.appendlist("content", content)
    return longer
