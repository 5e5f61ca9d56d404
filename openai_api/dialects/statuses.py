"""Their words for where a fine-tune stands, and ours."""

from __future__ import annotations

from typing import Any

from openai_api import values
from openai_api.types import Status

_OURS: dict[str, Status] = {
    "created": "queued",
    "pending": "queued",
    "queued": "queued",
    "validating_files": "queued",
    "notrunning": "queued",
    "running": "running",
    "compressing": "running",
    "uploading": "running",
    "pausing": "running",
    "resuming": "queued",
    "paused": "paused",
    "cancelling": "cancelling",
    "cancel_requested": "cancelling",
    "succeeded": "succeeded",
    "completed": "succeeded",
    "failed": "failed",
    "error": "failed",
    "user_error": "failed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}

TERMINAL: frozenset[Status] = frozenset({"succeeded", "failed", "cancelled"})


def read(value: Any) -> tuple[Status, str]:
    """Return our status and the provider's own word; a word nobody knows is unknown, not wrong."""
    word = values.text(value) or ""
    return _OURS.get(word.lower(), "unknown"), word
