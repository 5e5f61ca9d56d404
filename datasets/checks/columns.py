from __future__ import annotations

from datasets.checks.base import EVERY, Check, Facts, Finding
from datasets.infer import OPEN_ENDED
from datasets.words import gettext_noop as _
from datasets.words import ngettext


class MissingColumns(Check):
    code = "missing-columns"

    def finding(self, facts: Facts) -> Finding | None:
        if len(facts.used_columns) != 1 or (facts.judged and facts.judged.inferred != OPEN_ENDED):
            return None
        self.count = 1
        return self.report(
            "info" if facts.task == OPEN_ENDED else "wait",
            _("There is no column for the prompt"),
            _(
                "Every prompt is empty, so the model learns to write texts like “%(column)s” without being asked anything"
                " (open-ended generation). If answers should depend on something, choose its column as the prompt.",
                column=facts.used_columns[0],
            ),
        )


class OtherColumns(Check):
    code = "other-columns"
    formats = EVERY

    def finding(self, facts: Facts) -> Finding | None:
        other = [column for column in facts.columns if column not in facts.used_columns]
        if not other:
            return None
        self.count = len(other)
        return self.report(
            "info",
            ngettext("%(count)s column is not used", "%(count)s columns are not used", len(other)),
            _(
                "%(columns)s: not part of the examples. Nothing is lost, the uploaded file stays as it is.",
                columns=", ".join(f"“{column}”" for column in other[:10]),
            ),
        )
