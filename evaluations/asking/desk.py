"""One run's share of a round: which question is next, which are out, which wait for another attempt."""

from __future__ import annotations

import heapq
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef

from evaluations.asking.way import Way
from evaluations.models import Answer, Question, Run

CHUNK = 200
"""Questions that are read at a time."""


@dataclass(eq=False)
class Row:
    """A question on its way."""

    question: Question
    attempts: int = 0
    sent_at: float = 0.0
    body: dict[str, Any] = field(default_factory=dict)


@dataclass
class Counts:
    """What came to its end."""

    rows: int = 0
    problems: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Desk:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.way = Way.of(run)
        self.way.body([])  # whatever it looks up, it does so here and not in the threads that ask
        self.out = 0  # rows that were handed out and are not written yet
        self.new = Counts()  # since they were last written down
        self.has_answers = run.done_count > run.problem_count
        self.refused = 0  # rows that the provider would not have, before it answered a single one
        self.is_open = True  # False: nothing more is handed out
        self._ahead: deque[Question] = deque()
        self._after = -1  # the number of the last question that was read
        self._is_read = False
        self._again: list[tuple[float, int, Row]] = []  # when, number, row

    @property
    def is_done(self) -> bool:
        return self.is_open and self._is_read and not (self._ahead or self._again or self.out)

    def next(self) -> Row | None:
        """Hand out the next row; None if there is none, or none yet."""
        if not self.is_open:
            return None
        row = self._waiting() or self._fresh()
        if row:
            self.out += 1
        return row

    def again(self, row: Row, seconds: float) -> None:
        """Take back a row, to be handed out once more after so many seconds."""
        self.out -= 1
        heapq.heappush(self._again, (time.monotonic() + seconds, row.question.number, row))

    def written(self, *, problem: bool, prompt_tokens: int, completion_tokens: int) -> None:
        """Note that a row has its answer."""
        self.out -= 1
        self.new.rows += 1
        self.new.problems += problem
        self.new.prompt_tokens += prompt_tokens
        self.new.completion_tokens += completion_tokens

    @property
    def tried(self) -> dict[str, int]:
        """What is to be remembered of rows that wait for another attempt."""
        return {str(row.question.pk): row.attempts for _at, _number, row in self._again if row.attempts}

    def forgive(self) -> None:
        """Forget the failures of rows that nobody answered: they were not the rows' own."""
        for _at, _number, row in self._again:
            row.attempts = 0

    def _waiting(self) -> Row | None:
        return heapq.heappop(self._again)[2] if self._again and self._again[0][0] <= time.monotonic() else None

    def _fresh(self) -> Row | None:
        if not self._ahead and not self._is_read:
            self._read()
        if not self._ahead:
            return None
        question = self._ahead.popleft()
        return Row(question, attempts=int(self.run.tried.get(str(question.pk), 0)))

    def _read(self) -> None:
        """Read the next questions that have no answer; those behind the last one that was read."""
        answer = Answer.objects.filter(run=self.run, question=OuterRef("pk"))
        questions = Question.objects.filter(~Exists(answer), evaluation=self.run.evaluation_id, number__gt=self._after)
        self._ahead.extend(questions.defer("cells").order_by("number")[:CHUNK])
        self._is_read = len(self._ahead) < CHUNK
        if self._ahead:
            self._after = self._ahead[-1].number
