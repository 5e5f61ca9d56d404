"""The curves of several runs in one chart: what is drawn of them, and that no spike is lost."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from connections.models import Connection
from datasets.models import Version
from finetunes import metrics
from finetunes.compare.drawing import Look, draw
from finetunes.compare.measures import measure
from finetunes.compare.overlay import Curve, Overlay
from finetunes.models import FineTune
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.runs import Maker, run
from tests.finetunes.test_compare import address, chart, page


class TestChart:
    def test_each_run_is_a_line_of_its_own_look(self, people: People, connection: Connection, viewer_client: Client) -> None:
        many = [run(people, connection, None, f"Run {n}", points={"training_loss": [2, 1]}) for n in range(20)]
        data = chart(viewer_client, *many)["figure"]["data"]
        assert len({(one["meta"]["tone"], one["line"]["dash"]) for one in data}) == 20
        assert [one["name"] for one in data] == [f"Run {n}" for n in range(20)]

    def test_the_share_of_the_run_ends_at_one(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        short = run(people, connection, version, points={"training_loss": [3, 2, 1, 0.5]})
        half = run(people, connection, version, points={"training_loss": [3, 2]}, status=Status.RUNNING, total_steps=4)
        untold = run(people, connection, version, "Untold", points={"training_loss": [3, 2]}, status=Status.RUNNING)
        data = chart(viewer_client, short, half, untold, x="share")["figure"]["data"]
        assert [one["x"] for one in data] == [[0.25, 0.5, 0.75, 1.0], [0.25, 0.5]]
        table = viewer_client.get(address(short, half, untold, name="compare-table", metric="training_loss", x="share"))
        assert "Untold cannot be drawn over this" in table.content.decode()

    def test_elapsed_examples_are_those_that_were_reported(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        told = metrics.series([1, 2, 4], [8, 16, 32])
        known = run(people, connection, version, points={"training_loss": [4, 3, 2, 1, 0], "elapsed_examples": told})
        unknown = run(people, connection, version, points={"training_loss": [3, 2]})
        data = chart(viewer_client, known, unknown, x="elapsed_examples")["figure"]["data"]
        assert [(one["x"], one["y"]) for one in data] == [([8, 16, 24, 32], [4, 3, 2, 1])]

    def test_counters_are_axes_and_no_metrics(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        both = [run(people, connection, version, points={"elapsed_tokens": [1, 2], "training_loss": [1, 2]}) for _ in "ab"]
        assert 'value="elapsed_tokens"' not in page(viewer_client, *both).partition('name="x"')[0]
        assert viewer_client.get(address(*both, name="compare-chart", metric="elapsed_tokens")).status_code == 404

    def test_a_zoom_asks_for_a_part_in_full(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        steps = np.arange(1, 50_001)
        long = run(people, connection, version, points={"training_loss": metrics.Series(steps, np.sin(steps) + 1.5)})
        short = run(people, connection, version, points={"training_loss": [1, 2, 3]})
        drawing = chart(viewer_client, long, short, **{"from": "40000.5", "to": "40100"})
        assert drawing["figure"]["data"][0]["x"] == list(range(40_000, 40_102))
        assert (drawing["drawn"], drawing["shown"], drawing["steps"]) == (102, 102, 50_000)

    def test_a_spike_that_would_press_the_rest_flat_is_marked_at_the_edge_and_still_drawn(
        self, make: Maker, viewer_client: Client
    ) -> None:
        values = [1 + step % 7 / 10 for step in range(1000)]
        drawing = chart(viewer_client, make({"training_loss": [*values[:700], 40.0, *values[700:]]}), make({"kl": [1]}))
        figure = drawing["figure"]
        low, high = figure["layout"]["yaxis"]["range"]
        assert (low, drawing["beyond"]) == (0, 1)
        assert 1.6 < high < 3
        edge = figure["data"][-1]
        assert (edge["x"], edge["y"], edge["meta"]["part"]) == ([701], [pytest.approx(high)], "edge")
        assert max(figure["data"][0]["y"]) == 40

    def test_where_all_can_be_seen_nothing_is_cut(self, make: Maker, viewer_client: Client) -> None:
        values = [3 - step / 500 for step in range(1000)]
        drawing = chart(viewer_client, make({"training_loss": values}), make({"training_loss": values}))
        assert "range" not in drawing["figure"]["layout"]["yaxis"]
        assert drawing["beyond"] == 0

    def test_very_many_spikes_are_marked_where_they_are(self, make: Maker, viewer_client: Client) -> None:
        quiet = [1.0 + step % 3 / 10 for step in range(20_000)]
        loud = [50.0 if step % 350 == 0 else value for step, value in enumerate(quiet)]
        drawing = chart(viewer_client, *(make({"training_loss": values}) for values in (loud, quiet, quiet)))
        places = drawing["figure"]["data"][-1]["x"]
        assert 30 <= len(places) == drawing["beyond"] <= 41
        assert max(np.diff(places)) <= 1000

    def test_the_average_of_a_long_run_lies_over_it(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        long = run(people, connection, version, "Long", points={"training_loss": np.linspace(2, 1, 200).tolist()})
        short = run(people, connection, version, "Short", points={"training_loss": [1, 2, 3]})
        data = chart(viewer_client, long, short)["figure"]["data"]
        assert [(one["name"], one["opacity"]) for one in data] == [("Long", 0.28), ("Short", 1), ("Long, smoothed", 1)]

    def test_how_much_is_averaged_can_be_chosen_and_switched_off(self, make: Maker, viewer_client: Client) -> None:
        runs = [make({"training_loss": [float(step % 100 > 50) for step in range(1000)]}) for _ in "ab"]
        spans = []
        for smooth in ("0", "0.01", "1", "7", "-1", "x"):
            data = chart(viewer_client, *runs, smooth=smooth)["figure"]["data"]
            average = next((one["y"] for one in data if one["meta"]["part"] == "smooth"), None)
            spans.append(None if average is None else round(max(average) - min(average)))
        assert spans == [None, 1, 0, 0, None, 1]

    @pytest.mark.parametrize("values", [[1e308] * 100, [-1e308, 1e308] * 50, [5e-324, 0.0] * 50])
    def test_the_largest_and_smallest_numbers_are_drawn(
        self, make: Maker, viewer_client: Client, values: list[float]
    ) -> None:
        data = chart(viewer_client, make({"kl": values}), make({"kl": [1.0]}), metric="kl")["figure"]["data"]
        assert data[0]["y"] == pytest.approx(values, rel=1e-4)
        assert None not in data[-1]["y"]

    def test_a_value_that_is_drawn_has_five_digits_that_count(
        self, people: People, connection: Connection, version: Version, viewer_client: Client
    ) -> None:
        values = [0.123456789, -12345.678, 1e-9, 0, 1.5e20]
        both = [run(people, connection, version, points={"kl": values}) for _ in "ab"]
        found = chart(viewer_client, *both, metric="kl")["figure"]["data"][0]["y"]
        assert found == pytest.approx(values, rel=1e-4)
        assert found[0] == 0.12346

    def test_twenty_long_runs_are_one_small_answer_with_every_spike(self, make: Maker, viewer_client: Client) -> None:
        steps, random = np.arange(1, 20_001), np.random.default_rng(7)
        spikes = random.integers(1, len(steps), 20)
        runs = []
        for spike in spikes:
            values = 1 + random.random(len(steps))
            values[spike] = 9.5
            runs.append(make({"training_loss": metrics.Series(steps, values)}))
        answer = viewer_client.get(address(*runs, name="compare-chart", metric="training_loss"))
        assert len(answer.content) < 130_000
        data = orjson.loads(answer.content)["figure"]["data"][:20]
        assert [one["x"][int(np.argmax(one["y"]))] for one in data] == (spikes + 1).tolist()
        assert {max(one["y"]) for one in data} == {9.5}


@given(
    count=st.integers(1, 30_000),
    places=st.lists(st.floats(0, 1), min_size=1, max_size=5),
    window=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    height=st.sampled_from([50.0, -50.0]),
)
def test_a_spike_of_one_step_is_drawn_wherever_it_is(
    count: int, places: list[float], window: tuple[float, float], height: float
) -> None:
    spikes = {int(place * (count - 1)) for place in places}
    values = np.sin(np.arange(count) / 50)
    values[list(spikes)] = height
    start, end = (edge * count for edge in sorted(window))
    curve = Curve(FineTune(name="x"), 0, np.arange(count, dtype=np.float64), values)
    made = Overlay(measure("kl"), "step", [curve], [])
    for found, wanted in (
        (orjson.loads(draw(made, Look())), spikes),
        (orjson.loads(draw(made, Look(start, end))), {spike for spike in spikes if start <= spike <= end}),
    ):
        one = found["figure"]["data"][0]
        drawn = {x for x, y in zip(one["x"], one["y"], strict=True) if y == height}
        least_apart = count / 400
        assert all(any(abs(x - spike) <= least_apart for x in drawn) for spike in wanted)
        assert len(one["x"]) <= 1000
