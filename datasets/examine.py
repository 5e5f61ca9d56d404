"""One pass over the rows: every check sees them, and the numbers of the dataset are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from datasets import infer, tokens
from datasets.checks import BY_CODE, CHECKS, Check, Facts, Finding
from datasets.checks.base import Batch
from datasets.checks.ending import Ending
from datasets.checks.hits import Hits, Mask, RowNumbers
from datasets.checks.separator import Separator
from datasets.checks.too_long import TooLong
from datasets.counts import Counts
from datasets.mapping import Example
from datasets.recipe import Numbered
from datasets.tokens import LIMITS

BATCH = 1_000
Rows = Callable[[], Iterable[Numbered]]  # gives the rows from the beginning each time it is called

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Report:
    facts: Facts
    findings: list[Finding]
    tokens: int = 0
    longest: int = 0
    separator: str = ""
    ending: str = ""
    system_message: str = ""
    token_counts: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))  # of each row
    label_numbers: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))  # of each row, -1: none
    hits: dict[str, RowNumbers] = field(default_factory=dict)  # the rows of each finding, by its code

    def numbers(self) -> dict[str, Any]:
        facts = self.facts
        return {
            "task": facts.task,
            "judged": facts.judged.to_json() if facts.judged else {},
            "rows": facts.rows,
            "unique": facts.unique,
            "encoding": facts.encoding,
            "limit": facts.limit,
            "tokens": self.tokens,
            "longest": self.longest,
            "classes": len(facts.labels),
            "labels": [list(pair) for pair in facts.labels.items()],  # a list: databases reorder the keys of objects
            "fewest": min(facts.labels.values(), default=0),
            "separator": self.separator,
            "ending": self.ending,
            "system_message": self.system_message,
        }


class Examination:
    """What all checks of a format have seen so far.

    `ahead` are codes of fixes that need no parameters: their checks see the rows first, and all others see what these
    fixes leave. So one pass tells what more there is to do.
    """

    def __init__(
        self,
        format: str,
        *,
        task: str = "",
        count_tokens: bool = True,
        ahead: Sequence[str] = (),
        near: bool = False,
    ) -> None:
        self.format, self.count_tokens = format, count_tokens
        self.ahead = [BY_CODE[code]() for code in ahead]
        wanted = [check for check in CHECKS if format in check.formats and near >= check.near]
        self.checks = [check() for check in wanted if check.code not in ahead]
        self.counts = Counts(format, task)
        self.left: list[Mask] = []  # by batch: which rows those fixes have left

    def expect(self, rows: int) -> Self:
        """Let the checks know about how many rows will come."""
        for check in self.checks:
            check.expect(rows)
        return self

    def add(self, lines: Sequence[int], examples: Sequence[Example]) -> None:
        batch = Batch(lines=lines, examples=examples, at=self.counts.rows)
        self.left.append(np.ones(len(examples), np.bool_))
        for check in self.ahead:
            check.add(batch)
            batch = self._mended(batch, check)
        if not batch.examples:
            return
        if self.count_tokens:
            counted = tokens.of_examples(batch.examples, self.counts.encoding)
            batch = Batch(lines=batch.lines, examples=batch.examples, at=batch.at, tokens=counted)
        self.counts.add(batch)
        for check in self.checks:
            check.add(batch)

    def _mended(self, batch: Batch, check: Check) -> Batch:
        """The batch after the check's fix; most batches need none."""
        wrong = check.hits.latest.tolist()
        if not wrong:
            return batch
        change, after = check.change({}), list[Example | None](batch.examples)
        for row in wrong:
            after[row] = change(batch.examples[row])
        kept = [row for row in after if row is not None]
        if len(kept) == len(after):
            return Batch(lines=batch.lines, examples=kept, at=batch.at)
        left = self.left[-1]
        left[left] = [row is not None for row in after]
        lines = [line for line, row in zip(batch.lines, after, strict=True) if row is not None]
        return Batch(lines=lines, examples=kept, at=batch.at)

    def join(self, other: Examination) -> None:
        """Take over what was seen of the rows that follow."""
        at = self.counts.rows
        for mine, theirs in zip((*self.ahead, *self.checks), (*other.ahead, *other.checks), strict=True):
            mine.join(theirs, at)
        self.counts.join(other.counts)
        self.left += other.left

    def gathered(self) -> Examination:
        """The same, put together so that it is quickly handed to another process."""
        for check in (*self.ahead, *self.checks):
            check.hits.rows()
        self.counts.gather()
        return self

    def without_copies(self) -> int:
        """Look at the rows as if exact duplicates had been removed; returns how many there are.

        Shares of letters alone still count them, which no fix that is safe depends on.
        """
        copies = self.counts.copies()
        if not copies.any():
            return 0
        kept = ~copies
        for check in self.checks:
            check.keep(kept)
        self.counts.keep(kept)
        return int(copies.sum())

    def lengthened(self, tokens: int, counted: NDArray[np.int32]) -> None:
        """Look at the rows as if every one had so many tokens more, but for the open ones, which have been counted."""
        self.counts.lengthen(tokens, counted)
        for check in self.checks:
            if isinstance(check, TooLong):
                check.counted(self.counts.token_counts(), LIMITS[self.counts.encoding])

    def report(
        self, rows: Rows, *, columns: Sequence[str] = (), used_columns: Sequence[str] = (), samples: bool = True
    ) -> Report:
        """Say what was found; `rows` are looked at again only if a check has to, or has no samples yet."""
        _once_more(rows, [check for check in self.checks if check.wants_again()])
        facts = self.counts.facts(columns, used_columns)
        keys = self.counts.keys()
        for check in self.checks:
            check.compare(keys)
        if samples:
            _fetch_samples(rows, self.checks)
        found = {check.code: finding for check in self.checks if (finding := check.finding(facts))}
        counted = self.counts.token_counts()
        return Report(
            facts=facts,
            findings=list(found.values()),
            tokens=int(counted.sum()),
            longest=int(counted.max(initial=0)),
            system_message=self.counts.system_message or "",
            token_counts=counted,
            label_numbers=self.counts.label_numbers(facts.labels),
            hits={check.code: check.hits.rows() for check in self.checks if check.code in found},
            **_marks(self.checks, facts),
        )


def examine(
    rows: Rows,
    *,
    format: str,
    columns: Sequence[str] = (),
    used_columns: Sequence[str] = (),
    count_tokens: bool = True,
    task: str = "",
    near: bool = True,
) -> Report:
    """Run all checks of a format for a task, or the one that it infers."""
    seen = looked_through(rows(), Examination(format, task=task, count_tokens=count_tokens, near=near))
    return seen.report(rows, columns=columns, used_columns=used_columns)


def looked_through(rows: Iterable[Numbered], examination: Examination) -> Examination:
    for chunk in chunks(rows, BATCH):
        examination.add([line for line, _example in chunk], [example for _line, example in chunk])
    return examination


def _marks(checks: Sequence[Check], facts: Facts) -> dict[str, str]:
    """The separator and ending that the rows have now."""
    found = {"separator": "", "ending": ""}
    for check in checks:
        if isinstance(check, Separator) and facts.task != infer.OPEN_ENDED:
            found["separator"] = check.marks.existing()
        if isinstance(check, Ending) and facts.task != infer.CLASSIFICATION:
            found["ending"] = check.existing()
    return found


def _once_more(rows: Rows, checks: Sequence[Check]) -> None:
    if not checks:
        return
    for check in checks:
        check.hits = Hits()  # a report may be asked for twice
    for turn, chunk in enumerate(chunks(rows(), BATCH)):
        batch = Batch(lines=[line for line, _row in chunk], examples=[row for _line, row in chunk], at=turn * BATCH)
        for check in checks:
            check.again(batch)


def _fetch_samples(rows: Rows, checks: Sequence[Check]) -> None:
    """Show the checks the rows that they want to show."""
    wanted = {number for check in checks for number in check.wants_samples()}
    if not wanted:
        return
    found = {number: row for number, row in enumerate(islice(rows(), max(wanted) + 1)) if number in wanted}
    for check in checks:
        check.show_first(found[number] for number in check.wants_samples() if number in found)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk
