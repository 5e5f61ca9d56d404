"""Which lines share a chart, and that none of their extremes is lost on the way to the screen."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetunes import words
from finetunes.charts import plots, plotting
from finetunes.metrics import Series, series
from finetunes.spans import outline


class TestArrange:
    def test_training_and_validation_share_a_chart(self) -> None:
        (loss,) = plots.arrange(["validation_loss", "full_validation_loss", "training_loss"])
        assert loss.key == "loss"
        assert [line.label for line in loss.lines] == ["training", "validation", "full validation"]

    def test_the_familiar_ones_come_first(self) -> None:
        names = ["zeta", "classification/auroc", "training_token_accuracy", "training_sequence_accuracy", "training_loss"]
        keys = [plot.key for plot in plots.arrange(names)]
        assert keys == ["loss", "sequence-accuracy", "token-accuracy", "classification", "zeta"]

    def test_every_classification_column_is_in_one_chart_accuracy_first(self) -> None:
        (plot,) = plots.arrange(["classification/f0.5", "classification/precision", "classification/accuracy"])
        assert [line.label for line in plot.lines] == ["accuracy", "f0.5", "precision"]
        assert plot.is_share

    def test_counters_are_no_charts(self) -> None:
        assert plots.arrange(["elapsed_tokens", "elapsed_examples"]) == []

    def test_rewards_of_any_part_meet(self) -> None:
        (plot,) = plots.arrange(["train_mean_reward", "full_valid_mean_reward"])
        assert plot.measure == "mean_reward"
        assert not plot.is_share

    @pytest.mark.parametrize(
        ("name", "title", "meaning"),
        [
            ("training_loss", "Loss", "Lower is better"),
            ("train/learning_rate", "Learning rate", "How large a step"),
            ("train/grad_norm", "Gradient norm", "pulls at the model"),
            ("full_valid_mean_reward", "Reward", "Higher is better"),
            ("train_sample_parse_error_count", "Sample parse error count", "Zero is best"),
            ("train_kl", "Kl", "moved from the one"),
            ("train_mean_completion_tokens", "Mean completion tokens", "answers differently"),
            ("train_rewards_margins", "Reward margin", "before the rejected"),
            ("zeta", "zeta", "as it is"),
        ],
    )
    def test_each_has_a_title_and_a_plain_meaning(self, name: str, title: str, meaning: str) -> None:
        (plot,) = plots.arrange([name])
        assert words.measure(plot) == title
        assert meaning in words.meaning(plot)

    @given(names=st.lists(st.text(min_size=1, max_size=40), unique=True, max_size=8))
    def test_any_name_has_a_chart_with_a_key_for_an_address(self, names: list[str]) -> None:
        found = plots.arrange(names)
        shown = [line.series for plot in found for line in plot.lines]
        assert sorted(shown) == sorted(name for name in names if name not in ("elapsed_tokens", "elapsed_examples"))
        for plot in found:
            assert plot.key
            assert set(plot.key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def long(values: Any) -> Series:
    return Series(np.arange(1, len(values) + 1), np.asarray(values, dtype=np.float64))


class TestReduce:
    def test_a_short_series_is_drawn_whole(self) -> None:
        one = long(np.arange(plots.MOST_POINTS))
        assert plots.reduce(one) is one

    @settings(deadline=None)
    @given(
        length=st.integers(plots.MOST_POINTS + 1, 60_000),
        spikes=st.lists(st.tuples(st.floats(0, 1), st.sampled_from([-50.0, 50.0])), min_size=1, max_size=5),
        seed=st.integers(0, 2**16),
    )
    def test_every_spike_of_a_single_step_is_drawn(self, length: int, spikes: list[tuple[float, float]], seed: int) -> None:
        values = np.random.default_rng(seed).normal(0, 1, length)
        places = {round(where * (length - 1)): height for where, height in spikes}
        for place, height in places.items():
            values[place] = height
        drawn = plots.reduce(long(values))
        assert len(drawn) <= plots.MOST_POINTS
        buckets = {(place * 900) // length: place for place in places}
        if len(buckets) == len(places):  # two spikes of one direction within one pixel are one spike to the eye
            assert {place + 1 for place in places} <= set(drawn.steps.tolist())
        assert drawn.values.max() == values.max()
        assert drawn.values.min() == values.min()

    def test_first_and_last_are_always_drawn(self) -> None:
        drawn = plots.reduce(long(np.sin(np.arange(123_457))))
        assert drawn.steps[[0, -1]].tolist() == [1, 123_457]

    def test_uneven_steps_keep_their_order(self) -> None:
        steps = np.unique(np.random.default_rng(1).integers(0, 10**9, 30_000))
        drawn = plots.reduce(Series(steps, np.random.default_rng(2).random(len(steps))))
        assert (np.diff(drawn.steps) > 0).all()
        assert len(drawn) <= plots.MOST_POINTS


class TestSmooth:
    def test_a_short_series_needs_none(self) -> None:
        assert plots.smooth(long(np.ones(20))) is None

    def test_it_is_a_moving_average_without_a_start_from_zero(self) -> None:
        average = plots.smooth(long(np.full(1000, 3.0)))
        assert average is not None
        assert np.allclose(average.values, 3.0)

    def test_it_calms_a_line_of_zeros_and_ones(self) -> None:
        average = plots.smooth(long(np.random.default_rng(3).integers(0, 2, 4000)))
        assert average is not None
        assert average.values[50:].std() < 0.15
        assert len(average) <= plots.MOST_SMOOTH


class TestSpark:
    def test_nothing_gives_nothing(self) -> None:
        assert plots.spark(outline(series([], []))) == []

    def test_a_few_points_show_the_course(self) -> None:
        course = plots.spark(outline(long(np.linspace(10, 1, 5000))))
        assert len(course) == 24
        assert course == sorted(course, reverse=True)


class TestDraw:
    def draw(self, *lines: tuple[str, Series], share: bool = False) -> dict[str, Any]:
        traces = [plotting.Trace(*line) for line in lines]
        return dict(orjson.loads(plotting.draw(traces, step_title="step", smoothed="{line}, smoothed", share=share).json()))

    def test_short_lines_are_drawn_as_they_are(self) -> None:
        found = self.draw(("training", series([1, 2, 3], [0.5, 0.4, 0.3])), ("validation", series([2], [0.6])))
        names = [trace["name"] for trace in found["figure"]["data"]]
        assert names == ["training", "validation"]
        assert (found["steps"], found["drawn"]) == (3, 3)
        assert found["figure"]["data"][1]["mode"] == "lines+markers"

    def test_numbers_survive_the_way_to_the_browser(self) -> None:
        found = self.draw(("training", series([1, 2, 3], [0.5, 0.25, 0.125])))
        packed = found["figure"]["data"][0]
        assert np.frombuffer(base64.b64decode(packed["x"]["bdata"]), packed["x"]["dtype"]).tolist() == [1, 2, 3]
        assert np.frombuffer(base64.b64decode(packed["y"]["bdata"]), packed["y"]["dtype"]).tolist() == [0.5, 0.25, 0.125]

    def test_a_long_line_is_faint_below_its_average(self) -> None:
        found = self.draw(("training", long(np.random.default_rng(4).random(100_000))))
        raw, average = found["figure"]["data"]
        assert raw["opacity"] < 0.5
        assert average["name"] == "training, smoothed"
        assert (raw["meta"]["tone"], raw["meta"]["line"]) == (average["meta"]["tone"], average["meta"]["line"])
        assert found["steps"] == 100_000
        assert found["drawn"] <= plots.MOST_POINTS

    def test_a_million_steps_fit_into_a_hundred_kilobytes(self) -> None:
        values = np.random.default_rng(5).random(1_000_000)
        traces = [plotting.Trace("training", long(values)), plotting.Trace("validation", long(values[::-1].copy()))]
        assert len(plotting.draw(traces, step_title="step", smoothed="{line}").json()) < 100_000

    def test_steps_beyond_32_bits_are_kept(self) -> None:
        found = self.draw(("training", series([2**40, 2**40 + 1], [1, 2])))
        packed = found["figure"]["data"][0]["x"]
        assert np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).tolist() == [2**40, 2**40 + 1]

    def test_a_column_s_name_cannot_become_markup(self) -> None:
        found = self.draw(("<img src=x>%{y}", series([1], [1])))
        text = orjson.dumps(found).decode()
        assert "<img" not in text
        assert "%{y}" not in text.replace("%{y:.5~g}", "")

    @pytest.mark.parametrize(("share", "form"), [(True, ".0%"), (False, "~g")])
    def test_shares_are_percentages(self, share: bool, form: str) -> None:
        found = self.draw(("accuracy", series([1], [0.5])), share=share)
        assert found["figure"]["layout"]["yaxis"]["tickformat"] == form
