"""Which generation of the API a model belongs to."""

from __future__ import annotations

from openai_api.types import DialectName

LEGACY_BASES = frozenset({"ada", "babbage", "curie", "davinci"})


def for_model(dialect: DialectName, model: str) -> DialectName:
    """Choose the dialect for a fine-tune on this model: where both are spoken, legacy or jobs."""
    if dialect != "both":
        return dialect
    base, _, tuned = model.partition(":")
    is_legacy = base in LEGACY_BASES and (not tuned or tuned.startswith("ft-"))
    return "legacy" if is_legacy else "jobs"
