"""What stays of the playground: questions that were asked, shared prompts, and examples that were collected."""

from __future__ import annotations

from playground.models.asked import Asked, AskedQuerySet
from playground.models.collected import Collected, CollectedQuerySet
from playground.models.preset import Preset, PresetQuerySet

__all__ = ["Asked", "AskedQuerySet", "Collected", "CollectedQuerySet", "Preset", "PresetQuerySet"]
