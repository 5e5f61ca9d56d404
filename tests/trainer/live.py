"""The fixture `live_trainer`: the trainer's API and its workers as real processes."""

from __future__ import annotations
