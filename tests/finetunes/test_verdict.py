"""Verdicts on runs whose course is known, and on real ones: what is found, and how seldom what is not there."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetunes import metrics
from finetunes.metrics import Series, series
from finetunes.verdict.curve import curve, rank
from finetunes.verdict.judge import ORDER, judge, to_json
from finetunes.verdict.run import Finding, Run
from tests.finetunes import planted
from tests.finetunes.planted import classified, run

ALARMS = {"over-fitting", "by-heart", "nothing-learned", "diverged", "loss-lost", "spikes", "improving"}
REAL = Path(__file__).parent / "results"


def codes(one: Run) -> list[str]:
    return [finding.code for finding in judge(one)]


def found(one: Run, code: str) -> dict[str, Any]:
    return next(finding.numbers for finding in judge(one) if finding.code == code)


def course_of(one: Run) -> Finding:
    return judge(one)[0]


class TestFalseAlarms:
    @pytest.mark.parametrize("noise", [planted.gaussian, planted.skewed])
    def test_of_hundreds_of_good_runs_hardly_one_is_called_anything_else(self, noise: Any) -> None:
        lengths = (200, 800, 2400)
        said = Counter(
            code for seed in range(200) for code in codes(run(seed, planted.good, noise=noise, steps=lengths[seed % 3]))
        )
        assert sum(said[code] for code in ALARMS) <= 2, said

    def test_of_good_runs_measured_once_an_epoch_none_is_called_anything_else(self) -> None:
        said = Counter(
            code for seed in range(200) for code in codes(run(seed, planted.good, whole=True, epochs=3 + seed % 8))
        )
        assert sum(said[code] for code in ALARMS) <= 2, said

    def test_of_runs_that_learn_nothing_hardly_one_is_called_learned(self) -> None:
        said = Counter(course_of(run(seed, planted.flat)).code for seed in range(200))
        assert sum(said[code] for code in ("learned", "stopped", "improving", "over-fitting")) <= 2, said


class TestCourse:
    @pytest.mark.parametrize("noise", [planted.gaussian, planted.skewed])
    def test_over_fitting_is_seen_in_nearly_every_run_that_does(self, noise: Any) -> None:
        said = Counter(course_of(run(seed, planted.rising, planted.memorized, noise=noise)).code for seed in range(60))
        assert said["over-fitting"] >= 54, said

    def test_it_names_the_place_where_held_out_data_did_best(self) -> None:
        numbers = course_of(run(3, planted.rising, planted.memorized, noise=planted.gaussian)).numbers
        assert 1600 / 8 < numbers["best_step"] < 1600 / 2
        assert numbers["best_epochs"] in (1, 2)
        assert numbers["best"] < numbers["end"] < numbers["start"]
        assert numbers["best_step"] <= numbers["good_until"] < 1600 * 0.8

    def test_once_an_epoch_three_measurements_are_enough(self) -> None:
        finding = course_of(run(1, planted.rising, planted.memorized, whole=True, epochs=3))
        assert (finding.code, finding.numbers["best_epochs"], finding.numbers["whole"]) == ("over-fitting", 1, True)

    def test_one_that_is_best_when_it_is_first_measured_says_so(self) -> None:
        def worse(x: planted.Values) -> planted.Values:
            return 0.8 + 0.4 * x

        finding = course_of(run(1, worse, planted.memorized, whole=True))
        assert (finding.code, finding.numbers["at_once"], finding.numbers["best_epochs"]) == ("over-fitting", True, 1)

    def test_a_loss_that_settles_early_says_how_many_epochs_were_enough(self) -> None:
        said = [course_of(run(seed, planted.good, noise=planted.gaussian)) for seed in range(40)]
        settled = [one.numbers["enough_epochs"] for one in said if one.code == "stopped"]
        assert len(settled) >= 32
        assert np.median(settled) == 1

    def test_one_that_still_falls_is_still_improving(self) -> None:
        said = Counter(course_of(run(seed, planted.falling, noise=planted.gaussian)).code for seed in range(40))
        assert said["improving"] >= 36, said

    def test_a_curve_that_stays_where_it_was_learned_nothing(self) -> None:
        said = Counter(course_of(run(seed, planted.flat, noise=planted.gaussian)).code for seed in range(40))
        assert said["nothing-learned"] >= 38, said

    def test_one_that_only_falls_on_its_own_examples_learned_by_heart(self) -> None:
        said = Counter(course_of(run(seed, planted.flat, planted.memorized)).code for seed in range(40))
        assert said["by-heart"] >= 36, said

    def test_one_that_loses_what_it_had_learned_came_apart(self) -> None:
        said = Counter(course_of(run(seed, planted.exploding)).code for seed in range(40))
        assert said["diverged"] >= 39, said

    def test_a_loss_that_is_no_number_any_more_is_seen_by_the_counters_that_go_on(self) -> None:
        whole = run(1, None)
        steps, values = whole.series["training_loss"].steps, whole.series["training_loss"].values
        cut = {**whole.series, "training_loss": Series(steps[:900], values[:900])}
        finding = course_of(replace(whole, series=cut))
        assert (finding.code, finding.numbers["step"], finding.numbers["end"]) == ("loss-lost", 900, 1600)

    def test_a_loss_that_was_low_from_the_beginning_was_known_before(self) -> None:
        low = run(1, lambda x: np.full_like(x, 0.01), noise=planted.gaussian)
        assert course_of(low).code == "known-before"

    def test_without_validation_it_goes_by_training_and_says_what_that_leaves_open(self) -> None:
        said = judge(run(1, None, planted.good, noise=planted.gaussian, validation_examples=0))
        assert [one.code for one in said] == ["learned", "no-validation"]
        assert said[0].numbers["name"] == "training_loss"

    @pytest.mark.parametrize("count", [1, 5, 11])
    def test_with_a_handful_of_steps_nothing_is_claimed(self, count: int) -> None:
        few = Run(status="succeeded", series={"training_loss": series(range(1, count + 1), [2.0] * count)})
        finding = course_of(few)
        assert (finding.code, finding.numbers["losses"]) == ("too-short", count)

    def test_noise_that_hides_everything_is_called_so(self) -> None:
        def wild(generator: np.random.Generator, means: planted.Values) -> planted.Values:
            return np.asarray(means * np.exp(generator.normal(0, 2.0, len(means))), dtype=np.float64)

        said = Counter(course_of(run(seed, planted.flat, steps=200, noise=wild)).code for seed in range(40))
        assert said["unclear"] >= 38, said

    def test_a_single_spike_is_told_and_changes_nothing_else(self) -> None:
        calm = run(1, planted.good, noise=planted.gaussian)
        losses = calm.series["training_loss"]
        values = losses.values.copy()
        values[1000] = 500.0
        spiked = replace(calm, series={**calm.series, "training_loss": Series(losses.steps, values)})
        assert codes(spiked) == [*codes(calm), "spikes"]
        assert (found(spiked, "spikes")["step"], found(spiked, "spikes")["value"]) == (1001, 500.0)


class TestClasses:
    HALF = {" a": 100, " b": 100}

    def test_one_that_is_hardly_better_than_a_constant_answer_only_guesses(self) -> None:
        said = codes(classified([0.5, 0.52, 0.53, 0.54], self.HALF))
        assert said[0] == "guessing"
        assert "learned" not in said
        assert "told-apart" not in said

    def test_one_that_is_right_most_of_the_time_tells_its_classes_apart(self) -> None:
        one = classified([0.8, 0.9, 0.93, 0.94], self.HALF)
        assert codes(one)[-1] == "told-apart"
        assert found(one, "told-apart")["share"] == 0.5

    def test_where_the_data_is_not_here_an_accuracy_is_measured_against_chance(self) -> None:
        def imported(accuracy: float, **metrics: list[float]) -> Run:
            return replace(classified([accuracy], {}, metrics=metrics), ways=2, validation_examples=None)

        assert codes(imported(0.52, auroc=[0.5]))[0] == "guessing"
        assert "right" in codes(imported(0.9))
        assert "told-apart" in codes(imported(0.9, auroc=[0.96]))

    def test_of_lopsided_data_an_accuracy_says_little(self) -> None:
        assert "lopsided" in codes(classified([0.98], {" a": 980, " b": 20}, rows=100))

    def test_a_loss_that_rises_while_answers_stay_right_is_overconfidence(self) -> None:
        rising = run(1, planted.rising, planted.memorized, noise=planted.gaussian)
        one = classified([0.9, 0.93, 0.94, 0.94], self.HALF)
        both = replace(one, series={**one.series, **rising.series})
        assert codes(both)[0] == "overconfident"

    def test_a_loss_that_settles_while_answers_still_get_better_is_no_reason_to_stop(self) -> None:
        assert codes(classified([0.7, 0.8, 0.88, 0.94], self.HALF))[0] == "learned"

    def test_a_better_earlier_epoch_is_named(self) -> None:
        one = classified([0.8, 0.95, 0.9, 0.75], self.HALF)
        numbers = found(one, "accuracy-fell")
        assert (numbers["best"], numbers["last"], numbers["best_epochs"]) == (0.95, 0.75, 2)

    def test_a_difference_of_a_few_examples_is_no_fall(self) -> None:
        assert "accuracy-fell" not in codes(classified([0.8, 0.93, 0.91], self.HALF, rows=50))

    @pytest.mark.parametrize(
        ("metrics", "code"),
        [
            ({"recall": [0.2], "precision": [0.9], "f1.0": [0.33]}, "recall-low"),
            ({"recall": [0.9], "precision": [0.3], "f1.0": [0.45]}, "precision-low"),
            ({"weighted_f1_score": [0.6]}, "f1-low"),
        ],
    )
    def test_what_an_accuracy_hides_is_told(self, metrics: dict[str, list[float]], code: str) -> None:
        assert code in codes(classified([0.85], {" a": 140, " b": 60}, metrics=metrics, positive=" b"))

    def test_one_that_orders_well_but_decides_badly_is_told_to_move_the_limit(self) -> None:
        assert codes(classified([0.5], self.HALF, metrics={"auroc": [0.95]}))[0] == "threshold"

    def test_classes_with_a_few_examples_are_named_the_rarest_first(self) -> None:
        one = classified([0.9], {" a": 300, " b": 320, " c": 15, " d": 12})
        assert found(one, "few-in-class")["rare"] == [[" d", 12], [" c", 15]]

    def test_classes_of_one_size_are_fine(self) -> None:
        assert "few-in-class" not in codes(classified([0.9], {" a": 40, " b": 60}))

    def test_with_a_few_validation_examples_no_accuracy_counts(self) -> None:
        said = codes(classified([1.0], self.HALF, rows=8))
        assert "told-apart" not in said
        assert "little-validation" in said

    @pytest.mark.parametrize("one_token", [True, False])
    def test_right_tokens_are_right_answers_only_where_each_label_is_one_token(self, one_token: bool) -> None:
        base = run(1, planted.good)
        right = series(range(1, 400, 8), [float(place % 10 > 0) for place in range(50)])
        one = replace(
            base, series={**base.series, "validation_token_accuracy": right}, classes=self.HALF, one_token=one_token
        )
        assert ("told-apart" in codes(one)) is one_token


class TestNotes:
    @pytest.mark.parametrize(("status", "total", "share"), [("cancelled", 1600, 0.25), ("failed", None, None)])
    def test_one_that_ended_early_says_how_far_it_came_and_what_it_had_learned(
        self, status: str, total: int | None, share: float | None
    ) -> None:
        part = run(2, planted.good, steps=400, noise=planted.gaussian, status=status, total_steps=total)
        said = judge(part)
        assert said[0].code == "ended-early"
        assert (said[0].numbers["step"], said[0].numbers["share"]) == (400, share)
        assert said[1].code in ("learned", "stopped")

    @pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
    def test_of_one_without_a_number_nothing_is_said(self, status: str) -> None:
        assert judge(Run(status=status, series={})) == []

    def test_right_tokens_in_wrong_answers_are_told_of_a_model_that_writes(self) -> None:
        base, steps = run(1, planted.good), range(1, 400, 8)
        accuracies = {
            "validation_token_accuracy": series(steps, [0.92] * 50),
            "validation_sequence_accuracy": series(steps, [float(place % 5 == 0) for place in range(50)]),
        }
        numbers = found(replace(base, series={**base.series, **accuracies}), "few-whole")
        assert (numbers["token"], round(numbers["whole"], 2)) == (pytest.approx(0.92), 0.17)

    def test_very_few_examples_are_told(self) -> None:
        assert "few-examples" in codes(run(1, planted.good, training_examples=12))


class TestReal:
    """Results files of the trainer, as they came."""

    def _run(self, name: str, **known: Any) -> Run:
        return Run(status="succeeded", series=metrics.parse((REAL / f"{name}.csv").read_bytes()), **known)

    def test_four_epochs_on_the_sample(self) -> None:
        one = self._run("sample", epochs=4, classes={" billing": 120, " delivery": 120}, validation_examples=48)
        assert codes(one)[0] in ("learned", "stopped", "told-apart")
        assert found(one, "told-apart")["accuracy"] > 0.9

    def test_labels_that_were_shuffled(self) -> None:
        one = self._run("shuffled", epochs=6, classes={" billing": 120, " delivery": 120}, validation_examples=48)
        assert codes(one)[0] == "guessing"

    def test_texts_that_cannot_be_foretold_learned_twelve_times(self) -> None:
        assert codes(self._run("by_heart", epochs=12))[0] in ("by-heart", "over-fitting")


class TestAnything:
    values = st.lists(st.tuples(st.integers(-5, 2**53), st.floats(-1e300, 1e300, allow_nan=False)), min_size=0, max_size=60)

    @settings(max_examples=120, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(
                [
                    "training_loss",
                    "validation_loss",
                    "full_validation_loss",
                    "validation_sequence_accuracy",
                    "elapsed_tokens",
                ]
                + [f"classification/{name}" for name in ("accuracy", "recall", "precision", "auroc", "f1.0")]
            ),
            values,
        ),
        st.dictionaries(st.text(max_size=3), st.integers(0, 500), max_size=4),
        st.sampled_from(["succeeded", "failed", "cancelled"]),
        st.one_of(st.none(), st.integers(1, 50)),
        st.one_of(st.none(), st.integers(0, 500)),
    )
    def test_whatever_a_file_holds_it_is_judged_without_a_stumble(
        self, given_values: Any, classes: Any, status: str, epochs: Any, rows: Any
    ) -> None:
        named = {name: series(*zip(*pairs, strict=True)) for name, pairs in given_values.items() if pairs}
        with np.errstate(all="ignore"):
            said = judge(Run(status=status, series=named, epochs=epochs, classes=classes, validation_examples=rows))
        assert all(one.code in ORDER for one in said)
        assert len({one.code for one in said}) == len(said)
        json.dumps(to_json(said), allow_nan=False)

    def test_a_million_steps_take_no_time(self) -> None:
        long = run(1, planted.rising, planted.memorized, steps=1_000_000)
        began = time.perf_counter()
        judge(long)
        assert time.perf_counter() - began < 2


class TestCurve:
    def test_levels_cover_every_value_once_in_order(self) -> None:
        one = curve(series(range(1, 1001), np.linspace(1, 0, 1000)))
        assert one is not None
        assert sum(level.count for level in one.levels) == 1000
        assert [level.first for level in one.levels] == [1, *(level.last + 1 for level in one.levels[:-1])]

    def test_the_error_is_that_of_the_noise_not_of_the_course(self) -> None:
        steep = np.linspace(10, 0, 1600) + np.random.default_rng(1).normal(0, 0.1, 1600)
        one = curve(series(range(1600), steep))
        assert one is not None
        assert one.levels[5].error == pytest.approx(0.01, rel=0.3)

    def test_ranks_know_what_lies_higher(self) -> None:
        low, high = np.arange(20.0), np.arange(20.0) + 15
        assert rank(high, low) > 4
        assert rank(low, high) == -rank(high, low)
        assert rank(low, low) == 0
        assert rank(low, low[:0]) == 0
