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


def judged(rows: int = 100, classes: int = 2, *, prompts: bool = True, chosen: str = "", format: str = "x") -> infer.Judged:
    return infer.judge(format=format, rows=rows, classes=classes, prompts=prompts, chosen=chosen)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (judged(2000, 7), "only 7 different completions in 2000 rows"),
        (judged(2000, 900), "900 different completions in 2000 rows, too many"),
        (judged(2000, infer.MAX_CLASSES + 1), "more than 1000, or long ones"),
        (judged(2000, 1), "all completions are the same"),
        (judged(prompts=False), "no prompt holds any text"),
        (judged(format="chat"), "each row is a conversation"),
    ],
)
def test_each_task_is_explained(found: infer.Judged, why: str) -> None:
    assert why in str(found.why)


@pytest.mark.parametrize(
    ("found", "possible"),
    [
        (judged(), ("classification", "generation", "open-ended")),
        (judged(classes=1), ("generation", "open-ended")),
        (judged(5000, infer.MAX_CLASSES + 1), ("generation", "open-ended")),
        (judged(prompts=False), ("open-ended",)),
        (judged(format="chat"), ("chat",)),
    ],
)
def test_only_what_the_rows_can_be_may_be_chosen(found: infer.Judged, possible: tuple[str, ...]) -> None:
    assert found.possible == possible


def test_what_a_person_chose_comes_before_what_was_inferred() -> None:
    found = judged(2000, 7, chosen="generation")
    assert (found.task, found.inferred) == ("generation", "classification")
    assert "only 7 different completions" in str(found.why)


def test_a_choice_that_the_rows_cannot_be_waits() -> None:
    assert judged(prompts=False, chosen="classification").task == "open-ended"
    assert judged(format="chat", chosen="classification").task == "chat"
