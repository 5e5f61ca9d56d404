from __future__ import annotations

from operator import add
from typing import Self

import numpy as np
from numpy.typing import NDArray

from datasets import tokens
from datasets.checks.base import EVERY, Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.messages import Example, format_of
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

SLACK = 64
"""More bytes than two marks have."""


class TooLong(Check):
    code = "too-long"
    params = {"limit": int, "encoding": str}
    adjustable = "limit"
    formats = EVERY
    shown = ("prompt",)

    def __init__(self) -> None:
        super().__init__()
        self.nearly = False  # whether some row that was not counted would be too long with another mark or two

    def add(self, batch: Batch) -> None:
        encoding = tokens.encoding_of_format(format_of(batch.examples[0]))
        limit = tokens.LIMITS[encoding]
        if len(batch.tokens):
            self.hit_where(batch, [count > limit for count in batch.tokens])
        else:
            long = _may_exceed(limit - SLACK, batch)
            self.nearly = self.nearly or True in long
            rows = zip(long, batch.examples, strict=True)
            self.hit_where(batch, [long and tokens.of_example(row, encoding) > limit for long, row in rows])

    def join(self, other: Self, at: int) -> None:
        super().join(other, at)
        self.nearly = self.nearly or other.nearly

    def counted(self, lengths: NDArray[np.int32], limit: int) -> None:
        """Judge all rows by their tokens."""
        self.hits.note(lengths > limit)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "wait",
            ngettext(
                "%(count)s row is longer than %(limit)s tokens",
                "%(count)s rows are longer than %(limit)s tokens",
                self.count,
                limit=facts.limit,
            ),
            _(
                "That is what prompt and completion together may take of a base model's context. What does not fit is cut"
                " off from the prompt or refused, as the provider does it; rows removed here are not seen at all."
            ),
            Fix(
                params={"limit": facts.limit, "encoding": facts.encoding},
                label=ngettext("Remove %(count)s row", "Remove %(count)s rows", self.count),
                recommended=False,
            ),
        )

    @classmethod
    def change(cls, params: Params) -> Change:
        limit, encoding = params["limit"], params["encoding"]

        def short(example: Example) -> Example | None:
            return example if tokens.of_example(example, encoding) <= limit else None

        return short

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Rows longer than %(limit)s tokens were removed.", limit=params["limit"])


def _may_exceed(limit: int, batch: Batch) -> list[bool]:
    """Which rows it is worth to count: no token is shorter than a byte, no letter longer than four."""
    if "prompt" not in batch.examples[0]:
        return [True] * len(batch.examples)
    if max(map(len, batch.prompts)) + max(map(len, batch.completions)) <= limit // 4:
        return [False] * len(batch.examples)
    sizes = list(map(add, map(len, batch.prompts), map(len, batch.completions)))
    return [size > limit // 4 and _bytes(row) > limit for size, row in zip(sizes, batch.examples, strict=True)]


def _bytes(example: Example) -> int:
    return sum(len(text) if text.isascii() else len(text.encode()) for text in (example["prompt"], example["completion"]))
