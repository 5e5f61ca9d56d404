"""A classifier answers with one token: its labels have to differ in the first."""

from __future__ import annotations

import pytest

from tests.datasets.made import findings


def rows(*labels: str) -> list[tuple[str, str]]:
    return [(f"text {number}", f" {labels[number % len(labels)]}") for number in range(60 * len(labels))]


def test_short_labels_are_not_talked_about() -> None:
    assert "label-tokens" not in findings(rows("yes", "no"))
    assert "label-tokens" not in findings(rows("1", "2", "3"))


def test_labels_that_begin_with_the_same_token_cannot_be_told_apart() -> None:
    finding = findings(rows("not spam", "not sure", "spam"))["label-tokens"]
    assert (finding.severity, finding.count, finding.fix) == ("wait", 2, None)
    assert "“not spam”" in str(finding.why)
    assert "“spam”" not in str(finding.why)


def test_labels_of_several_tokens_that_begin_differently_are_only_mentioned() -> None:
    finding = findings(rows("unsatisfactory performance", "yes"))["label-tokens"]
    assert (finding.severity, finding.count) == ("info", 1)
    assert str(finding.title) == "1 class is longer than one token"


@pytest.mark.parametrize("written", ["yes", " yes", "  yes"])
def test_a_label_is_judged_as_it_will_be_trained(written: str) -> None:
    texts = [(f"text {number}", written if number % 2 else " no") for number in range(120)]
    assert "label-tokens" not in findings(texts)


def test_answers_that_are_no_classes_are_not_judged() -> None:
    assert "label-tokens" not in findings([(f"question {number}", f" a long answer {number}") for number in range(60)])
