"""What is asked of a chart is what comes: a range, an axis, a width, and every spike in it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finetunes import metrics, spans, store
from finetunes.charts import axes, figures, plots, plotting
from finetunes.charts.along import Along, Mark, ascending
from finetunes.charts.figures import Look
from finetunes.metrics import Series
from finetunes.models import Event, FineTune

MILLION = 1_000_000


def change(fine_tune: FineTune, **values: Any) -> FineTune:
    FineTune.objects.filter(pk=fine_tune.pk).update(**values)
    fine_tune.refresh_from_db()
    return fine_tune


def numbers(packed: Any) -> list[float]:
    if isinstance(packed, dict):
        return [float(one) for one in np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])]
    return [float(one) for one in packed]


def lines(payload: dict[str, Any], part: str = "raw") -> list[tuple[list[float], list[float]]]:
    found = [trace for trace in payload["figure"]["data"] if trace["meta"]["part"] == part]
    return [(numbers(trace["x"]), numbers(trace["y"])) for trace in found]


def long(values: Any) -> Series:
    return Series(np.arange(1, len(values) + 1), np.asarray(values, dtype=np.float64))


class TestView:
    @pytest.fixture
    def run(self, fine_tune: FineTune) -> FineTune:
        steps = np.arange(1, 300_001)
        loss = np.round(0.2 + np.exp(-steps / 50_000), 5)
        loss[123_455] = 7.0
        points = {
            "training_loss": metrics.series(steps, loss),
            "validation_loss": metrics.series(steps[::8], loss[::8]),
            "elapsed_tokens": metrics.series(steps, steps * 10),
            "elapsed_examples": metrics.series(steps, steps * 4),
        }
        store.write_series({fine_tune: points})
        return change(fine_tune, total_steps=300_000, resolved={"n_epochs": 3}, revision=5)

    def ask(self, client: Client, run: FineTune, **asked: Any) -> dict[str, Any]:
        answer = client.get(reverse("finetunes:chart", args=[run.pk, "loss"]), asked)
        assert answer.status_code == 200
        return dict(answer.json())

    def test_the_whole_says_how_much_of_it_is_drawn(self, viewer_client: Client, run: FineTune) -> None:
        found = self.ask(viewer_client, run, width=700)
        assert found["steps"] == found["shown"] == 300_000
        assert 700 < found["drawn"] <= 1400
        (training, _validation) = lines(found)
        assert (training[0][0], training[0][-1]) == (1, 300_000)
        assert (123_456, 7.0) in zip(*training, strict=True)

    def test_a_range_is_drawn_as_finely_as_the_whole(self, viewer_client: Client, run: FineTune) -> None:
        found = self.ask(viewer_client, run, **{"from": 123_000, "to": 124_000, "width": 1000})
        assert (found["steps"], found["shown"], found["drawn"]) == (300_000, 1001, 1001)
        (training, validation) = lines(found)
        assert training[0] == list(range(122_999, 124_002))  # and one on either side, to which the line goes
        assert len(validation[0]) == 127

    def test_smoothing_does_not_change_with_the_range(self, viewer_client: Client, run: FineTune) -> None:
        wide = self.ask(viewer_client, run, smooth=0.1)
        near = self.ask(viewer_client, run, smooth=0.1, **{"from": 100_000, "to": 140_000})
        at, there = (dict(zip(*lines(one, "smooth")[0], strict=True)) for one in (wide, near))
        shared = [step for step in at if 100_100 < step < 139_900]
        assert len(shared) > 20
        for step in shared:
            assert np.interp(step, list(there), list(there.values())) == pytest.approx(at[step], rel=2e-3)

    @pytest.mark.parametrize(("smooth", "count"), [("0", 0), ("0.01", 2), ("much", 2), ("", 2)])
    def test_smoothing_is_chosen_and_lies_over_the_raw_line(
        self, viewer_client: Client, run: FineTune, smooth: str, count: int
    ) -> None:
        found = self.ask(viewer_client, run, smooth=smooth)
        assert (len(lines(found, "raw")), len(lines(found, "smooth"))) == (2, count)

    @pytest.mark.parametrize(("axis", "factor"), [("steps", 1), ("tokens", 10), ("examples", 4), ("no such", 1)])
    def test_it_is_drawn_along_what_the_run_had_seen(
        self, viewer_client: Client, run: FineTune, axis: str, factor: int
    ) -> None:
        found = self.ask(viewer_client, run, x=axis)
        assert lines(found)[0][0][-1] == 300_000 * factor
        asked = {"from": 200_000 * factor, "to": 200_500 * factor}
        x = lines(self.ask(viewer_client, run, x=axis, **asked))[0][0]
        assert x[1:-1] == [step * factor for step in range(200_000, 200_501)]

    def test_epochs_are_marked_where_they_end(self, viewer_client: Client, run: FineTune) -> None:
        shapes = self.ask(viewer_client, run, x="examples")["figure"]["layout"]["shapes"]
        assert [(one["x0"], one["label"]["text"]) for one in shapes] == [
            (400_000, "epoch 1"),
            (800_000, "epoch 2"),
            (1_200_000, "epoch 3"),
        ]

    def test_what_would_press_the_rest_flat_is_marked_at_the_edge(self, viewer_client: Client, run: FineTune) -> None:
        found = self.ask(viewer_client, run)
        low, high = found["figure"]["layout"]["yaxis"]["range"]
        assert low == 0
        assert high < 2
        assert found["beyond"] == 1
        ((x, y),) = lines(found, "edge")
        assert (x, y) == ([123_456.0], [high])

    def test_whoever_has_the_latest_is_told_so(
        self, viewer_client: Client, run: FineTune, django_assert_max_num_queries: Any
    ) -> None:
        url = reverse("finetunes:chart", args=[run.pk, "loss"])
        first = viewer_client.get(url, {"width": 800})
        headers = {"If-None-Match": first["ETag"]}
        with django_assert_max_num_queries(5):
            assert viewer_client.get(url, {"width": 800}, headers=headers).status_code == 304
        assert viewer_client.get(url, {"width": 900}, headers=headers).status_code == 200
        change(run, revision=6)
        assert viewer_client.get(url, {"width": 800}, headers=headers).status_code == 200

    def test_several_come_in_one_answer_in_their_order(
        self, viewer_client: Client, run: FineTune, django_assert_max_num_queries: Any
    ) -> None:
        steps = np.arange(1, 41)
        store.write_series({run: {"training_token_accuracy": metrics.series(steps, steps / 40)}})
        alone = [
            viewer_client.get(reverse("finetunes:chart", args=[run.pk, key]), {"width": 800})
            for key in ("token-accuracy", "loss")
        ]
        with django_assert_max_num_queries(7):
            both = viewer_client.get(reverse("finetunes:chart", args=[run.pk, "token-accuracy,loss"]), {"width": 800})
        assert both.json() == [one.json() for one in alone]
        assert len({both["ETag"], *(one["ETag"] for one in alone)}) == 3

    @pytest.mark.parametrize("keys", ["loss,", ",loss", "loss,loss", "loss,nothing", "nothing", ",", "loss" + ",loss" * 40])
    def test_what_is_not_there_or_asked_for_twice_is_not_found(
        self, viewer_client: Client, run: FineTune, keys: str
    ) -> None:
        assert viewer_client.get(reverse("finetunes:chart", args=[run.pk, keys])).status_code == 404

    def test_more_than_a_page_asks_for_at_once_are_not_drawn(self, viewer_client: Client, run: FineTune) -> None:
        names = [f"own_{number}" for number in range(figures.MOST_TOGETHER + 1)]
        store.write_series({run: {name: metrics.series([1, 2], [0.5, 0.4]) for name in names}})
        keys = [plot.key for plot in plots.arrange(names)]
        answers = [
            viewer_client.get(reverse("finetunes:chart", args=[run.pk, ",".join(some)])).status_code
            for some in (keys[: figures.MOST_TOGETHER], keys)
        ]
        assert answers == [200, 404]

    @pytest.mark.parametrize(
        "asked",
        [
            {"from": "x", "to": "y"},
            {"from": "9", "to": "1"},
            {"from": "nan", "to": "inf"},
            {"from": "1e300", "to": "1e301"},
            {"from": "-5", "to": "-1"},
            {"from": "9999999999", "to": "99999999999"},
            {"width": "-1"},
            {"width": "1e9"},
            {"smooth": "1e9"},
            {"smooth": "-3", "x": "time"},
            {"x": "<script>"},
        ],
    )
    def test_strange_questions_are_no_error(self, viewer_client: Client, run: FineTune, asked: dict[str, str]) -> None:
        assert len(viewer_client.get(reverse("finetunes:chart", args=[run.pk, "loss"]), asked).content) < 100_000

    def test_every_step_is_handed_out_as_csv(self, viewer_client: Client, run: FineTune) -> None:
        answer = viewer_client.get(reverse("finetunes:chart-csv", args=[run.pk, "loss"]))
        assert 'filename="ticket-triage-loss.csv"' in answer["Content-Disposition"]
        frame = pl.read_csv(answer.content)
        assert frame.columns == ["step", "training_loss", "validation_loss"]
        assert (frame.height, frame["validation_loss"].count()) == (300_000, 37_500)
        assert frame.row(123_455)[:2] == (123_456, 7.0)

    def test_a_column_s_name_is_never_a_formula(self, viewer_client: Client, fine_tune: FineTune) -> None:
        store.write_series({fine_tune: {"=1+1": metrics.series([1], [2.0])}})
        key = plots.arrange(["=1+1"])[0].key
        content = viewer_client.get(reverse("finetunes:chart-csv", args=[fine_tune.pk, key])).content
        assert content == b"step,'=1+1\n1,2.0\n"

    def test_others_see_nothing(self, outsider_client: Client, client: Client, run: FineTune) -> None:
        url = reverse("finetunes:chart-csv", args=[run.pk, "loss"])
        assert outsider_client.get(url).status_code == 404
        assert client.get(url).status_code == 302


class TestTime:
    def tell(self, run: FineTune, count: int, **changes: Any) -> FineTune:
        began = datetime(2026, 11, 20, tzinfo=UTC)
        rows = [
            Event(
                fine_tune=run,
                ordinal=place,
                key=str(place),
                created_at=began + timedelta(seconds=place),
                metrics={"step": place, "train_loss": 0.5},
                **changes,
            )
            for place in range(1, count + 1)
        ]
        Event.objects.bulk_create(rows)
        store.write_series({run: {"training_loss": long(np.ones(count))}})
        return change(run, last_event=count)

    def test_it_is_offered_where_steps_have_times(self, fine_tune: FineTune) -> None:
        assert list(axes.offered(fine_tune, ["training_loss"])) == ["steps"]
        run = self.tell(fine_tune, 40)
        assert list(axes.offered(run, ["training_loss", "elapsed_tokens"])) == ["steps", "tokens", "time"]

    def test_a_chart_along_time_has_moments(self, fine_tune: FineTune) -> None:
        run = self.tell(fine_tune, 3000)
        plot = figures.find(run, "loss")
        assert plot is not None
        figure = go.Figure(figures.draw(run, plot, Look(axis="time")).figure)
        began = datetime(2026, 11, 20, tzinfo=UTC).timestamp() * 1000
        assert figure.layout.xaxis.type == "date"
        assert [figure.data[0].x[0], figure.data[0].x[-1]] == [began + 1000, began + 3_000_000]
        part = figures.draw(run, plot, Look(axis="time", start=began + 100_000, end=began + 110_000))
        assert part.shown == 11

    def test_without_time_the_steps_are_drawn(self, fine_tune: FineTune) -> None:
        store.write_series({fine_tune: {"training_loss": long(np.ones(5))}})
        plot = figures.find(fine_tune, "loss")
        assert plot is not None
        assert list(go.Figure(figures.draw(fine_tune, plot, Look(axis="time")).figure).data[0].x) == [1, 2, 3, 4, 5]


class TestAlong:
    def test_a_place_and_its_step_are_each_other_s_way_back(self) -> None:
        along = Along("tokens", ascending(metrics.series([1, 10, 20], [100, 1000, 3000])))
        assert along.place(np.array([1, 15, 20])).tolist() == [100, 2000, 3000]
        assert along.step(2000) == 15

    def test_beyond_what_is_known_is_no_place(self) -> None:
        along = Along("tokens", metrics.series([5, 10], [1, 2]))
        assert np.isnan(along.place(np.array([4, 11]))).all()

    @pytest.mark.parametrize("values", [[], [1.0], [3.0, 1.0, 2.0], [2.0, 2.0]])
    def test_what_does_not_ascend_is_no_axis(self, values: list[float]) -> None:
        assert ascending(long(values)) is None


class TestBounds:
    def test_even_values_are_shown_whole(self) -> None:
        assert plots.bounds(np.linspace(0, 1, 500)) is None

    def test_few_values_are_shown_whole(self) -> None:
        assert plots.bounds(np.array([1.0, 1.0, 99.0])) is None

    def test_high_first_steps_do_not_flatten_the_rest(self) -> None:
        found = plots.bounds(np.concatenate([[90.0, 60.0, 20.0], np.full(500, 0.5)]))
        assert found is not None
        assert found[0] == 0
        assert found[1] < 1

    def test_a_spike_below_is_cut_below_alone(self) -> None:
        values = np.concatenate([np.random.default_rng(1).normal(0, 1, 500), [-500.0]])
        found = plots.bounds(values)
        assert found is not None
        assert -10 < found[0] < -1
        assert found[1] == values.max()

    @given(values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300))
    def test_what_is_beyond_is_marked_whatever_it_is(self, values: list[float]) -> None:
        drawing = plotting.draw([plotting.Trace("x", long(values))], step_title="step", smoothed="{line}")
        edges = go.Figure(drawing.figure).layout.yaxis.range
        if edges is not None:
            assert drawing.beyond > 0
            out = [value for value in values if value < edges[0] or value > edges[1]]
            assert out
            assert len(out) <= max(1, len(values) // 10)


class TestMarks:
    @pytest.mark.parametrize(
        ("view", "named"),
        [
            (plotting.View(points=2000), list(range(10, 101, 10))),
            (plotting.View(points=640), [50, 100]),
            (plotting.View(points=2000, first=20, last=30), list(range(20, 31))),
            (plotting.View(points=640, first=20, last=30), [20, 25, 30]),
            (plotting.View(points=2000, first=101, last=200), []),
        ],
    )
    def test_of_many_epochs_as_many_are_marked_as_can_be_named(self, view: plotting.View, named: list[int]) -> None:
        marks = [Mark(step, f"epoch {step}") for step in range(1, 101)]
        series = [plotting.Trace("x", long(np.ones(100)))]
        drawing = plotting.draw(series, step_title="step", smoothed="{line}", marks=marks, view=view)
        assert [one.label.text for one in go.Figure(drawing.figure).layout.shapes] == [f"epoch {number}" for number in named]

    @pytest.mark.parametrize("changes", [{}, {"resolved": {"n_epochs": "auto"}}, {"resolved": {"n_epochs": 4}}])
    def test_where_nobody_knows_none_is_marked(self, fine_tune: FineTune, changes: dict[str, Any]) -> None:
        assert axes.epochs(change(fine_tune, **changes), 100) == []

    def test_only_those_that_are_done(self, fine_tune: FineTune) -> None:
        run = change(fine_tune, resolved={"n_epochs": 4}, total_steps=400)
        assert [(one.step, one.label) for one in axes.epochs(run, 250)] == [(100, "epoch 1"), (200, "epoch 2")]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    length=st.sampled_from([3_000, 70_000, 400_000, MILLION]),
    where=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    height=st.sampled_from([-9.0, 9.0]),
    half=st.sampled_from([0.001, 0.03, 0.2, 0.45]),
    seed=st.integers(0, 999),
)
def test_every_spike_of_a_single_step_is_in_the_answer(
    fine_tune: FineTune, length: int, where: list[float], height: float, half: float, seed: int
) -> None:
    """Through the store and back, for the whole and for a range around the first of them."""
    values = np.random.default_rng(seed).normal(0, 0.5, length)
    places = sorted({round(one * (length - 1)) for one in where})
    values[places] = height + np.arange(len(places)) / 8
    fine_tune.spans.all().delete()
    store.write_series({fine_tune: {"reward": long(values)}})
    (plot,) = plots.arrange(["reward"])
    looks = [Look(), Look(start=places[0] + 1 - half * length, end=places[0] + 1 + half * length, width=800)]
    for look in looks:
        drawing = figures.draw(fine_tune, plot, look)
        line = go.Figure(drawing.figure).data[0]
        found = set(zip(line.x.tolist(), line.y.tolist(), strict=True))
        low, high = (-np.inf, np.inf) if look.start is None or look.end is None else (look.start, look.end)
        width = (min(high, length) - max(low, 1)) / 700
        for place in places:
            alone = all(abs(place - other) > 2 * width for other in places if other != place)
            if alone and low <= place + 1 <= high:
                assert (place + 1, values[place]) in found
        assert len(drawing.json()) < 100_000
        assert spans.MANY < drawing.drawn <= 2000 or length * half < 2000
