"""Results files of every era are read by name, and nothing in them is taken for what it is not."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetunes import metrics

LEGACY = b"step,elapsed_tokens,elapsed_examples,training_loss,training_sequence_accuracy,training_token_accuracy"
VALIDATION = b",validation_loss,validation_sequence_accuracy,validation_token_accuracy"


def points(series: metrics.Series) -> dict[int, float]:
    return dict(zip(series.steps.tolist(), series.values.tolist(), strict=True))


class TestLegacyFiles:
    def test_a_plain_file(self) -> None:
        found = metrics.parse(LEGACY + b"\n1,561,1,1.5695,0.0,0.4873\n2,1074,2,1.4061,0.0,0.4867\n")
        assert points(found["training_loss"]) == {1: 1.5695, 2: 1.4061}
        assert points(found["elapsed_tokens"]) == {1: 561, 2: 1074}
        assert points(found["training_sequence_accuracy"]) == {1: 0.0, 2: 0.0}

    def test_multiclass_columns_are_filled_at_the_end_of_an_epoch(self) -> None:
        header = LEGACY + VALIDATION + b",classification/accuracy,classification/weighted_f1_score\n"
        rows = (
            b"1,2064,16,0.412,0.25,0.31,0.398,0.3125,0.35,,\n"
            b"2,4128,32,0.377,0.3125,0.40,,,,,\n"
            b"563,1162032,9000,0.031,0.9375,0.94,,,,0.871,0.8693\n"
        )
        found = metrics.parse(header + rows)
        assert points(found["validation_loss"]) == {1: 0.398}
        assert points(found["classification/accuracy"]) == {563: 0.871}
        assert points(found["classification/weighted_f1_score"]) == {563: 0.8693}
        assert len(found["training_loss"]) == 3

    @pytest.mark.parametrize(
        "header",
        [
            b"step,training_loss,validation_loss,classification/f1.0",
            b"classification/f1.0,validation_loss,training_loss,step",
            b" Step ,training_loss,validation_loss,classification/f1.0",
        ],
    )
    def test_columns_are_read_by_name_in_any_order(self, header: bytes) -> None:
        names = [name.strip().decode() for name in header.split(b",")]
        values = {"step": "7", "Step": "7", "training_loss": "0.5", "validation_loss": "0.25", "classification/f1.0": "0.75"}
        found = metrics.parse(header + b"\n" + ",".join(values[name] for name in names).encode() + b"\n")
        assert {name: points(series) for name, series in found.items()} == {
            "training_loss": {7: 0.5},
            "validation_loss": {7: 0.25},
            "classification/f1.0": {7: 0.75},
        }


class TestCurrentFiles:
    def test_names_that_mean_the_same_are_one_series(self) -> None:
        found = metrics.parse(b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,2.5,0.1,2.4,0.2\n")
        assert set(found) == {"training_loss", "training_token_accuracy", "validation_loss", "validation_token_accuracy"}

    def test_the_other_spelling_and_the_whole_validation_set(self) -> None:
        header = (
            b"step,train_mean_token_accuracy,validation_mean_token_accuracy,full_valid_loss,full_valid_mean_token_accuracy\n"
        )
        found = metrics.parse(header + b"3,0.5,0.4,1.5,0.6\n")
        assert set(found) == {
            "training_token_accuracy",
            "validation_token_accuracy",
            "full_validation_loss",
            "full_validation_token_accuracy",
        }

    def test_tiny_numbers_in_e_notation(self) -> None:
        assert points(metrics.parse(b"step,train_loss\n1,6e-05\n")["training_loss"]) == {1: 6e-05}


class TestMissingAndOdd:
    @pytest.mark.parametrize("cell", [b"", b" ", b"-1", b"-1.0", b"nan", b"NaN", b"null", b"n/a", b"inf"])
    def test_what_is_no_loss_is_missing(self, cell: bytes) -> None:
        found = metrics.parse(b"step,training_loss\n1," + cell + b"\n2,0.5\n")
        assert points(found["training_loss"]) == {2: 0.5}

    def test_a_reward_may_be_minus_one(self) -> None:
        assert points(metrics.parse(b"step,train_mean_reward\n1,-1\n")["train_mean_reward"]) == {1: -1.0}

    def test_a_column_without_values_is_left_out(self) -> None:
        assert set(metrics.parse(b"step,train_loss,valid_loss\n1,0.5,\n2,0.4,\n")) == {"training_loss"}

    def test_unknown_columns_are_kept_by_their_name(self) -> None:
        assert points(metrics.parse(b"step,grad_norm\n1,3.5\n")["grad_norm"]) == {1: 3.5}

    def test_a_name_holds_nothing_that_a_database_refuses(self) -> None:
        assert set(metrics.parse(b"step,grad\x00_norm\n1,3.5\n")) == {"grad_norm"}

    def test_of_a_step_given_twice_the_last_value_stays(self) -> None:
        assert points(metrics.parse(b"step,train_loss\n1,0.9\n2,0.8\n1,0.7\n")["training_loss"]) == {1: 0.7, 2: 0.8}

    def test_steps_out_of_order_are_sorted(self) -> None:
        assert metrics.parse(b"step,train_loss\n3,3\n1,1\n2,2\n")["training_loss"].steps.tolist() == [1, 2, 3]

    def test_windows_line_ends_a_byte_order_mark_and_a_missing_last_line_end(self) -> None:
        found = metrics.parse(b"\xef\xbb\xbfstep,train_loss\r\n1,0.5\r\n2,0.25")
        assert points(found["training_loss"]) == {1: 0.5, 2: 0.25}

    def test_a_truncated_last_row_counts_as_far_as_it_goes(self) -> None:
        found = metrics.parse(b"step,train_loss,valid_loss\n1,0.5,0.6\n2,0.4")
        assert points(found["training_loss"]) == {1: 0.5, 2: 0.4}
        assert points(found["validation_loss"]) == {1: 0.6}

    def test_a_row_that_is_too_long_does_no_harm(self) -> None:
        assert points(metrics.parse(b"step,train_loss\n1,0.5,9,9\n2,0.4\n")["training_loss"]) == {1: 0.5, 2: 0.4}

    def test_a_file_with_a_header_only_has_no_series(self) -> None:
        assert metrics.parse(b"step,train_loss\n") == {}

    def test_a_file_without_steps_counts_its_rows(self) -> None:
        assert points(metrics.parse(b"train_loss,valid_loss\n0.5,0.6\n0.4,0.5\n")["training_loss"]) == {1: 0.5, 2: 0.4}

    def test_two_columns_of_one_meaning_are_one_series(self) -> None:
        found = metrics.parse(b"step,train_loss,training_loss\n1,0.5,\n2,,0.25\n")
        assert points(found["training_loss"]) == {1: 0.5, 2: 0.25}

    @pytest.mark.parametrize(
        "data", [b"", b"\n\n", b"<html><body>Not found</body></html>", b'{"error": "gone"}', b"\x00\x01\x02"]
    )
    def test_what_is_no_table_of_steps_is_refused_with_a_sentence(self, data: bytes) -> None:
        with pytest.raises(metrics.Unreadable) as caught:
            metrics.parse(data)
        assert str(caught.value).endswith(".")


class TestEvents:
    def test_metrics_of_an_event(self) -> None:
        data = {"step": 3, "total_steps": 9, "train_loss": 0.5, "train_mean_token_accuracy": 0.75}
        assert metrics.of_event(data) == (3, {"training_loss": 0.5, "training_token_accuracy": 0.75})

    @pytest.mark.parametrize(
        "data", [None, {}, {"train_loss": 1.0}, {"step": "3"}, {"step": True}, {"step": float("nan")}, {"step": 1e300}]
    )
    def test_without_a_step_there_is_nothing(self, data: dict[str, object] | None) -> None:
        assert metrics.of_event(data) is None

    def test_what_is_no_number_is_left_out(self) -> None:
        data = {"step": 1, "train_loss": "low", "usage": {"tokens": 3}, "valid_loss": float("inf"), "ok": True, "x": 2}
        assert metrics.of_event(data) == (1, {"x": 2.0})


class TestMerge:
    def test_the_new_value_wins_where_both_have_a_step(self) -> None:
        old, new = metrics.series([1, 2, 3], [1, 2, 3]), metrics.series([2, 4], [20, 40])
        assert points(metrics.merge(old, new)) == {1: 1, 2: 20, 3: 3, 4: 40}

    def test_merging_the_same_again_changes_nothing(self) -> None:
        one = metrics.series([1, 2], [1, 2])
        assert points(metrics.merge(metrics.merge(one, one), one)) == points(one)


cells = st.one_of(
    st.just(""),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    st.integers(-5, 5).map(str),
    st.just("x"),
)


@given(rows=st.lists(st.tuples(st.integers(-3, 40), cells, cells), max_size=40))
def test_any_file_is_read_as_a_patient_person_would(rows: list[tuple[int, str, str]]) -> None:
    """The oracle reads row by row with Python's csv; the parser must say the same."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("step", "train_loss", "reward"), *rows])
    expected: dict[str, dict[int, float]] = {"training_loss": {}, "reward": {}}
    for step, loss, reward in rows:
        for name, cell in (("training_loss", loss), ("reward", reward)):
            try:
                value = float(cell)
            except ValueError:
                continue
            if math.isfinite(value) and not (value == -1 and name == "training_loss"):
                expected[name][step] = value
    found = {name: points(series) for name, series in metrics.parse(out.getvalue().encode()).items()}
    assert found == {name: values for name, values in expected.items() if values}


@given(data=st.binary(max_size=300))
def test_no_bytes_whatever_crash_it(data: bytes) -> None:
    try:
        found = metrics.parse(data)
    except metrics.Unreadable:
        return
    for series in found.values():
        assert np.isfinite(series.values).all()
        assert (np.diff(series.steps) > 0).all()
