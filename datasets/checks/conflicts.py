from __future__ import annotations

import numpy as np

from datasets.checks.base import AllKeys, Change, Check, Facts, Finding, Fix, Params
from datasets.checks.keys import BLANK, Keys, key
from datasets.infer import CLASSIFICATION, OPEN_ENDED
from datasets.mapping import Example
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _


class Conflicts(Check):
    """The same prompt with another completion than its first one."""

    code = "conflicts"
    shown = ("prompt", "completion")

    def __init__(self) -> None:
        super().__init__()
        self._compared: Keys | None = None

    def compare(self, keys: AllKeys) -> None:
        if keys.prompts is self._compared:
            return
        self._compared = keys.prompts
        _unique, first, group = np.unique(keys.prompts, return_index=True, return_inverse=True)
        self.hits.note((keys.answers != keys.answers[first][group]) & (keys.prompts != BLANK))

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count or facts.task == OPEN_ENDED:
            return None
        return self.report(
            "wait" if facts.task == CLASSIFICATION else "info",
            ngettext(
                "%(count)s row answers a prompt in another way than before",
                "%(count)s rows answer a prompt in another way than before",
                self.count,
            ),
            _("The same prompt stands in an earlier row with a different completion. The model cannot learn both."),
            Fix(params={}, label=_("Keep the first answer"), recommended=False),
        )

    def after(self, change: Change, example: Example) -> Example | None:
        return None

    @classmethod
    def change(cls, params: Params) -> Change:
        answers: dict[int, int] = {}

        def first(example: Example) -> Example | None:
            if not example["prompt"].strip():
                return example
            answer = key(example["completion"].strip())
            return example if answers.setdefault(key(example["prompt"]), answer) == answer else None

        return first

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Of several answers to the same prompt, the first stayed.")
