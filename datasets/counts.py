"""What is counted of all rows, whatever the checks are: keys, tokens, labels, and what these say of the task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets import infer, tokens
from datasets.checks.base import AllKeys, Batch, Facts
from datasets.checks.hits import Mask
from datasets.checks.keys import BLANK, Keys, of_example, of_pairs, of_texts, repeated
from datasets.messages import PROMPT_COMPLETION, asked_of

PIECE = 1 << 16  # rows worked on at once, so that no array of all of them is needed on the way
MAX_LABEL = 200  # characters; a longer completion is no label
ARRAYS = ("examples", "prompts", "answers", "completions", "tokens", "open")
Arrays = list[NDArray[Any]]


@dataclass
class Counts:
    """Each array holds one number a row, in the order of the rows, in parts that are put together once at the end.

    Rows whose tokens are counted are `open` where white space ends a text: a mark behind it can share tokens with it.
    """

    format: str
    task: str = ""  # chosen by a person
    rows: int = 0
    examples: Arrays = field(default_factory=list)
    prompts: Arrays = field(default_factory=list)
    answers: Arrays = field(default_factory=list)
    completions: Arrays = field(default_factory=list)
    tokens: Arrays = field(default_factory=list)
    open: Arrays = field(default_factory=list)
    labels: dict[int, str] | None = field(default_factory=dict)  # by key; None: too many for a classifier
    system_message: str | None = None
    _copies: Mask | None = None  # once it has been asked for

    @property
    def encoding(self) -> str:
        return tokens.encoding_of_format(self.format)

    def add(self, batch: Batch) -> None:
        self._copies = None
        self.tokens.append(np.array(batch.tokens, np.int32))
        if self.format != PROMPT_COMPLETION:
            self.examples.append(np.fromiter(map(of_example, batch.examples), np.uint64))
            self._add_system_messages(batch)
        else:
            self._add_pairs(batch)
        self.rows += len(batch.examples)

    def join(self, other: Counts) -> None:
        self._copies = None
        for name in ARRAYS:
            getattr(self, name).extend(getattr(other, name))
        self.rows += other.rows
        self.labels = None if None in (self.labels, other.labels) else {**(self.labels or {}), **(other.labels or {})}
        self._drop_labels_of_no_classifier()
        if self.system_message != other.system_message:
            self.system_message = other.system_message if self.rows == other.rows else ""

    def gather(self) -> None:
        for name in ARRAYS:
            _whole(getattr(self, name))

    def keep(self, kept: Mask) -> None:
        """Forget the rows that are not kept."""
        only_copies = self._copies is not None and not (kept & self._copies).any()
        self._copies = np.zeros(int(kept.sum()), np.bool_) if only_copies else None
        for name in ARRAYS:
            array = _whole(getattr(self, name))
            setattr(self, name, [array[kept]] if len(array) else [])
        self.rows = int(kept.sum())

    def copies(self) -> Mask:
        """Which rows stand here for a second time or more."""
        if self._copies is None:
            self._copies = repeated(_whole(self.examples))
        return self._copies

    def keys(self) -> AllKeys:
        return AllKeys(copies=self.copies(), prompts=_whole(self.prompts), answers=_whole(self.answers))

    def lengthen(self, tokens: int, counted: NDArray[np.int32]) -> None:
        """Know that every row has got so many tokens more; those of rows that were `open` have been counted again."""
        lengths = _whole(self.tokens).astype(np.int32) + np.int32(tokens)
        lengths[self.opened()] = counted
        self.tokens = [lengths]

    def opened(self) -> Mask:
        return _whole(self.open).astype(np.bool_)

    def token_counts(self) -> NDArray[np.int32]:
        return _whole(self.tokens).astype(np.int32)

    def label_numbers(self, labels: Mapping[str, int]) -> NDArray[np.int32]:
        """The place of each row's completion among the labels, -1 if it is none of them."""
        keys = {text: key for key, text in (self.labels or {}).items()}
        known = np.array([keys[label] for label in labels], np.uint64)
        found = np.full(self.rows, -1, np.int32)
        completions, order = _whole(self.completions), np.argsort(known)
        for at in range(0, self.rows if len(known) else 0, PIECE):
            piece = completions[at : at + PIECE]
            nearest = order[np.minimum(np.searchsorted(known[order], piece), len(known) - 1)]
            found[at : at + PIECE] = np.where(known[nearest] == piece, nearest, -1)
        return found

    def _add_pairs(self, batch: Batch) -> None:
        prompts, completions = of_texts(batch.prompts), of_texts(batch.completions)
        self.examples.append(of_pairs(prompts, completions))
        self.prompts.append(np.where(batch.blank, BLANK, prompts))
        self.answers.append(of_texts(batch.answers))
        self.completions.append(completions)
        if len(batch.tokens):
            ends = zip(batch.prompts, batch.completions, strict=True)
            self.open.append(np.array([asked[-1:].isspace() or said[-1:].isspace() for asked, said in ends], np.bool_))
        if self.labels is not None:
            self.labels.update(zip(completions.tolist(), batch.completions, strict=True))
            self._drop_labels_of_no_classifier()

    def _drop_labels_of_no_classifier(self) -> None:
        if self.labels is not None and len(self.labels) > infer.MAX_CLASSES + 1:  # one may be the empty one
            self.labels = None

    def _add_system_messages(self, batch: Batch) -> None:
        for at, example in enumerate(batch.examples):
            said = asked_of(example)[0]
            text = said.get("content") if said["role"] == "system" else None
            text = text if isinstance(text, str) else ""
            if self.rows == at == 0:
                self.system_message = text
            elif text != self.system_message:
                self.system_message = ""

    def facts(self, columns: Sequence[str], used_columns: Sequence[str]) -> Facts:
        fresh = ~self.copies()
        of_all, of_fresh = self._label_counts(fresh)
        many = infer.MAX_CLASSES + 1
        judged = infer.judge(
            format=self.format,
            rows=sum(of_fresh.values()) if of_fresh is not None else int(fresh.sum()),
            classes=len(of_fresh) if of_fresh is not None else many,
            prompts=bool((_whole(self.prompts) != BLANK).any()),
            chosen=self.task,
        )
        return Facts(
            format=self.format,
            task=judged.task,
            judged=judged,
            rows=self.rows,
            unique=int(fresh.sum()),
            labels=of_all or {} if judged.task == infer.CLASSIFICATION else {},
            columns=columns,
            used_columns=used_columns,
            encoding=self.encoding,
            limit=tokens.LIMITS[self.encoding],
        )

    def _label_counts(self, fresh: Mask) -> tuple[dict[str, int] | None, dict[str, int] | None]:
        """How often each completion with text stands in all rows, and in those that are there for the first time."""
        if self.labels is None or self.format != PROMPT_COMPLETION:
            return None, None
        names = {key: text for key, text in self.labels.items() if text.strip()}
        if len(names) > infer.MAX_CLASSES or any(len(text) > MAX_LABEL for text in names.values()):
            return None, None
        completions = _whole(self.completions)
        return _counted(completions, names), _counted(completions[fresh], names)


def _counted(keys: Keys, names: dict[int, str]) -> dict[str, int]:
    """The most frequent first, and what came first among equals."""
    unique, first, counts = np.unique(keys, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    found = zip(unique[order].tolist(), counts[order].tolist(), strict=True)
    return {names[key]: count for key, count in found if key in names}


def _whole(parts: Arrays) -> NDArray[Any]:
    """One array of many, kept in the place of the parts."""
    if len(parts) != 1:
        parts[:] = [np.concatenate(parts) if parts else np.zeros(0, np.uint64)]
    return parts[0]
