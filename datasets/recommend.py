"""What a version's task and figures advise for training on it and for asking the model later, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from datasets.checks.separator import visible
from datasets.infer import CHAT, OPEN_ENDED, PREFERENCE
from datasets.models import Version
from datasets.purposes import Purpose, of_columns
from datasets.words import Sentence
from datasets.words import gettext_noop as _

BASES = {"ada": ("ada", "babbage-002"), "curie": ("curie", "davinci-002")}  # the size as both generations call it
CLASSIFIER_EPOCHS, TEXT_EPOCHS, MANY_TEXTS = 4, 2, 10_000
LOWER_RATES = ((2_000, 0.025), (32_000, 0.05))  # half of what is usual up to so many rows
LOWEST_OF_LARGE = 0.1
MOST_LOGPROBS = 5


@dataclass(frozen=True, kw_only=True)
class Advice:
    name: str  # as the API calls it
    title: Sentence
    value: str | int | float | bool
    why: Sentence

    @property
    def shown(self) -> str:
        if isinstance(self.value, bool):
            return ""
        return f"“{visible(str(self.value))}”" if self.name in AS_WRITTEN else str(self.value)


AS_WRITTEN = ("stop", "classification_positive_class")


def purpose_of(version: Version) -> Purpose | None:
    """The purpose whose spreadsheet was filled in, if its rows have become what it is for."""
    purpose = of_columns(version.dataset.layout.get("columns", []))
    return purpose if purpose and purpose.is_classifier == version.is_classifier else None


def bases(version: Version) -> tuple[str, ...]:
    """Names of the advised base, the best first; none for conversations, whose bases each provider calls otherwise."""
    if version.task in (CHAT, PREFERENCE):
        return ()
    purpose = purpose_of(version)
    return BASES[purpose.base if purpose else "ada" if version.is_classifier else "curie"]


def for_training(version: Version) -> list[Advice]:
    """What is advised for `POST /v1/fine-tunes`; for conversations the provider's own choice is the best to begin with."""
    if version.task in (CHAT, PREFERENCE):
        return [
            Advice(
                name="n_epochs",
                title=_("Epochs"),
                value="auto",
                why=_("The provider chooses by the number of conversations; change it once you have seen a result."),
            )
        ]
    return [_base(version), _epochs(version), *(_metrics(version) if version.is_classifier else [_rate(version)])]


def for_use(version: Version) -> list[Advice]:
    """What to ask with once the model is there."""
    return [*_stop(version), *_room(version), *_probabilities(version)]


def _base(version: Version) -> Advice:
    purpose = purpose_of(version)
    if purpose:
        why = _("Advised for “%(purpose)s”.", purpose=str(purpose.title))
    elif version.is_classifier:
        why = _("The smallest base does nearly as well as the largest at telling classes apart, and is the quickest.")
    else:
        why = _("Writing takes a larger base than telling classes apart.")
    return Advice(name="model", title=_("Base model"), value=bases(version)[0], why=why)


def _epochs(version: Version) -> Advice:
    if version.is_classifier:
        value, why = CLASSIFIER_EPOCHS, _("Classes are learned by seeing each example several times.")
    elif version.training_rows > MANY_TEXTS:
        value, why = 1, _("With so many texts, seeing each of them once is enough.")
    else:
        value, why = TEXT_EPOCHS, _("One or two epochs: texts are learned by heart when they are shown more often.")
    if (purpose := purpose_of(version)) and version.training_rows <= MANY_TEXTS:
        value = purpose.epochs
    return Advice(name="n_epochs", title=_("Epochs"), value=value, why=why)


def _rate(version: Version) -> Advice:
    lower = next((rate for most, rate in LOWER_RATES if version.training_rows < most), LOWEST_OF_LARGE)
    why = _("Half of what is usual for this many rows, so that the base's own way of writing is not overrun.")
    return Advice(name="learning_rate_multiplier", title=_("Learning rate multiplier"), value=lower, why=why)


def _metrics(version: Version) -> Iterator[Advice]:
    title = _("Classification metrics")
    if not version.validation_rows:
        why = _("They are measured on validation rows, and this version has none. Make one that keeps some.")
        yield Advice(name="compute_classification_metrics", title=title, value=False, why=why)
        return
    if len(version.labels) < 2:
        return
    why = _("The answers are classes, so it can be counted how many are right after each epoch.")
    yield Advice(name="compute_classification_metrics", title=title, value=True, why=why)
    if len(version.labels) == 2:
        why = _("With two classes, precision and recall are about one of them: the more frequent, unless you choose.")
        yield Advice(name="classification_positive_class", title=_("Positive class"), value=version.labels[0], why=why)
    else:
        why = _("So many different completions were found.")
        yield Advice(name="classification_n_classes", title=_("Number of classes"), value=len(version.labels), why=why)


def _stop(version: Version) -> Iterator[Advice]:
    if version.ending and not version.is_classifier:
        why = _("Every completion ends with it, so the model has learned to stop there.")
        yield Advice(name="stop", title=_("Stop sequence"), value=version.ending, why=why)


def _room(version: Version) -> Iterator[Advice]:
    longest = max((counts.get("answer", 0) for counts in version.tokens.values()), default=0)
    if not longest or version.task == OPEN_ENDED:
        return
    if version.is_classifier and longest == 1:
        why = _("Each class is one token.")
    else:
        why = _("The longest completion has so many tokens.")
    yield Advice(name="max_tokens", title=_("Longest answer, in tokens"), value=longest, why=why)


def _probabilities(version: Version) -> Iterator[Advice]:
    if version.is_classifier and len(version.labels) > 1:
        why = _("The probability of each class tells how certain the model is.")
        value = min(len(version.labels), MOST_LOGPROBS)
        yield Advice(name="logprobs", title=_("Probabilities shown"), value=value, why=why)
