"""A verdict in words: what was found, with the figures that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from finetunes.sentences import SENTENCES
from finetunes.sentences.figures import Numbers, values

SHOWN = 3
"""Sentences that are shown; the others are folded."""
TONES = {
    "good": {"learned", "told-apart", "right", "improving", "known-before", "stopped"},
    "wait": {"over-fitting", "overconfident", "accuracy-fell", "threshold", "recall-low", "precision-low", "f1-low"},
    "bad": {"loss-lost", "diverged", "guessing", "nothing-learned", "by-heart"},
}


@dataclass(frozen=True, slots=True)
class Said:
    code: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    shown: list[Said]
    folded: list[Said]
    basis: list[str]

    @property
    def tone(self) -> str:
        """The look of its badge; empty for what is neither good nor bad."""
        return next((tone for tone, codes in TONES.items() if self.shown[0].code in codes), "")

    @property
    def word(self) -> str:
        return label(self.shown[0].code)


def tell(verdict: Mapping[str, Any]) -> Verdict | None:
    """Say the findings in their order; one whose code nobody knows any more is left out."""
    found = [one for one in verdict.get("findings", []) if one["code"] in SENTENCES]
    if not found:
        return None
    said = [Said(one["code"], *SENTENCES[one["code"]](one["numbers"])) for one in found]
    basis = [text for one in found if (text := _basis(one["code"], one["numbers"]))]
    return Verdict(said[:SHOWN], said[SHOWN:], list(dict.fromkeys(basis)))


def warning(verdict: Mapping[str, Any]) -> str:
    """The word for a list, of one that is not as it should be; empty for the others."""
    code = next((one["code"] for one in verdict.get("findings", [])), "")
    return label(code) if code in TONES["wait"] | TONES["bad"] else ""


def label(code: str) -> str:
    """Two or three words for a badge or a list."""
    known = {
        "ended-early": pgettext("verdict", "ended early"),
        "loss-lost": pgettext("verdict", "came apart"),
        "diverged": pgettext("verdict", "came apart"),
        "guessing": pgettext("verdict", "only guesses"),
        "nothing-learned": pgettext("verdict", "learned nothing"),
        "by-heart": pgettext("verdict", "learned by heart"),
        "over-fitting": pgettext("verdict", "over-fitted"),
        "overconfident": pgettext("verdict", "too sure of itself"),
        "accuracy-fell": pgettext("verdict", "was better before"),
        "threshold": pgettext("verdict", "limit to be moved"),
        "recall-low": pgettext("verdict", "misses many"),
        "precision-low": pgettext("verdict", "false alarms"),
        "f1-low": pgettext("verdict", "uneven classes"),
        "lopsided": pgettext("verdict", "uneven classes"),
        "stopped": pgettext("verdict", "learned early"),
        "improving": pgettext("verdict", "still improving"),
        "learned": pgettext("verdict", "learned"),
        "told-apart": pgettext("verdict", "learned"),
        "right": pgettext("verdict", "learned"),
        "known-before": pgettext("verdict", "knew it before"),
    }
    return known.get(code, pgettext("verdict", "cannot tell"))


def _basis(code: str, numbers: Numbers) -> str:
    """On what a finding rests: a figure of a noisy series is the mean of so many values."""
    said = values(numbers)
    if code == "by-heart":
        return _("%(series)s is compared as the mean of its first %(start_of)s values and of its last %(end_of)s.") % said
    if "start_of" in numbers and not numbers["whole"]:
        text = _(
            "%(series)s is measured on one batch at a time and jumps. So what is compared is the middle one of the first "
            "%(start_of)s values, the mean of %(best_of)s around the lowest place, and the mean of the last %(end_of)s."
        )
        return text % said
    if "start_of" in numbers:
        return _("%(series)s is measured on all of the validation data, once an epoch.") % said
    if code in ("told-apart", "guessing", "threshold", "lopsided") and numbers.get("rows") and numbers["largest"]:
        return (
            ngettext(
                "Right answers are counted on %(rows)s validation example; shares of classes are those in all of the data.",
                "Right answers are counted on %(rows)s validation examples; shares of classes are those in all of the data.",
                numbers["rows"],
            )
            % said
        )
    return ""
