"""What can be compared of runs: the metrics that any of them has, and whether their values may be ranked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from datasets.tokens import encoding_for
from finetunes import words
from finetunes.charts.plots import arrange, split
from finetunes.metrics import COUNTERS
from finetunes.models import FineTune

KNOWN = (
    "training_loss",
    "validation_loss",
    "full_validation_loss",
    "training_token_accuracy",
    "validation_token_accuracy",
    "full_validation_token_accuracy",
    "training_sequence_accuracy",
    "validation_sequence_accuracy",
    "full_validation_sequence_accuracy",
    "classification/accuracy",
    "classification/weighted_f1_score",
    "classification/f1.0",
)
"""In the order of the table, which has these and the one that is drawn."""
MOST_NAMES = 300
OPENAI = ("ada", "babbage", "curie", "davinci", "babbage-002", "davinci-002")

Key = Callable[[FineTune, str], Any]


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    label: str
    least_is_best: bool | None
    """None where nobody knows whether more or less is better."""

    @property
    def is_share(self) -> bool:
        return words.is_share(self.name)

    def show(self, value: float) -> str:
        return words.figure(self.name, value)


def measure(name: str) -> Measure:
    plot = arrange([name])[0]
    title, line = words.measure(plot), words.line(plot.lines[0].label)
    label = title if line in {name, title} else _("%(measure)s, %(part)s") % {"measure": title, "part": line}
    return Measure(name, label, _least_is_best(name))


def names(runs: Iterable[FineTune]) -> list[str]:
    """Return the metrics that any of these runs has, the best known first."""
    found = {name for one in runs for name in one.summary} - set(COUNTERS)
    known = [name for name in KNOWN if name in found]
    return (known + sorted(found - set(known)))[:MOST_NAMES]


def obstacle(name: str, runs: Sequence[FineTune]) -> str:
    """Say why these runs' values cannot be ranked; empty if they can."""
    for key, sentence in _conditions(name):
        keys = [key(one, name) for one in runs]
        if len({type(one) for one in keys}) > 1 or None in keys:
            return _("it is not known which data some of the runs were measured on")
        if any(one != keys[0] for one in keys):
            return sentence
    return ""


def _conditions(name: str) -> Iterable[tuple[Key, str]]:
    if split(name)[1] == "training":
        yield _training_data, _("the runs learned from different data")
    else:
        yield _validation_data, _("the runs were measured on different validation data")
    if name.startswith("classification/"):
        yield _classes, _("the runs were measured with another positive class or number of classes")
    if "loss" in name or "token_accuracy" in name:
        yield _tokenizer, _("the base models cut text into tokens in different ways")
    if "loss" in name:
        yield _prompt_weight, _("the prompt loss weights differ")
        yield _provider, _("it was computed by different providers, each of which may do it in its own way")


def _training_data(one: FineTune, name: str) -> Any:
    if one.training_version is not None:
        return one.training_version.training_sha256
    return (one.connection_id, one.training_file_id) if one.training_file_id else None


def _validation_data(one: FineTune, name: str) -> Any:
    version = one.training_version
    if version is not None and one.use_validation and version.validation_sha256:
        return version.validation_sha256
    return (one.connection_id, one.validation_file_id) if one.validation_file_id else None


def _classes(one: FineTune, name: str) -> Any:
    return [_setting(one, f"classification_{what}") for what in ("positive_class", "n_classes")]


def _prompt_weight(one: FineTune, name: str) -> Any:
    return [_setting(one, "prompt_loss_weight")]


def _provider(one: FineTune, name: str) -> Any:
    return one.connection.base_url


def _tokenizer(one: FineTune, name: str) -> Any:
    """Known of OpenAI's bases; of another, only that it is the same as itself."""
    base = one.base_model.removeprefix("ft:").split(":")[0]
    is_known = base in OPENAI or base.startswith(("gpt-", "chatgpt-", "o1", "o3", "o4"))
    return encoding_for(base) if is_known else base


def _setting(one: FineTune, name: str) -> Any:
    resolved = one.resolved.get(name)
    return one.hyperparameters.get(name) if resolved is None else resolved


def _least_is_best(name: str) -> bool | None:
    if "loss" in name:
        return True
    return False if words.is_share(name) or "reward" in name else None
