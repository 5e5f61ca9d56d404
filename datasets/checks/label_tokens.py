from __future__ import annotations

from datasets import tokens
from datasets.checks.base import Check, Facts, Finding
from datasets.infer import CLASSIFICATION
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

NAMED = 5


class LabelTokens(Check):
    """Labels that are not a single token, or that begin with the same one."""

    code = "label-tokens"

    def finding(self, facts: Facts) -> Finding | None:
        if facts.task != CLASSIFICATION or not facts.labels:
            return None
        cut = {label: tokens.cut(" " + label.strip(), facts.encoding) for label in facts.labels}
        firsts = [pieces[0] for pieces in cut.values() if pieces]
        if shared := [label for label, pieces in cut.items() if pieces and firsts.count(pieces[0]) > 1]:
            self.count = len(shared)
            return self.report("wait", *_shared(shared))
        if long := [label for label, pieces in cut.items() if len(pieces) > 1]:
            self.count = len(long)
            return self.report("info", *_long(long))
        return None


def _shared(labels: list[str]) -> tuple[Sentence, Sentence]:
    return ngettext(
        "%(count)s class begins with the same token as another",
        "%(count)s classes begin with the same token as another",
        len(labels),
    ), _(
        "%(classes)s. A classifier is asked for one token and tells its classes apart by it, so these cannot be told"
        " apart. Give them names that begin differently, or numbers.",
        classes=_named(labels),
    )


def _long(labels: list[str]) -> tuple[Sentence, Sentence]:
    return ngettext(
        "%(count)s class is longer than one token",
        "%(count)s classes are longer than one token",
        len(labels),
    ), _(
        "%(classes)s. Their first tokens differ, so asking for one token is enough to tell them apart, but the answer"
        " is only the beginning of the name. Short names or numbers are one token.",
        classes=_named(labels),
    )


def _named(labels: list[str]) -> str:
    more = ", …" if len(labels) > NAMED else ""
    return ", ".join(f"“{label.strip()[:40]}”" for label in labels[:NAMED]) + more
