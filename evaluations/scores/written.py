"""All scores of texts."""

from __future__ import annotations

from collections.abc import Sequence

from evaluations.scores import fields, texts
from evaluations.scores.figure import Figure


def figures(said: Sequence[str], expected: Sequence[str]) -> dict[str, Figure]:
    """Return the scores by their names, the most telling first."""
    pairs = list(zip(said, expected, strict=True))
    kind = fields.kind(expected)
    measured = {
        "exact": texts.mean([float(texts.exact(*pair)) for pair in pairs]),
        "normalized": texts.mean([float(texts.normalized(*pair)) for pair in pairs]),
    }
    if kind:
        measured["fields"] = texts.mean([fields.matched(*pair, kind) for pair in pairs])
    return measured | {
        "chrf": texts.mean([texts.chrf(*pair) for pair in pairs]),
        "rouge_l": texts.mean([texts.rouge_l(*pair) for pair in pairs]),
        "bleu": texts.bleu(said, expected),
    }
