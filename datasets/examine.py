"""One pass over the rows: every check sees them, and the numbers of the dataset are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from datasets import infer, tokens
from datasets.checks import CHECKS, Check, Facts, Finding
from datasets.checks.base import Batch
from datasets.checks.ending import Ending
from datasets.checks.keys import of_example
from datasets.checks.separator import Separator
from datasets.mapping import CHAT, Example
from datasets.recipe import Numbered

BATCH = 1_000
MAX_LABEL = 200  # characters; a longer completion is no label

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


def examine(
    rows: Callable[[], Iterable[Numbered]],
    *,
    format: str,
    columns: Sequence[str] = (),
    used_columns: Sequence[str] = (),
    count_tokens: bool = True,
    task: str = "",
) -> Report:
    """Run all checks of a format for a task, or the one that it infers.

    `rows` gives the rows from the beginning each time it is called.
    """
    checks = [check() for check in CHECKS if format in check.formats]
    counts = _Counts(format, task)
    for batch in _batches(rows(), counts, count_tokens):
        for check in checks:
            check.add(batch)
    _once_more(rows, [check for check in checks if check.wants_again()])
    facts = counts.facts(columns, used_columns)
    found = [finding for check in checks if (finding := check.finding(facts))]
    return Report(
        facts=facts,
        findings=found,
        tokens=counts.tokens,
        longest=counts.longest,
        system_message=counts.system_message or "",
        **_marks(checks, facts),
    )


def _marks(checks: Sequence[Check], facts: Facts) -> dict[str, str]:
    """The separator and ending that the rows have now."""
    found = {"separator": "", "ending": ""}
    for check in checks:
        if isinstance(check, Separator) and facts.task != infer.OPEN_ENDED:
            found["separator"] = check.marks.existing()
        if isinstance(check, Ending) and facts.task != infer.CLASSIFICATION:
            found["ending"] = check.existing()
    return found


def _batches(rows: Iterable[Numbered], counts: _Counts, count_tokens: bool) -> Iterator[Batch]:
    for chunk in chunks(rows, BATCH):
        examples = [example for _line, example in chunk]
        fresh = counts.add(examples)
        counted = [tokens.of_example(example, counts.encoding) for example in examples] if count_tokens else []
        counts.add_tokens(counted)
        yield Batch(lines=[line for line, _example in chunk], examples=examples, fresh=fresh, tokens=counted)


def _once_more(rows: Callable[[], Iterable[Numbered]], checks: Sequence[Check]) -> None:
    if not checks:
        return
    for chunk in chunks(rows(), BATCH):
        batch = Batch(lines=[line for line, _row in chunk], examples=[row for _line, row in chunk], fresh=())
        for check in checks:
            check.again(batch)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


@dataclass
class _Counts:
    """What is counted whatever the checks are; labels and task are judged on rows seen for the first time."""

    format: str
    task: str = ""  # chosen by a person
    rows: int = 0
    tokens: int = 0
    longest: int = 0
    prompts: bool = False
    seen: set[int] = field(default_factory=set)
    labels: Counter[str] | None = field(default_factory=Counter)  # None: too many for a classifier
    label_rows: Counter[str] = field(default_factory=Counter)
    system_message: str | None = None

    @property
    def encoding(self) -> str:
        return tokens.encoding_of_format(self.format)

    def add(self, examples: Sequence[Example]) -> list[bool]:
        first = self.rows == 0
        self.rows += len(examples)
        fresh = [self._is_fresh(example) for example in examples]
        if self.format == CHAT:
            self._add_system_messages(examples, first)
        else:
            self.prompts = self.prompts or any(example["prompt"].strip() for example in examples)
            self._add_labels(examples, fresh)
        return fresh

    def add_tokens(self, counted: Sequence[int]) -> None:
        self.tokens += sum(counted)
        self.longest = max(self.longest, max(counted, default=0))

    def _is_fresh(self, example: Example) -> bool:
        key = of_example(example)
        known = len(self.seen)
        self.seen.add(key)
        return len(self.seen) > known

    def _add_labels(self, examples: Sequence[Example], fresh: Sequence[bool]) -> None:
        if self.labels is None:
            return
        filled = [(row["completion"], new) for row, new in zip(examples, fresh, strict=True) if row["completion"].strip()]
        self.label_rows.update(label for label, _new in filled)
        self.labels.update(label for label, new in filled if new)
        if len(self.labels) > infer.MAX_CLASSES or any(len(label) > MAX_LABEL for label, _new in filled):
            self.labels, self.label_rows = None, Counter()

    def _add_system_messages(self, examples: Sequence[Example], first: bool) -> None:
        for at, example in enumerate(examples):
            said = example["messages"][0]
            text = said.get("content") if said["role"] == "system" else None
            text = text if isinstance(text, str) else ""
            if first and at == 0:
                self.system_message = text
            elif text != self.system_message:
                self.system_message = ""

    def facts(self, columns: Sequence[str], used_columns: Sequence[str]) -> Facts:
        classes = len(self.labels) if self.labels is not None else infer.MAX_CLASSES + 1
        unique = self.labels.total() if self.labels is not None else len(self.seen)
        judged = infer.judge(format=self.format, rows=unique, classes=classes, prompts=self.prompts, chosen=self.task)
        return Facts(
            format=self.format,
            task=judged.task,
            judged=judged,
            rows=self.rows,
            unique=len(self.seen),
            labels=dict(self.label_rows.most_common()) if judged.task == infer.CLASSIFICATION else {},
            columns=columns,
            used_columns=used_columns,
            encoding=self.encoding,
            limit=tokens.LIMITS[self.encoding],
        )
