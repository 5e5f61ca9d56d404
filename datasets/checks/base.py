"""What a check is: it watches rows go by, then says what it found and what would fix it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from datasets.checks.texts import GAP, texts_of
from datasets.infer import Judged
from datasets.mapping import CHAT, PROMPT_COMPLETION, Example
from datasets.samples import sample
from datasets.words import Sentence

Severity = Literal["bad", "wait", "info"]
Params = Mapping[str, Any]
Change = Callable[[Example], Example | None]  # None: the row is dropped

PAIRS = frozenset({PROMPT_COMPLETION})
CHATS = frozenset({CHAT})
BOTH = PAIRS | CHATS
SAMPLES = 3


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows: their line in the source, the examples, and whether each is seen for the first time."""

    lines: Sequence[int]
    examples: Sequence[Example]
    fresh: Sequence[bool]
    tokens: Sequence[int] = ()  # empty if tokens are not counted this time

    @cached_property
    def texts(self) -> list[str]:
        """All that the model reads or writes in each example, joined."""
        return [GAP.join(texts_of(example)) for example in self.examples]

    @cached_property
    def whole(self) -> str:
        return GAP.join(self.texts)

    @cached_property
    def prompts(self) -> list[str]:
        return [example["prompt"] for example in self.examples]

    @cached_property
    def completions(self) -> list[str]:
        return [example["completion"] for example in self.examples]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of all rows once they have gone by."""

    format: str
    task: str
    rows: int
    unique: int = 0  # rows without exact duplicates
    labels: Mapping[str, int] = field(default_factory=dict)  # most frequent first; empty if not a classifier
    columns: Sequence[str] = ()
    used_columns: Sequence[str] = ()
    encoding: str = ""
    limit: int = 0  # tokens of one example
    judged: Judged | None = None  # how the task was found


@dataclass(frozen=True, kw_only=True)
class Fix:
    params: Params
    label: Sentence
    recommended: bool


@dataclass(frozen=True, kw_only=True)
class Finding:
    code: str
    severity: Severity
    title: Sentence
    why: Sentence
    count: int
    samples: Sequence[dict[str, Any]]
    fix: Fix | None

    def to_json(self) -> dict[str, Any]:
        fix = self.fix and {**vars(self.fix), "label": self.fix.label.to_json()}
        return {**vars(self), "title": self.title.to_json(), "why": self.why.to_json(), "fix": fix}


class Check(ABC):
    """One per run over the rows. `add` sees every row once, in batches; `finding` is asked at the end."""

    code: ClassVar[str]
    formats: ClassVar[frozenset[str]] = PAIRS
    shown: ClassVar[tuple[str, ...]] = ()  # texts that samples show even where nothing changes in them
    params: ClassVar[Mapping[str, type[str] | type[int]]] = {}  # what its fix has to be told
    adjustable: ClassVar[str] = ""  # the one of these that a person may choose

    def __init__(self) -> None:
        self.count = 0
        self.found: list[tuple[int, Example]] = []

    @abstractmethod
    def add(self, batch: Batch) -> None: ...

    @abstractmethod
    def finding(self, facts: Facts) -> Finding | None: ...

    def wants_again(self) -> bool:
        """Whether all rows have to go by once more, through `again`, before `finding` is asked."""
        return False

    def again(self, batch: Batch) -> None:
        """See the rows a second time, if the check wants them again."""
        raise NotImplementedError

    @classmethod
    def has_fix(cls) -> bool:
        return cls.change.__func__ is not Check.change.__func__  # type: ignore[attr-defined]

    @classmethod
    def change(cls, params: Params) -> Change:
        """The accepted fix, ready to be called with each row in order; only checks that offer one have it."""
        raise LookupError(cls.code)

    @classmethod
    def said(cls, params: Params) -> Sentence:
        """The accepted fix in words, for a recipe."""
        raise LookupError(cls.code)

    def hit(self, line: int, example: Example) -> None:
        self.count += 1
        if len(self.found) < SAMPLES:
            self.found.append((line, example))

    def hit_where(self, batch: Batch, wrong: Sequence[bool]) -> None:
        """Count the rows of a batch that are wrong."""
        self.count += sum(wrong)
        for line, example, hit in zip(batch.lines, batch.examples, wrong, strict=True):
            if len(self.found) >= SAMPLES:
                return
            if hit:
                self.found.append((line, example))

    def report(self, severity: Severity, title: Sentence, why: Sentence, fix: Fix | None = None) -> Finding:
        change = self.change(fix.params) if fix else lambda example: example
        return Finding(
            code=self.code,
            severity=severity,
            title=title,
            why=why,
            count=self.count,
            samples=[sample(line, row, self.after(change, row), self.shown) for line, row in self.found],
            fix=fix,
        )

    def after(self, change: Change, example: Example) -> Example | None:
        return change(example)


def with_prompt(example: Example, prompt: str) -> Example:
    return example if prompt == example["prompt"] else {**example, "prompt": prompt}


def with_completion(example: Example, completion: str) -> Example:
    return example if completion == example["completion"] else {**example, "completion": completion}
