"""What stays of the playground: questions, shared prompts, examples that were collected, answers side by side, votes."""

from __future__ import annotations

from playground.models.asked import Asked, AskedQuerySet
from playground.models.collected import Collected, CollectedQuerySet
from playground.models.preset import Preset, PresetQuerySet
from playground.models.sides import Round, Side, SideQuerySet, Trial, TrialQuerySet, Vote

__all__ = [
    "Asked",
    "AskedQuerySet",
    "Collected",
    "CollectedQuerySet",
    "Preset",
    "PresetQuerySet",
    "Round",
    "Side",
    "SideQuerySet",
    "Trial",
    "TrialQuerySet",
    "Vote",
]
