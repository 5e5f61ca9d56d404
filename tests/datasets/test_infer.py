from __future__ import annotations

import pytest

from datasets import infer


@pytest.mark.parametrize(
    ("rows", "classes", "task"),
    [
        (100, 2, "classification"),
        (100, 33, "classification"),
        (100, 34, "generation"),
        (99, 33, "generation"),
        (100, 1, "generation"),
        (0, 0, "generation"),
        (10_000, infer.MAX_CLASSES, "classification"),
        (10_000, infer.MAX_CLASSES + 1, "generation"),
    ],
)
def test_fewer_answers_than_a_third_of_the_rows_make_a_classifier_but_one_class_is_none(
    rows: int, classes: int, task: str
) -> None:
    assert infer.task(format="prompt-completion", rows=rows, classes=classes, prompts=True) == task


def test_without_any_prompt_the_task_is_open_ended() -> None:
    assert infer.task(format="prompt-completion", rows=100, classes=2, prompts=False) == "open-ended"


def test_chat_is_chat() -> None:
    assert infer.task(format="chat", rows=100, classes=2, prompts=True) == "chat"
