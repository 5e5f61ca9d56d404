"""How one model is asked the questions of an evaluation: what is sent for each, and what its answer is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import tiktoken

from datasets.models import Version
from datasets.tokens import encoding_for
from evaluations.asking.fitting import fitted
from evaluations.asking.verdict import Classes
from evaluations.models import Evaluation, Run
from openai_api.client import Client
from playground import compose, fill, labels, record
from playground.answers import Answer
from playground.ask import whole
from playground.pick import Picked, pick, trained_on
from playground.question import Question
from playground.speak import base_in

MOST_BIASES = 300
"""What a provider takes of them."""
LIKELIEST = 100


@dataclass(frozen=True)
class Way:
    picked: Picked
    labels: tuple[str, ...]  # known ones, without space around them; () unless it is a classification
    wish: str = Evaluation.Known.ANY

    @classmethod
    def of(cls, run: Run) -> Way:
        """How this run's model is asked; Http404 if it cannot be asked any more."""
        evaluation = run.evaluation
        picked = pick(evaluation.organization, run.key)
        return cls.to(picked, evaluation.labels, evaluation.known, None if picked.version else _like(evaluation))

    @classmethod
    def to(cls, picked: Picked, labels: Iterable[str], wish: str, like: Version | None) -> Way:
        """A model that was trained on nothing we know of is asked like those of `like`, so that all get the same."""
        target = replace(picked, version=like) if picked.version is None and like else picked
        return cls(target, tuple(labels), wish)

    @cached_property
    def classes(self) -> Classes | None:
        """The labels as the model writes them; None unless it is a classification."""
        likeliest_only = self.known == Evaluation.Known.NORMALIZE
        return Classes(self._spelled, self._first, likeliest_only=likeliest_only) if self.labels else None

    @cached_property
    def known(self) -> str:
        """How answers are kept to the labels: by a bias where each label is one token of a vocabulary that we know."""
        if not self.wish or not self.labels:
            return Evaluation.Known.ANY
        can_bias = self.wish == Evaluation.Known.BIAS and self._tokens
        return Evaluation.Known.BIAS if can_bias else Evaluation.Known.NORMALIZE

    def body(self, thread: list[dict[str, Any]]) -> dict[str, Any]:
        """Exactly what is sent for a question."""
        entered = record.entered(self.picked, thread) | {"temperature": 0} | self._also
        return fitted(compose.body(self.picked, entered), self.picked)

    def ask(self, client: Client, body: dict[str, Any]) -> Answer:
        return whole(Question(picked=self.picked, body=body), client)

    @cached_property
    def _also(self) -> dict[str, Any]:
        """What the playground's form does not fill in by itself."""
        also: dict[str, Any] = {}
        if not self.picked.labels:
            also |= self._probabilities if self.labels and self._first else {}
            also["max_tokens"] = max(fill.ANSWER_TOKENS, 2 * self._longest_trained)
        elif self._share_a_token:
            also["max_tokens"] = self._longest
        if self.known == Evaluation.Known.NORMALIZE and (self.picked.labels or self._first):
            also |= self._all_probabilities
        if self.known == Evaluation.Known.BIAS:
            also |= {"max_tokens": 1, "logit_bias": dict.fromkeys(map(str, self._tokens), LIKELIEST)}
        return also

    @property
    def _probabilities(self) -> dict[str, Any]:
        """Ask for the tokens beside the chosen one, of a model that nobody has told to classify."""
        if self.picked.is_chat:
            return {"logprobs": True, "top_logprobs": min(fill.MOST_TOP_LOGPROBS, max(2, len(self.labels)))}
        return {"logprobs": min(fill.MOST_LOGPROBS, max(2, len(self.labels)))}

    @property
    def _all_probabilities(self) -> dict[str, Any]:
        """As many tokens as there can be: a label that is not among them cannot be the likeliest."""
        if self.picked.is_chat:
            return {"logprobs": True, "top_logprobs": fill.MOST_TOP_LOGPROBS}
        return {"logprobs": fill.MOST_LOGPROBS}

    @property
    def _longest_trained(self) -> int:
        """Tokens of the longest answer that it was trained on, 0 if that is unknown."""
        counted = self.picked.version.tokens if self.picked.version else {}
        return max((int(counts.get("answer", 0)) for counts in counted.values()), default=0)

    @property
    def _spelled(self) -> dict[str, str]:
        """Each label as the model was trained to write it: {" hockey": "hockey"}."""
        trained = {} if self.picked.is_chat else {label.strip(): label for label in self.picked.labels}
        space = " " if trained and all(label.startswith(" ") for label in trained.values()) else ""
        return {trained.get(label, space + label): label for label in self.labels}

    @cached_property
    def _first(self) -> Callable[[str], str] | None:
        first = labels.first_token(self.picked.base_model)
        return cache(first) if first else None

    @property
    def _encoding(self) -> tiktoken.Encoding:
        return tiktoken.get_encoding(encoding_for(base_in(self.picked.base_model)))

    @cached_property
    def _tokens(self) -> list[int]:
        """The number of each label's one token; [] if a label has more, or the vocabulary is not ours to know."""
        if self._first is None or len(self.labels) > MOST_BIASES:
            return []
        found = [self._encoding.encode_ordinary(label) for label in self._spelled]
        numbers = [tokens[0] for tokens in found if len(tokens) == 1]
        return numbers if len(set(numbers)) == len(found) else []

    @property
    def _share_a_token(self) -> bool:
        """Whether several labels begin alike, so that one token does not tell them apart."""
        return self._first is not None and len(set(map(self._first, self._spelled))) < len(self._spelled)

    @property
    def _longest(self) -> int:
        return max(len(self._encoding.encode_ordinary(label)) for label in self._spelled)


def trained_labels(versions: Iterable[Version | None]) -> list[str]:
    """The labels that models were trained on, without space around them."""
    classifiers = (version for version in versions if version is not None and version.is_classifier)
    found = (label.strip() for version in classifiers for label in version.labels)
    return list(dict.fromkeys(label for label in found if label))


def versions_of(evaluation: Evaluation) -> list[Version]:
    """The data that is asked, and that its models were trained on."""
    runs = evaluation.runs.select_related("model__version__dataset", "model__fine_tune")
    versions = [evaluation.version, *(trained_on(run.model) for run in runs if run.model)]
    return [version for version in versions if version]


def _like(evaluation: Evaluation) -> Version | None:
    return next(iter(versions_of(evaluation)), None)
