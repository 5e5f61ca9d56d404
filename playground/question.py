"""One question to one model, ready to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground import compose
from playground.pick import Picked


@dataclass(frozen=True, kw_only=True)
class Question:
    """A picked model, exactly what is sent to it, and how often that has been tried."""

    picked: Picked
    body: Mapping[str, Any]
    attempt: int = 0

    @property
    def streams(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def address(self) -> str:
        return compose.address(self.picked)

    @property
    def echoed(self) -> int:
        return len(self.body.get("prompt", "")) if self.body.get("echo") else 0

    @property
    def limit(self) -> int | None:
        return self.body.get("max_completion_tokens") or self.body.get("max_tokens")
