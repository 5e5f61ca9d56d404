"""Checks of preference examples: two answers to the same question."""

from __future__ import annotations

from datasets.checks.base import PREFERENCES, Facts, Finding, Params
from datasets.checks.conversations import Conversations, says_nothing
from datasets.messages import OTHER, PREFERRED, Example
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _


class EmptyAnswer(Conversations):
    code = "empty-answer"
    formats = PREFERENCES

    @classmethod
    def wrong(cls, example: Example) -> bool:
        return any(all(map(says_nothing, example[side])) for side in (PREFERRED, OTHER))

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "bad",
            ngettext("%(count)s row has an answer without text", "%(count)s rows have an answer without text", self.count),
            _("Both answers are needed: the model learns from what is different between them."),
            self.removal(),
        )

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Rows with an empty answer were removed.")


class SameAnswers(Conversations):
    code = "same-answers"
    formats = PREFERENCES

    @classmethod
    def wrong(cls, example: Example) -> bool:
        return bool(example[PREFERRED]) and example[PREFERRED] == example[OTHER] and not EmptyAnswer.wrong(example)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "bad",
            ngettext("%(count)s row prefers an answer to itself", "%(count)s rows prefer an answer to itself", self.count),
            _("Both answers are the same, so there is nothing to learn from the row."),
            self.removal(),
        )

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Rows whose two answers are the same were removed.")


class SeveralMessages(Conversations):
    code = "several-messages"
    formats = PREFERENCES

    @classmethod
    def wrong(cls, example: Example) -> bool:
        sides = [example[side] for side in (PREFERRED, OTHER)]
        return any(len(side) > 1 or any(message["role"] != "assistant" for message in side) for side in sides)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "bad",
            ngettext(
                "%(count)s row has an answer that is not one message of the assistant",
                "%(count)s rows have an answer that is not one message of the assistant",
                self.count,
            ),
            _("Each answer is one message of the assistant. What was said before belongs to what is asked."),
            self.removal(),
        )

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Rows with more than one message in an answer were removed.")


class NothingAsked(Conversations):
    code = "nothing-asked"
    formats = PREFERENCES

    @classmethod
    def wrong(cls, example: Example) -> bool:
        return bool(example["input"]["messages"][-1]["role"] not in ("user", "tool"))

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "bad",
            ngettext(
                "In %(count)s row the last word before the answers is not the user's",
                "In %(count)s rows the last word before the answers is not the user's",
                self.count,
            ),
            _("Both answers have to answer something: the last message before them should be the user's."),
            self.removal(),
        )

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Rows whose answers follow no question were removed.")
