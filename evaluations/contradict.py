"""Questions that a model has met in its training: with the same answer, or with another one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

from datasets.models import Version
from datasets.storing import opened
from evaluations.models import Question, Run
from playground.pick import trained_on
from playground.record import question_of

MOST = 100


def contradictions(run: Run) -> dict[str, Any] | None:
    """Compare the questions with the training part of what the model was trained on; None if that is unknown.

    {"same": questions that it has learned with the expected label, "other": with another one, "rows": the first of
    these as [number, the label in training], "version": pk}
    """
    version = trained_on(run.model) if run.model else None
    if version is None:
        return None
    asked = {_key(thread): (number, wanted) for number, thread, wanted in _questions(run)}
    same: set[int] = set()
    other: dict[int, str] = {}
    for key, label in _learned(version):
        number, wanted = asked.get(key, (None, ""))
        if number is not None and label == wanted:
            same.add(number)
        elif number is not None:
            other[number] = label
    rows = [[number, other[number]] for number in sorted(other)]
    return {"same": len(same), "other": len(rows), "rows": rows[:MOST], "version": version.pk}


def _questions(run: Run) -> Iterator[tuple[int, Any, str]]:
    rows = Question.objects.filter(evaluation=run.evaluation_id).exclude(label="").order_by("number")
    yield from rows.values_list("number", "thread", "label").iterator(2000)


def _learned(version: Version) -> Iterator[tuple[bytes, str]]:
    try:
        with opened(version.training) as file:
            for line in file:
                if prompt := question_of(line, version):
                    yield _key(prompt.thread), prompt.expected.strip()
    except FileNotFoundError:
        return


def _key(thread: Any) -> bytes:
    """The same text is the same question, whatever space is around it."""
    turns = [[turn.get("role"), str(turn.get("content", "")).strip()] for turn in thread]
    return hashlib.blake2b(orjson.dumps(turns), digest_size=16).digest()
