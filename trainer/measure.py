"""From an engine's scores to the numbers of a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trainer.engines.interface import Score
from trainer.render import Lesson


@dataclass(frozen=True)
class Means:
    loss: float
    """Mean per completion token, in nats."""
    sequence_accuracy: float
    """Share of examples whose completions were wholly right."""
    token_accuracy: float


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one step of training is reported with."""

    number: int
    total: int
    elapsed_tokens: int
    elapsed_examples: int
    training: Means
    validation: Means | None = None
    full_validation: Means | None = None
    classification: dict[str, float | None] = field(default_factory=dict)


def means(lessons: Sequence[Lesson], scores: Sequence[Score]) -> Means:
    """Return the means over `lessons`, whose examples were scored in order."""
    tokens = sum(score.tokens for score in scores)
    wholes = list(_wholes(lessons, scores))
    return Means(
        loss=float(sum(score.loss * score.tokens for score in scores)) / tokens,
        sequence_accuracy=sum(wholes) / len(wholes),
        token_accuracy=sum(score.right for score in scores) / tokens,
    )


def _wholes(lessons: Sequence[Lesson], scores: Sequence[Score]) -> Iterator[bool]:
    remaining = iter(scores)
    for lesson in lessons:
        parts = [next(remaining).whole for _ in lesson.packed]
        yield all(parts)
