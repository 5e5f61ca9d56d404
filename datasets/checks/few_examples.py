from __future__ import annotations

from datasets.checks.base import EVERY, Check, Facts, Finding
from datasets.infer import CHAT, PREFERENCE
from datasets.words import gettext_noop as _
from datasets.words import ngettext

NEEDED_FOR_CHAT = 10
ADVISED = 100


class FewExamples(Check):
    code = "few-examples"
    formats = EVERY

    def finding(self, facts: Facts) -> Finding | None:
        self.count = facts.rows
        if facts.task in (CHAT, PREFERENCE) and self.count < NEEDED_FOR_CHAT:
            return self.report(
                "bad",
                ngettext("Only %(count)s example", "Only %(count)s examples", self.count),
                _(
                    "A fine-tune of a chat model needs at least %(needed)s; clear improvement usually begins at 50 to 100.",
                    needed=NEEDED_FOR_CHAT,
                ),
            )
        if self.count >= (50 if facts.task in (CHAT, PREFERENCE) else ADVISED):
            return None
        return self.report(
            "info",
            ngettext("Only %(count)s example", "Only %(count)s examples", self.count),
            _("A few hundred good examples are a start, and every doubling improves the model by about the same step."),
        )
