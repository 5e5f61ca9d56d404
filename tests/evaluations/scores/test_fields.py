"""Answers that hold fields."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scores import fields

OBJECTS = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.one_of(st.integers(), st.text(max_size=5), st.booleans(), st.none()),
    max_size=5,
)


@pytest.mark.parametrize(
    ("expected", "kind"),
    [
        (['{"name": "Ada"}', '{"name": "Bob", "age": 3}'], "json"),
        (["name: Ada\nage: 3", "name: Bob\nage: 4"], "pairs"),
        (["Ada\nLondon", "Bob\nParis\nSeine"], "lines"),
        (["A text of one line.", "Another one."], ""),
        (["A long story that goes on and on until its line is over at last, it seems.\nAnd " + "on " * 30] * 3, ""),
        (["", ""], ""),
        ([], ""),
        (["[1, 2]"], ""),
    ],
)
def test_what_answers_hold_is_seen_from_the_expected_ones(expected: list[str], kind: str) -> None:
    assert fields.kind(expected) == kind


@given(OBJECTS)
def test_an_object_agrees_with_itself_however_it_is_written(value: dict[str, object]) -> None:
    turned = json.dumps(dict(reversed(value.items())), indent=2)
    assert fields.matched(turned, json.dumps(value), "json") == 1.0
    assert fields.matched(f"```json\n{turned}\n```", json.dumps(value), "json") == 1.0


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["json", "pairs", "lines"]))
def test_anything_may_come(said: str, expected: str, kind: fields.Kind) -> None:
    assert 0 <= fields.matched(said, expected, kind) <= 1


@pytest.mark.parametrize(
    ("said", "expected", "kind", "score"),
    [
        ('{"name": "ada", "age": 3}', '{"name": "Ada", "age": 4}', "json", 0.5),
        ('{"name": "Ada"}', '{"name": "Ada", "age": 4}', "json", 2 / 3),
        ("I do not know", '{"name": "Ada"}', "json", 0.0),
        ('{"a": {"b": [1, 2]}}', '{"a": {"b": [2, 1]}}', "json", 1.0),
        ("Name: Ada\nAge: 3", "name: ada\nage: 4", "pairs", 0.5),
        ("London\nAda", "Ada\nLondon", "lines", 1.0),
        ("Ada", "Ada\nLondon", "lines", 2 / 3),
        ("", "", "lines", 1.0),
    ],
)
def test_the_share_of_fields_that_agree(said: str, expected: str, kind: fields.Kind, score: float) -> None:
    assert fields.matched(said, expected, kind) == pytest.approx(score)


def test_an_object_of_endless_depth_is_no_trouble() -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    assert fields.matched(deep, '{"a": 1}', "json") == 0.0
    assert fields.matched('{"a":' * 200 + "1" + "}" * 200, '{"a": 1}', "json") == 0.0
