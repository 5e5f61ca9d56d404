"""The learning inside the trainer. Pure Python and numpy: neither Django nor Celery."""

from __future__ import annotations

from trainer.engines.interface import Engine


def engine() -> Engine:
    """Return the engine that new and saved networks are made with."""
    from trainer.engines.loglinear import LogLinear

    return LogLinear()
