"""The plan of a run: which examples at which step, which validation examples, which columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trainer import table
from trainer.material import Material
from trainer.models import Job
from trainer.render import Lesson

VALIDATE_EVERY = 8


@dataclass(frozen=True)
class Course:
    job: Job
    material: Material

    @property
    def epochs(self) -> int:
        return int(self.job.hyperparameters["n_epochs"])

    @property
    def batch_size(self) -> int:
        return int(self.job.hyperparameters["batch_size"])

    @property
    def rate(self) -> float:
        return float(self.job.hyperparameters["learning_rate_multiplier"])

    @property
    def prompt_loss_weight(self) -> float:
        return float(self.job.hyperparameters.get("prompt_loss_weight") or 0.0)

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.material.training) // self.batch_size)

    @property
    def total(self) -> int:
        return self.epochs * self.steps_per_epoch

    @cached_property
    def columns(self) -> list[str]:
        if not self.job.legacy:
            return table.JOBS
        classes = self.material.classes
        return table.legacy_columns(
            validation=bool(self.material.validation),
            classification=classes is not None,
            positive=classes.positive if classes else None,
            betas=classes.betas if classes else [],
        )

    def batches(self, epoch: int) -> Iterator[list[Lesson]]:
        """Yield the epoch's batches, in an order that the seed decides."""
        order = np.random.default_rng([self.job.seed, epoch]).permutation(len(self.material.training))
        for start in range(0, len(order), self.batch_size):
            yield [self.material.training[place] for place in order[start : start + self.batch_size]]

    def validation_batch(self, step: int) -> list[Lesson]:
        """Return the validation examples that the step is measured on: none on most steps."""
        if not self.material.validation or (step - 1) % VALIDATE_EVERY or self._measures_classes(step):
            return []
        places = np.random.default_rng([self.job.seed, step, 1]).permutation(len(self.material.validation))
        return [self.material.validation[place] for place in places[: self.batch_size]]

    def ends_epoch(self, step: int) -> bool:
        return step % self.steps_per_epoch == 0

    def _measures_classes(self, step: int) -> bool:
        return self.material.classes is not None and self.ends_epoch(step)
