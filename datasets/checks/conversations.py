"""Checks of chat examples, and of what is asked in preferences."""

from __future__ import annotations

from typing import Any

from datasets.checks.base import CHATS, PREFERENCES, Batch, Change, Check, Facts, Finding, Fix, Params
from datasets.messages import Example, asked_of, messages_of
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


class Conversations(Check):
    """Finds conversations that are wrong and offers to remove them, never unasked."""

    formats = CHATS

    def add(self, batch: Batch) -> None:
        self.hit_where(batch, [self.wrong(example) for example in batch.examples])

    @classmethod
    def wrong(cls, example: Example) -> bool:
        raise NotImplementedError

    def removal(self) -> Fix:
        label = ngettext("Remove %(count)s row", "Remove %(count)s rows", self.count)
        return Fix(params={}, label=label, recommended=False)

    @classmethod
    def change(cls, params: Params) -> Change:
        return lambda example: None if cls.wrong(example) else example


class NoAnswer(Conversations):
    code = "no-answer"

    @classmethod
    def wrong(cls, example: Example) -> bool:
        return not any(message["role"] == "assistant" for message in example["messages"])

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "bad",
            ngettext(
                "%(count)s conversation has no message of the assistant",
                "%(count)s conversations have no message of the assistant",
                self.count,
            ),
            _("The assistant's messages are what the model learns to write. Providers refuse a file with such rows."),
            self.removal(),
        )

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Conversations without a message of the assistant were removed.")


class UnknownRoles(Conversations):
    code = "unknown-roles"
    formats = CHATS | PREFERENCES

    @classmethod
    def wrong(cls, example: Example) -> bool:
        return any(message["role"] not in ROLES for message in messages_of(example))

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "bad",
            ngettext(
                "%(count)s conversation has a role that no provider knows",
                "%(count)s conversations have a role that no provider knows",
                self.count,
            ),
            _("Known roles are %(roles)s.", roles="system, developer, user, assistant, tool, function"),
            self.removal(),
        )

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Conversations with unknown roles were removed.")


class EmptyMessages(Conversations):
    code = "empty-messages"
    formats = CHATS | PREFERENCES

    @classmethod
    def wrong(cls, example: Example) -> bool:
        return any(map(says_nothing, asked_of(example)))

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "wait",
            ngettext(
                "%(count)s conversation has a message without content",
                "%(count)s conversations have a message without content",
                self.count,
            ),
            _("A message may be without text only if it calls a tool or refuses."),
            self.removal(),
        )

    @classmethod
    def said(cls, params: Params) -> Sentence:
        return _("Conversations with empty messages were removed.")


def says_nothing(message: dict[str, Any]) -> bool:
    """No text, no parts, and nothing that may stand instead: a call, a refusal."""
    if message.get("function_call") or message.get("tool_calls") or message.get("refusal"):
        return False
    content = message.get("content")
    return not content.strip() if isinstance(content, str) else not content


class LastNotAnswer(Conversations):
    code = "last-not-answer"

    @classmethod
    def wrong(cls, example: Example) -> bool:
        return example["messages"][-1]["role"] != "assistant" and not NoAnswer.wrong(example)

    def finding(self, facts: Facts) -> Finding | None:
        if not self.count:
            return None
        return self.report(
            "info",
            ngettext(
                "%(count)s conversation does not end with the assistant",
                "%(count)s conversations do not end with the assistant",
                self.count,
            ),
            _("What stands after the assistant's last message is not learned."),
        )
