"""Which columns of a sheet hold the question and the right answer, as far as names and earlier data tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from datasets.mapping import PROMPT_COMPLETION, Mapping, detect, fields
from datasets.models import Version
from datasets.purposes import of_columns

ASKED = ("prompt", "question", "text", "input", "message", "query", "content", "subject")
EXPECTED = ("completion", "answer", "expected", "label", "class", "category", "output", "target", "right answer")


def mapping(columns: Sequence[str], versions: Iterable[Version]) -> dict[str, str]:
    """Return {"prompt" or "template", "expected"}: as the data of a model was made, else by the columns' names."""
    for version in versions:
        if found := _as_trained(columns, version):
            return found
    purpose = of_columns(list(columns))
    known = purpose.mapping_of(columns) if purpose else detect(columns)
    if known and known.format == PROMPT_COMPLETION and (known.prompt or known.template):
        return _said(known, columns)
    return _by_name(columns)


def prompts(chosen: dict[str, str]) -> list[str]:
    """Return the columns that a question is made of."""
    return fields(chosen.get("template", "")) or [chosen["prompt"]] if chosen.get("prompt") or chosen.get("template") else []


def _as_trained(columns: Sequence[str], version: Version) -> dict[str, str] | None:
    """Return what the version's own upload was read by, if the sheet has the columns of its prompts."""
    stored = version.dataset.mapping
    if not stored or stored.get("messages") or stored.get("preferred"):
        return None
    known = Mapping(**stored)
    asked = fields(known.template) if known.template else [known.prompt]
    return _said(known, columns) if all(asked) and set(asked) <= set(columns) else None


def _said(known: Mapping, columns: Sequence[str]) -> dict[str, str]:
    made = {"template": known.template} if known.template else {"prompt": known.prompt}
    return {**made, "expected": known.completion if known.completion in columns else ""}


def _by_name(columns: Sequence[str]) -> dict[str, str]:
    named = {column.strip().casefold(): column for column in reversed(columns)}
    expected = next((named[name] for name in EXPECTED if name in named), "")
    prompt = next((named[name] for name in ASKED if name in named and named[name] != expected), "")
    return {"prompt": prompt or next((one for one in columns if one != expected), ""), "expected": expected}
