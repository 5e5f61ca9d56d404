from __future__ import annotations

import math
from typing import Any

import pytest

from playground.probabilities import bars
from playground.threshold import decision

LABELS = [" yes", " no"]


def decided(reported: dict[str, float], *, limit: Any = 0.41, label: str = "yes", labels: list[str] | None = None) -> str:
    found = bars([(token, math.log(part)) for token, part in reported.items()], labels or LABELS, lambda label: label[:4])
    return decision({"label": label, "threshold": limit, "evaluation": 7}, found)


@pytest.mark.parametrize(
    ("reported", "sentence"),
    [
        ({" yes": 0.55, " no": 0.45}, "yes at 0.41 or more: here 0.55, so yes."),
        ({" yes": 0.42, " no": 0.58}, "yes at 0.41 or more: here 0.42, so yes."),
        ({" yes": 0.3, " no": 0.7}, "yes at 0.41 or more: here 0.30, so no."),
        ({" yes": 0.409, " no": 0.591}, "yes at 0.410 or more: here 0.409, so no."),
        ({" yes": 0.3, " no": 0.4}, "yes at 0.41 or more: here 0.43, so yes."),
        ({" no": 0.9, " maybe": 0.02}, "yes at 0.41 or more: here at most 0.02, so no."),
        (
            {" no": 0.5, " maybe": 0.45},
            "yes at 0.41 or more: its probability was not reported here, so this cannot be told.",
        ),
        ({" maybe": 0.9}, "yes at 0.41 or more: its probability was not reported here, so this cannot be told."),
    ],
)
def test_the_kept_limit_decides_and_not_the_likeliest(reported: dict[str, float], sentence: str) -> None:
    assert decided(reported) == sentence


@pytest.mark.parametrize(("chance", "end"), [(0.7, "so yes."), (0.5, "so a person decides."), (0.1, "so no.")])
def test_between_two_limits_a_person_decides(chance: float, end: str) -> None:
    found = bars([(" yes", math.log(chance)), (" no", math.log(1 - chance))], LABELS)
    assert decision({"label": "yes", "threshold": 0.6, "low": 0.3}, found).endswith(end)


def test_the_limit_itself_counts() -> None:
    assert decided({" yes": 0.5, " no": 0.5}, limit=0.5).endswith("so yes.")


def test_of_several_others_the_likeliest_is_named() -> None:
    said = decided({" yes": 0.2, " no": 0.3, " may": 0.4}, labels=[" yes", " no", " may"])
    assert said.endswith("here 0.22, so may.")


def test_a_limit_for_the_unlikelier_label_is_obeyed_too() -> None:
    assert decided({" yes": 0.8, " no": 0.2}, label="no", limit=0.1) == "no at 0.10 or more: here 0.20, so no."


def test_labels_that_begin_alike_cannot_be_told_apart() -> None:
    said = decided({" yes": 0.8, " no": 0.2}, label="yes", labels=[" yes", " yester", " no"])
    assert "cannot be told" in said


@pytest.mark.parametrize("kept", [{}, {"label": "yes"}, {"label": "", "threshold": 0.4}, {"label": "yes", "threshold": "x"}])
def test_without_a_limit_nothing_is_said(kept: dict[str, Any]) -> None:
    assert decision(kept, bars([(" yes", -0.1)], LABELS)) == ""


def test_without_probabilities_nothing_is_said() -> None:
    assert decision({"label": "yes", "threshold": 0.4}, None) == ""
