"""Write the questions of an evaluation as rows.

In: an evaluation that is `reading`. Out: its questions, and the runs due; or `failed` with a sentence. Doing it again
from the beginning, as after a kill, gives the same rows.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from datasets import infer
from datasets.formats import BadRow
from datasets.models import Format, Task
from datasets.words import Refused, Sentence
from datasets.words import gettext_noop as _
from evaluations import sources
from evaluations.asking.way import trained_labels, versions_of
from evaluations.models import Evaluation, Question, Run
from evaluations.sources import Asked

logger = logging.getLogger(__name__)
LEASE = 30.0  # seconds
CHUNK = 500
SHOWN_BAD_ROWS = 100
LONGEST_LABEL = 200
MAX_ATTEMPTS = 5
NOTHING = _("There is no row that asks anything. Choose another column or another file.")
NO_END = _("Reading was begun %(count)s times and never came to an end.", count=MAX_ATTEMPTS)
GONE = _("The file is not there any more. Upload it again.")


class Lost(Exception):
    """Somebody else reads it now, or it is gone: stop and write nothing."""


def read(pk: int) -> bool:
    """Claim an evaluation and write its questions; False if it is not due or somebody else is at it."""
    evaluation = Evaluation.objects.select_related("version").claim(pk, LEASE)
    if evaluation is None:
        return False
    try:
        if evaluation.attempts > MAX_ATTEMPTS:
            raise Refused(NO_END)
        _read(evaluation)
    except Refused as refused:
        _fail(evaluation, refused.sentence)
    except FileNotFoundError:
        _fail(evaluation, GONE)
    except Lost:
        logger.info("evaluation %s: somebody else holds it, or it is gone", pk)
    except Exception:
        evaluation.release(due_at=timezone.now() + timedelta(seconds=2**evaluation.attempts))
        raise
    return True


def _read(evaluation: Evaluation) -> None:
    total = sources.count(evaluation) if evaluation.at_most or evaluation.version else 0
    taken = sources.chosen(sources.rows(evaluation), total, evaluation.at_most)
    done = Done()
    while chunk := list(islice(taken, CHUNK)):
        _write(evaluation, done.take(chunk))
    if not done.rows:
        evaluation.held().update(bad_count=done.bad, bad_rows=done.bad_rows)
        raise Refused(NOTHING)
    _finish(evaluation, done)


class Done:
    """What has been read so far."""

    def __init__(self) -> None:
        self.rows = self.bad = 0
        self.bad_rows: list[dict[str, Any]] = []
        self.answers: Counter[str] = Counter()  # no more different ones than a classifier can have
        self.expected = 0

    def take(self, chunk: Iterable[Asked | BadRow]) -> list[tuple[int, Asked]]:
        """Number the questions and note the bad rows."""
        found = []
        for row in chunk:
            if isinstance(row, BadRow):
                self._bad(row)
            else:
                found.append((self.rows, row))
                self.rows += 1
                self._answer(row.expected.strip())
        return found

    def labels(self, trained: list[str]) -> list[str]:
        """The classes: those that were trained and others that are expected; those of the rows alone if none was."""
        if not trained and not self._is_classification():
            return []
        seen = [answer for answer, _count in self.answers.most_common(infer.MAX_CLASSES) if len(answer) <= LONGEST_LABEL]
        return list(dict.fromkeys([*trained, *seen]))

    def _is_classification(self) -> bool:
        if any(len(answer) > LONGEST_LABEL for answer in self.answers):
            return False
        task = infer.task(format=Format.PROMPT_COMPLETION, rows=self.expected, classes=len(self.answers), prompts=True)
        return task == infer.CLASSIFICATION

    def _answer(self, answer: str) -> None:
        self.expected += bool(answer)
        if answer and (answer in self.answers or len(self.answers) <= infer.MAX_CLASSES):
            self.answers[answer] += 1

    def _bad(self, row: BadRow) -> None:
        self.bad += 1
        if self.bad <= SHOWN_BAD_ROWS:
            found = {"line": row.line, "column": row.column, "reason": row.reason.to_json(), "text": row.text}
            self.bad_rows.append(found)


def _write(evaluation: Evaluation, chunk: list[tuple[int, Asked]]) -> None:
    """Add the rows of a chunk; those that an earlier attempt wrote are there already."""
    made = [
        Question(
            evaluation_id=evaluation.pk,
            number=number,
            thread=row.thread,
            expected=row.expected,
            label=row.expected.strip()[:LONGEST_LABEL],
            cells=list(row.cells),
        )
        for number, row in chunk
    ]
    with transaction.atomic():
        if not evaluation.renew(LEASE):
            raise Lost
        Question.objects.bulk_create(made, ignore_conflicts=True)


def _finish(evaluation: Evaluation, done: Done) -> None:
    """Make the evaluation ready and its runs due, both or neither."""
    labels = done.labels(trained_labels(versions_of(evaluation)))
    task = evaluation.task or (Task.CLASSIFICATION if labels else Task.GENERATION)
    read = {"row_count": done.rows, "bad_count": done.bad, "bad_rows": done.bad_rows, "labels": labels, "task": task}
    if not labels:
        Question.objects.filter(evaluation=evaluation).exclude(label="").update(label="")
    with transaction.atomic():
        if not evaluation.release(due_at=None, state=Evaluation.State.READY, attempts=0, **read):
            raise Lost
        waiting = Run.objects.filter(evaluation=evaluation, state=Run.State.WAITING)
        waiting.update(due_at=timezone.now())


def _fail(evaluation: Evaluation, why: Sentence) -> None:
    evaluation.release(due_at=None, state=Evaluation.State.FAILED, error=why.to_json())
