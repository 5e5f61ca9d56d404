from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from datasets import examine as module
from datasets.examine import MAX_LABEL, examine
from datasets.infer import MAX_CLASSES
from tests.datasets.made import pairs, report


def test_numbers_are_those_of_the_rows() -> None:
    rows = [(f"text {number} ->", " yes" if number % 2 else " no") for number in range(10)]
    numbers = report([*rows, rows[0]], count_tokens=True).numbers()
    assert {key: numbers[key] for key in ("rows", "unique", "task", "classes", "separator", "ending", "fewest")} == {
        "rows": 11,
        "unique": 10,
        "task": "classification",
        "classes": 2,
        "separator": " ->",
        "ending": "",
        "fewest": 5,
    }
    assert numbers["tokens"] == 11 * numbers["longest"]


def test_rows_go_by_once_unless_a_mark_became_shorter_on_the_way() -> None:
    passes: list[int] = []

    def rows(texts: list[str]) -> Any:
        def fresh() -> Iterator[tuple[int, dict[str, str]]]:
            passes.append(1)
            return iter(list(enumerate(pairs((text, "x") for text in texts))))

        return fresh

    examine(rows([f"{number} ->" for number in range(3000)]), format="prompt-completion", count_tokens=False)
    assert len(passes) == 1
    texts = ["a same ->"] * 1500 + [f"{number} ->" for number in range(3000)]
    found = examine(rows(texts), format="prompt-completion", count_tokens=False)
    assert len(passes) == 3
    assert found.separator == " ->"


def test_batches_do_not_change_what_is_found(monkeypatch: Any) -> None:
    rows = [(f"q {number % 50}", f"a {number % 7}") for number in range(300)]
    whole = [finding.to_json() for finding in report(rows).findings]
    monkeypatch.setattr(module, "BATCH", 7)
    assert [finding.to_json() for finding in report(rows).findings] == whole


def test_thousands_of_answers_are_no_labels_and_are_not_held_in_memory() -> None:
    rows = [(f"q {number}", f"a {number % (MAX_CLASSES + 1)}") for number in range(MAX_CLASSES * 4)]
    assert report(rows).facts.task == "generation"
    assert report(rows).facts.labels == {}


def test_a_long_completion_is_no_label() -> None:
    rows = [(f"q {number}", ("x" if number % 2 else "y") * (MAX_LABEL + 1)) for number in range(30)]
    assert report(rows).facts.task == "generation"


def test_no_rows_at_all_is_no_crash() -> None:
    assert examine(lambda: iter(()), format="prompt-completion").facts.rows == 0
