from __future__ import annotations

import pytest

from datasets.enough import meter


@pytest.mark.parametrize(
    ("task", "rows", "labels", "share", "severity"),
    [
        ("classification", 300, {"a": 200, "b": 100}, 100, "good"),
        ("classification", 130, {"a": 100, "b": 30}, 65, "wait"),
        ("classification", 4, {"a": 2, "b": 2}, 2, "bad"),
        ("generation", 500, {}, 100, "good"),
        ("generation", 250, {}, 50, "wait"),
        ("open-ended", 5, {}, 1, "bad"),
        ("chat", 50, {}, 100, "good"),
        ("chat", 1_000_000, {}, 100, "good"),
        ("chat", 10, {}, 20, "wait"),
        ("generation", 0, {}, 0, "bad"),
    ],
)
def test_the_share_of_what_is_advised(task: str, rows: int, labels: dict[str, int], share: int, severity: str) -> None:
    found = meter(task, rows, labels)
    assert (found.share, found.severity) == (share, severity)


def test_the_rarest_class_is_named() -> None:
    assert str(meter("classification", 131, {" billing": 100, " legal": 31}).why) == (
        "1 of 2 classes have 100 examples or more; “legal” has 31."
    )


def test_many_examples_of_one_class_do_not_make_up_for_few_of_another() -> None:
    assert meter("classification", 100_010, {"a": 100_000, "b": 10}).share == 55
