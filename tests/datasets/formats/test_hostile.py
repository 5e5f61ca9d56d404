"""Nothing in a file can crash a reader: it yields rows, or bad rows, or refuses in a sentence."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.formats import Options, columns, inspect
from tests.datasets import fuzz
from tests.datasets.fuzz import EVERY_KIND, Maker, failure, through
from tests.datasets.made import taken

SEED, INPUTS = 2026, 1_000  # for each kind


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_random_and_mutated_files_of_every_kind_are_survived(kind: str) -> None:
    assert [said for number in range(INPUTS) if (said := failure(kind, SEED, number))] == []


def test_the_same_seed_makes_the_same_file() -> None:
    first, second = (Maker("xlsx", 1, 7).made() for _turn in range(2))
    assert first == second != Maker("xlsx", 2, 7).made()


def test_a_reader_that_hangs_or_crashes_is_named_with_its_input(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_arguments: object) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzz, "through", hang)
    assert "TooSlow" in failure("csv", 1, 1, seconds=0.05)
    monkeypatch.setattr(fuzz, "through", lambda *_arguments: 1 / 0)
    assert "ZeroDivisionError" in failure("csv", 1, 1)


@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=10),
            st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=20), st.lists, max_leaves=5),
            max_size=4,
        ),
        max_size=5,
    )
)
@settings(max_examples=80, deadline=None)
def test_any_json_is_survived(rows: list[dict[str, Any]]) -> None:
    through(json.dumps(rows).encode(), "x.json")
    through("\n".join(json.dumps(row) for row in rows).encode(), "x.jsonl")


def test_a_key_without_a_name_is_no_column_and_its_row_is_read() -> None:
    file = io.BytesIO(b'[{"": 1, " ": 2, "prompt": "a", "completion": "b"}]')
    options = inspect(file, "x.json").options
    assert columns(file, options) == ["prompt", "completion"]
    assert taken(file.getvalue(), "x.json")[1] == []


def test_options_survive_being_stored() -> None:
    options = Options(kind="csv", encoding="utf-16", delimiter=";", sheet="x", header_row=0)
    assert Options.from_json(json.loads(json.dumps(vars(options)))) == options
