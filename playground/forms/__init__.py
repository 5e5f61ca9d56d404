"""Every parameter of POST /v1/completions and of chat, with its range, its default and one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.forms.asking import Asking
from playground.forms.chat import ChatForm
from playground.forms.completion import CompletionForm
from playground.pick import Picked

__all__ = ["Asking", "ChatForm", "CompletionForm", "form_for"]


def form_for(picked: Picked, data: Mapping[str, Any] | None = None, **options: Any) -> Asking:
    """Return the form that the model's kind needs, filled in from its training unless there is data."""
    return (ChatForm if picked.is_chat else CompletionForm)(data, picked=picked, **options)
