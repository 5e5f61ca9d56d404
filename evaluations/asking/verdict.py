"""What an answer is worth: its label, the probability of each, whether it is right, and how good it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from openai_api.types import Token
from playground.answers import Answer
from playground.probabilities import class_bars

_AROUND = " \t\n\r.,;:!?\"'`*()[]"
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    text: str
    finish_reason: str = ""
    label: str = ""  # "": none of the known ones
    probabilities: Mapping[str, float] = field(default_factory=dict)
    right: bool | None = None
    quality: float | None = None


@dataclass(frozen=True)
class Classes:
    """The known labels: as the model writes them, and as people do."""

    spelled: Mapping[str, str]
    first: Callable[[str], str] | None = None  # the token that a label begins with, if we know the vocabulary
    likeliest_only: bool = False

    def label(self, text: str, probabilities: Mapping[str, float], begun: Mapping[str, str]) -> str:
        if self.likeliest_only and probabilities:
            return max(probabilities, key=lambda label: probabilities[label])
        return self._written(text) or begun.get(text, "")

    def seen(self, token: Token | None) -> tuple[dict[str, float], dict[str, str]]:
        """Each label's probability as reported, and which label each first token begins, where it begins only one."""
        if token is None:
            return {}, {}
        found = class_bars(token.alternatives, list(self.spelled), self.first)
        alone = [(bar, self.spelled[bar.names[0]]) for bar in found.rows if len(bar.names) == 1]
        probabilities = {label: bar.probability for bar, label in alone if bar.probability is not None}
        return probabilities, {bar.token: label for bar, label in alone}

    def _written(self, text: str) -> str:
        """The label that an answer consists of, whatever its case and the marks around it."""
        said = text.strip()
        plain = said.strip(_AROUND).casefold()
        exact = (label for label in self.spelled.values() if label == said)
        alike = [label for label in self.spelled.values() if label.strip(_AROUND).casefold() == plain]
        return next(exact, alike[0] if len(alike) == 1 else "")


def judged(answer: Answer, expected: str, classes: Classes | None, *, echoed: int = 0) -> Verdict:
    """Judge an answer against what is expected, "" where that is unknown."""
    sample = answer.in_order[0] if answer.in_order else None
    text, reason = (sample.text, sample.finish_reason or "") if sample else ("", "")
    wanted = expected.strip()
    if classes is None:
        right = text.strip() == wanted if wanted else None
        quality = overlap(text, wanted) if wanted else None
        return Verdict(text=text, finish_reason=reason, right=right, quality=quality)
    probabilities, begun = classes.seen(answer.deciding(echoed))
    label = classes.label(text, probabilities, begun)
    right = label == wanted if wanted else None
    quality = probabilities.get(wanted, 0.0) if probabilities else float(bool(right))
    return Verdict(
        text=text,
        finish_reason=reason,
        label=label,
        probabilities=probabilities,
        right=right,
        quality=quality if wanted else None,
    )


def overlap(text: str, wanted: str) -> float:
    """How much two texts have in common: the harmonic mean of the shares of common words, 0 to 1."""
    said, meant = (Counter(_WORDS.findall(one.casefold())) for one in (text, wanted))
    if not said or not meant:
        return float(text.strip() == wanted.strip())
    return 2 * (said & meant).total() / (said.total() + meant.total())
