"""What a check is: it watches rows go by, then says what it found and what would fix it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from datasets.checks.hits import Hits, Mask
from datasets.checks.keys import Keys
from datasets.checks.texts import GAP, Column, text_of, utf8
from datasets.checks.wording import text_asked, words
from datasets.infer import Judged
from datasets.mapping import CHAT, PREFERENCE, PROMPT_COMPLETION, Example
from datasets.samples import sample
from datasets.words import Sentence

Severity = Literal["bad", "wait", "info"]
Params = Mapping[str, Any]
Change = Callable[[Example], Example | None]  # None: the row is dropped

PAIRS = frozenset({PROMPT_COMPLETION})
CHATS = frozenset({CHAT})
PREFERENCES = frozenset({PREFERENCE})
EVERY = PAIRS | CHATS | PREFERENCES
SAMPLES = 3
BARE = frozenset({"", "->", "###", "===", "---", "===>", "--->", "### =>"})
"""What the usual separators are without the space around them."""
LONGEST_BARE = 12


@dataclass(frozen=True)
class Batch:
    """Some consecutive rows: their line in the source, the examples, and the number of the first."""

    lines: Sequence[int]
    examples: Sequence[Example]
    at: int = 0
    tokens: Sequence[int] = ()  # empty if tokens are not counted this time

    @cached_property
    def texts(self) -> list[str]:
        """All that the model reads or writes in each example, joined."""
        return [text_of(example) for example in self.examples]

    @cached_property
    def whole(self) -> str:
        """All texts of all rows, for a first look whether anything of a kind is there at all."""
        return self.asking.whole + GAP + self.answering.whole if "prompt" in self.examples[0] else GAP.join(self.texts)

    @cached_property
    def data(self) -> bytes:
        if "prompt" not in self.examples[0]:
            return utf8(self.whole)
        return self.asking.data + GAP.encode() + self.answering.data

    @cached_property
    def ends(self) -> NDArray[np.intp]:
        """Where in `data` each text ends: those of all prompts, then of all completions, or one for each example."""
        if "prompt" not in self.examples[0]:
            return Column(self.texts).ends
        return np.concatenate([self.asking.ends, self.answering.ends + len(self.asking.data) + len(GAP)])

    @cached_property
    def asked(self) -> list[str]:
        """What each example asks, without what the model is told beforehand."""
        return [text_asked(example) for example in self.examples]

    @cached_property
    def words(self) -> list[bytes]:
        """The words of what each example asks."""
        return [words(text) for text in self.asked]

    @cached_property
    def prompts(self) -> list[str]:
        return [example["prompt"] for example in self.examples]

    @cached_property
    def completions(self) -> list[str]:
        return [example["completion"] for example in self.examples]

    @cached_property
    def blank(self) -> list[bool]:
        """Which prompts hold no text, or nothing but a separator."""
        return [len(text) <= LONGEST_BARE and text.strip() in BARE for text in self.prompts]

    @cached_property
    def answers(self) -> list[str]:
        """The completions without the space around them."""
        return [text.strip() for text in self.completions]

    @cached_property
    def asking(self) -> Column:
        """The prompts of all rows."""
        return Column(self.prompts)

    @cached_property
    def answering(self) -> Column:
        """The completions of all rows."""
        return Column(self.completions)


@dataclass(frozen=True, kw_only=True)
class AllKeys:
    """Which of all rows are copies of earlier ones, and the rows' keys; there are none for conversations."""

    copies: Mask
    prompts: Keys
    answers: Keys


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
    """One per run over the rows. `add` sees every row once, in batches; `finding` is asked at the end.

    A run may be cut into parts that other processes look through: `join` puts their checks together again.
    """

    code: ClassVar[str]
    formats: ClassVar[frozenset[str]] = PAIRS
    shown: ClassVar[tuple[str, ...]] = ()  # texts that samples show even where nothing changes in them
    params: ClassVar[Mapping[str, type[str] | type[int]]] = {}  # what its fix has to be told
    near: ClassVar[bool] = False  # it compares each row with the others; a pass has to ask for that
    adjustable: ClassVar[str] = ""  # the one of these that a person may choose

    def __init__(self) -> None:
        self.hits = Hits()
        self.found: list[tuple[int, Example]] = []
        self._count: int | None = None

    @property
    def count(self) -> int:
        return len(self.hits) if self._count is None else self._count

    @count.setter
    def count(self, count: int) -> None:
        self._count = count

    def add(self, batch: Batch) -> None:  # noqa: B027 – some judge by what is known at the end alone
        """Look through some rows."""

    def expect(self, rows: int) -> None:  # noqa: B027 – few need it
        """Learn about how many rows will go by."""

    def join(self, other: Self, at: int) -> None:
        """Take over what the same check saw in the rows from `at` on."""
        self.hits.join(other.hits, at)
        for line, example in other.found:
            self._show(line, example)

    def keep(self, kept: Mask) -> None:
        """Forget the rows that are not kept: copies of others, so that no text disappears."""
        self.hits.keep(kept)

    def compare(self, keys: AllKeys) -> None:  # noqa: B027 – few need it
        """Look at the keys of all rows, once all have gone by."""

    @abstractmethod
    def finding(self, facts: Facts) -> Finding | None: ...

    def wants_again(self) -> bool:
        """Whether all rows have to go by once more, through `again`, before `finding` is asked."""
        return False

    def again(self, batch: Batch) -> None:
        """See the rows a second time, if the check wants them again."""
        raise NotImplementedError

    def wants_samples(self) -> Sequence[int]:
        """The numbers of rows that `finding` would show, if the check has not kept them as they went by."""
        return [] if self.found else self.hits.rows()[:SAMPLES].tolist()

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

    def hit_where(self, batch: Batch, wrong: Sequence[bool]) -> None:
        """Note the rows of a batch that are wrong, and show the first of them."""
        self.hits.add(batch.at, wrong)
        if len(self.found) < SAMPLES and True in wrong:
            self.show_first(compress(zip(batch.lines, batch.examples, strict=True), wrong))

    def show_first(self, rows: Iterable[tuple[int, Example]]) -> None:
        for line, example in rows:
            if len(self.found) >= SAMPLES:
                return
            self._show(line, example)

    def _show(self, line: int, example: Example) -> None:
        if len(self.found) < SAMPLES and all(example != shown for _line, shown in self.found):
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
