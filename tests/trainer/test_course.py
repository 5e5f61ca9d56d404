"""Which validation examples a run looks at, and when."""

from __future__ import annotations

import pytest

from trainer.course import Course
from trainer.engines.interface import Example
from trainer.material import Classes, Material
from trainer.models import Job
from trainer.render import Lesson

CLASSES = Classes([" a", " b"], [(1,), (2,)], [" a"] * 40, None, [1.0])


def lessons(count: int) -> list[Lesson]:
    return [Lesson.of([Example((place,), (1,))], tokens=2, cut=False) for place in range(count)]


def course(batch_size: int = 1, *, training: int = 30, validation: int = 40, classes: Classes | None = None) -> Course:
    job = Job(seed=5, hyperparameters={"n_epochs": 2, "batch_size": batch_size, "learning_rate_multiplier": 0.1})
    return Course(job, Material(lessons(training), lessons(validation), classes))


def measured(plan: Course) -> list[int]:
    return [step for step in range(1, plan.total + 1) if plan.validation_batch(step)]


@pytest.mark.parametrize("batch_size", [1, 3])
def test_validation_is_measured_at_the_first_step_and_each_eighth_after_it_whatever_the_batch(batch_size: int) -> None:
    plan = course(batch_size)
    assert measured(plan) == list(range(1, plan.total + 1, 8))
    assert measured(course())[:4] == [1, 9, 17, 25]


def test_the_steps_that_measure_classes_leave_the_batch_out() -> None:
    plan = course(training=9, classes=CLASSES)
    assert plan.total == 18
    assert measured(plan) == [1, 17]


def test_a_validation_batch_is_as_large_as_a_training_batch_without_an_example_twice() -> None:
    batch = course(16).validation_batch(1)
    assert len({lesson.examples[0].prompt for lesson in batch}) == 16


def test_a_small_validation_set_is_looked_at_whole() -> None:
    assert len(course(16, validation=5).validation_batch(1)) == 5


def test_each_look_draws_other_examples_and_the_same_again_after_a_restart() -> None:
    plan = course(8)
    assert plan.validation_batch(1) != plan.validation_batch(9)
    assert plan.validation_batch(9) == course(8).validation_batch(9)


def test_nothing_is_measured_without_validation_data() -> None:
    assert measured(course(validation=0)) == []
