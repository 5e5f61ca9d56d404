"""What a job learns from: its files as tokens, checked against what it was asked to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from trainer import examples, render, tokens
from trainer.examples import BadFile, Chat, PromptCompletion
from trainer.models import File, Job
from trainer.render import Lesson

LEAST_EXAMPLES = 10
BEAT_EVERY = 500

Pairs = list[PromptCompletion | Chat]
Item = TypeVar("Item")


class Impossible(Exception):
    """The job cannot be done; the message is for the person who asked for it."""

    def __init__(self, message: str, *, code: str, param: str = "") -> None:
        super().__init__(message)
        self.message, self.code, self.param = message, code, param


@dataclass(frozen=True)
class Classes:
    names: list[str]
    tokens: list[tuple[int, ...]]
    true: list[str]
    """The class of each validation example."""
    positive: str | None
    betas: list[float]


@dataclass(frozen=True)
class Material:
    training: list[Lesson]
    validation: list[Lesson]
    classes: Classes | None

    @property
    def cut(self) -> int:
        return sum(lesson.cut for lesson in self.training + self.validation)


def read(job: Job, beat: Callable[[], None]) -> Material:
    """Return the job's material; `beat` is called now and then, because large files take their time."""
    training = _rows(job, job.training_file, "training_file", beat)
    validation = _rows(job, job.validation_file, "validation_file", beat) if job.validation_file else []
    _check_count(job, len(training))
    completions = [row.completion for row in training if isinstance(row, PromptCompletion)]
    closing = render.closing(completions, job.base) if completions else ()
    return Material(
        render.lessons(_beating(training, beat), job.base, closing),
        render.lessons(_beating(validation, beat), job.base, closing),
        _classes(job, completions, validation),
    )


def _rows(job: Job, file: File, param: str, beat: Callable[[], None]) -> Pairs:
    try:
        with file.path.open("rb") as lines:
            return list(_trainable(examples.read(_beating(lines, beat))))
    except FileNotFoundError:
        raise Impossible(f"The file {file.public_id} was deleted.", code="file_not_found", param=param) from None
    except BadFile as error:
        raise Impossible(f"{file.public_id}: {error}", code="invalid_file_format", param=param) from None


def _trainable(rows: Iterator[examples.Row]) -> Iterator[PromptCompletion | Chat]:
    for row in rows:
        if isinstance(row, examples.Preference):
            raise BadFile("Preference data cannot be trained on by supervised fine-tuning.")
        yield row


def _check_count(job: Job, count: int) -> None:
    if not job.legacy and count < LEAST_EXAMPLES:
        message = f"Training file has {count} example(s), but must have at least {LEAST_EXAMPLES} examples"
        raise Impossible(message, code="invalid_n_examples", param="training_file")


def _classes(job: Job, completions: list[str], validation: Pairs) -> Classes | None:
    asked = job.hyperparameters
    if not asked.get("compute_classification_metrics"):
        return None
    names = sorted(set(completions))
    _check_classes(job, names)
    true = [row.completion for row in validation if isinstance(row, PromptCompletion)]
    encoded = [tuple(tokens.encode(name, job.base.encoding)) for name in names]
    betas = asked.get("classification_betas") or [1.0]
    return Classes(names, encoded, true, asked.get("classification_positive_class"), betas)


def _check_classes(job: Job, names: list[str]) -> None:
    count, positive = (
        job.hyperparameters.get("classification_n_classes"),
        job.hyperparameters.get("classification_positive_class"),
    )
    if count is not None and count != len(names):
        raise Impossible(
            f"The number of classes in {job.training_file.public_id} ({len(names)}) does not match "
            f"the number of classes specified in the hyperparameters ({count}).",
            code="invalid_n_classes",
            param="classification_n_classes",
        )
    if positive is not None and positive not in names:
        raise Impossible(
            f'The positive class "{positive}" is no completion of {job.training_file.public_id}: '
            "it must be spelt as there, with its leading space.",
            code="invalid_positive_class",
            param="classification_positive_class",
        )


def _beating(items: Iterable[Item], beat: Callable[[], None]) -> Iterator[Item]:
    for place, item in enumerate(items):
        if place % BEAT_EVERY == 0:
            beat()
        yield item
