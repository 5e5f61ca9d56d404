from __future__ import annotations

from datasets import tokens
from datasets.checks.base import EVERY, Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.messages import Example, format_of
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _


class TooLong(Check):
    code = "too-long"
    params = {"limit": int, "encoding": str}
    adjustable = "limit"
    formats = EVERY
    shown = ("prompt",)

    def add(self, batch: Batch) -> None:
        encoding = tokens.encoding_of_format(format_of(batch.examples[0]))
        limit = tokens.LIMITS[encoding]
        if len(batch.tokens):
            self.hit_where(batch, [count > limit for count in batch.tokens])
        else:
            self.hit_where(
                batch, [_may_exceed(limit, row) and tokens.of_example(row, encoding) > limit for row in batch.examples]
            )

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


def _may_exceed(limit: int, example: Example) -> bool:
    """Whether it is worth counting: no token is shorter than a byte."""
    if "prompt" not in example:
        return True
    size = len(example["prompt"]) + len(example["completion"])
    return size > limit or (size * 4 > limit and len((example["prompt"] + example["completion"]).encode()) > limit)
