"""Series are kept in spans, and read back as they were written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from connections.models import Connection
from finetunes import metrics, spans, store
from finetunes.charts.plots import arrange
from finetunes.models import Event, FineTune, Span
from finetunes.progress import Progress, course, queue_number, summarize
from finetunes.spans import outline
from openai_api.types import RemoteEvent
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune, new_version


def remote(key: str, **values: Any) -> RemoteEvent:
    return RemoteEvent(key=key, created_at=None, level="info", message=values.pop("message", key), **values)


def append(fine_tune: FineTune, events: list[RemoteEvent]) -> list[Event]:
    """Append as ingestion does, which keeps the last place with the fine-tune."""
    new = store.append_events({fine_tune: events})[fine_tune.pk]
    if new:
        fine_tune.last_event = new[-1].ordinal
        fine_tune.save(update_fields=["last_event"])
    return new


class TestSeries:
    def test_what_is_written_is_read(self, fine_tune: FineTune) -> None:
        one = metrics.series([1, 5, 9], [0.1, 0.2, 0.3])
        store.write_series({fine_tune: {"training_loss": one}})
        found = store.read_series(fine_tune)["training_loss"]
        assert found.steps.tolist() == [1, 5, 9]
        assert found.values.tolist() == [0.1, 0.2, 0.3]

    @pytest.mark.parametrize(("wins", "value"), [(True, 2.0), (False, 1.0)])
    def test_who_wins_where_both_have_a_step(self, fine_tune: FineTune, wins: bool, value: float) -> None:
        store.write_series({fine_tune: {"x": metrics.series([1], [1.0])}})
        losing = [] if wins else [fine_tune.pk]
        merged = store.write_series({fine_tune: {"x": metrics.series([1, 2], [2.0, 3.0])}}, losing=losing)
        assert merged[fine_tune.pk]["x"].extremes.values.tolist() == [value, 3.0]
        assert store.read_series(fine_tune)["x"].values.tolist() == [value, 3.0]

    def test_a_long_one_lies_in_spans_and_growing_touches_only_the_last(self, fine_tune: FineTune) -> None:
        steps = np.arange(1, 200_001)
        store.write_series({fine_tune: {"x": metrics.Series(steps, np.sqrt(steps))}})
        rows = Span.objects.filter(fine_tune=fine_tune)
        assert list(rows.values_list("number", flat=True)) == [0, 1, 2, 3]
        before = {row.number: bytes(row.values) for row in rows}
        store.write_series({fine_tune: {"x": metrics.series([200_001], [7.0])}})
        after = {row.number: bytes(row.values) for row in rows.all()}
        assert [number for number in before if before[number] != after[number]] == [3]
        found = store.read_series(fine_tune)["x"]
        assert len(found) == 200_001
        assert np.array_equal(found.values[:-1], np.sqrt(steps))

    def test_those_of_many_are_read_with_one_query(
        self, people: People, connection: Connection, fine_tune: FineTune, django_assert_num_queries: Any
    ) -> None:
        others = [new_fine_tune(people, connection, new_version(people, f"Set {number}")) for number in range(2)]
        store.write_series({fine_tune: {"x": metrics.series([1], [1.0])}, others[0]: {"x": metrics.series([1], [2.0])}})
        store.write_series({others[0]: {"y": metrics.series([1], [3.0])}})
        with django_assert_num_queries(1):
            found = store.read_many([fine_tune, *others], ["x"])
        assert {pk: {name: one.values.tolist() for name, one in named.items()} for pk, named in found.items()} == {
            fine_tune.pk: {"x": [1.0]},
            others[0].pk: {"x": [2.0]},
            others[1].pk: {},
        }

    def test_negative_and_huge_steps_find_their_span(self, fine_tune: FineTune) -> None:
        store.write_series({fine_tune: {"x": metrics.series([-5, 2**50], [1.0, 2.0])}})
        assert store.read_series(fine_tune)["x"].steps.tolist() == [-5, 2**50]

    def test_one_fine_tune_s_numbers_are_not_another_s(self, fine_tune: FineTune) -> None:
        store.write_series({fine_tune: {"x": metrics.series([1], [1.0])}})
        assert store.read_series(FineTune(pk=fine_tune.pk + 1)) == {}

    def test_only_the_names_that_are_asked_for_are_read(self, fine_tune: FineTune) -> None:
        store.write_series({fine_tune: {name: metrics.series([1], [1.0]) for name in "abc"}})
        assert set(store.read_series(fine_tune, ["a", "c"])) == {"a", "c"}
        assert [plot.measure for plot in arrange(store.series_names(fine_tune))] == ["a", "b", "c"]


class TestEvents:
    def test_known_ones_are_left_out_and_places_go_on(self, fine_tune: FineTune) -> None:
        append(fine_tune, [remote("a"), remote("b")])
        new = append(fine_tune, [remote("b"), remote("c"), remote("c"), remote("a")])
        assert [(event.ordinal, event.key) for event in new] == [(3, "c")]
        assert Event.objects.filter(fine_tune=fine_tune).count() == 3

    def test_more_than_the_known_ones_are_still_not_doubled(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "RECENT", 2)
        everything = [remote(str(number)) for number in range(9)]
        append(fine_tune, everything)
        assert store.known([fine_tune])[fine_tune.pk].keys == {"7", "8"}
        assert append(fine_tune, everything) == []

    def test_a_history_that_is_told_whole_each_time_may_be_very_long(
        self, fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "MOST_KEYS", 50)
        everything = [remote(str(number)) for number in range(220)]
        assert len(append(fine_tune, everything)) == 220
        assert [event.ordinal for event in append(fine_tune, [*everything, remote("new")])] == [221]

    def test_hostile_lengths_are_cut_where_the_table_ends(self, fine_tune: FineTune) -> None:
        long = "x" * 5000
        (event,) = append(fine_tune, [RemoteEvent(key=long, created_at=None, level=long, message=long, type=long)])
        assert (len(event.key), len(event.level), len(event.message)) == (255, 20, 5000)
        assert append(fine_tune, [remote(long)]) == []


class TestProgress:
    def lines(self, *messages: str) -> list[Event]:
        return [Event(message=message) for message in messages]

    def test_epochs(self) -> None:
        found = Progress().read(self.lines("Fine-tune started", "Completed epoch 1/4", "Completed epoch 3/4"))
        assert (found.epoch, found.epochs, found.share) == (3, 4, 0.75)

    def test_steps_in_metrics_or_in_words(self) -> None:
        event = Event(message="", metrics={"step": 30, "total_steps": 90})
        assert Progress().read([event]).share == pytest.approx(1 / 3)
        assert Progress().read(self.lines("Step 45/90: training loss=0.1")).share == 0.5

    def test_it_never_goes_back(self) -> None:
        found = Progress(step=50, total_steps=90).read([Event(message="", metrics={"step": 10, "total_steps": 90})])
        assert found.step == 50

    def test_nothing_said_is_nothing_known(self) -> None:
        assert Progress().read(self.lines("Created", "Completed epoch x/4", "Step 999")).share is None

    def test_a_provider_that_counts_beyond_its_total_is_at_its_end(self) -> None:
        assert Progress().read(self.lines("Step 12/10")).share == 1.0

    def test_a_place_in_the_queue(self) -> None:
        assert queue_number("Fine-tune enqueued. Queue number: 18") == 18
        assert queue_number("Fine-tune started") is None


class TestSummary:
    def test_best_is_least_for_a_loss_and_greatest_for_a_share(self) -> None:
        found = summarize(
            {
                "validation_loss": metrics.series([1, 2, 3], [0.9, 0.3, 0.5]),
                "classification/accuracy": metrics.series([1, 2, 3], [0.5, 0.9, 0.7]),
            }
        )
        assert (found["validation_loss"]["best"], found["validation_loss"]["best_step"]) == (0.3, 2)
        assert (found["classification/accuracy"]["best"], found["classification/accuracy"]["last"]) == (0.9, 0.7)

    def test_without_a_loss_there_is_no_course(self) -> None:
        assert course({"reward": outline(metrics.series([1, 2], [1, 2]))}) == []
        assert course({"validation_loss": outline(metrics.series([1, 2], [1, 2]))}) == [1.0, 2.0]


class TestRanges:
    @pytest.fixture
    def long(self, fine_tune: FineTune) -> metrics.Series:
        """Eight spans, with one spike, and a sparse companion."""
        steps = np.arange(1, 8 * spans.WIDTH)
        values = np.sin(steps / 1000)
        values[300_000] = 50.0
        one = metrics.Series(steps, values)
        store.write_series({fine_tune: {"x": one, "sparse": metrics.Series(steps[::64], values[::64])}})
        return one

    def test_how_far_each_series_goes(self, fine_tune: FineTune, long: metrics.Series) -> None:
        found = store.extents(fine_tune)
        assert found["x"] == store.Extent(1, len(long), len(long))
        assert found["sparse"].count == len(long.steps[::64])

    def test_the_course_of_a_long_one_is_told_by_few_points(self, fine_tune: FineTune, long: metrics.Series) -> None:
        found = store.read_outlines(fine_tune)["x"]
        assert found.count == len(long)
        assert len(found.extremes) < 5000
        assert (300_001, 50.0) in zip(found.extremes.steps.tolist(), found.extremes.values.tolist(), strict=True)

    def test_the_whole_reads_sparse_series_point_by_point(self, fine_tune: FineTune, long: metrics.Series) -> None:
        found = store.read_range(fine_tune, store.extents(fine_tune), 1, len(long))
        assert len(found["sparse"].extremes) == found["sparse"].count == len(long.steps[::64])
        assert len(found["x"].extremes) < found["x"].count == len(long)

    @pytest.mark.parametrize(("first", "last"), [(100, 200), (65_000, 66_000), (70_000, 200_000), (-50, 10)])
    def test_a_narrow_range_has_every_point(self, fine_tune: FineTune, long: metrics.Series, first: int, last: int) -> None:
        found = store.read_range(fine_tune, store.extents(fine_tune), first, last)["x"].extremes
        inside = (found.steps >= first) & (found.steps <= last)
        expected = (long.steps >= first) & (long.steps <= last)
        assert found.steps[inside].tolist() == long.steps[expected].tolist()
        assert np.array_equal(found.values[inside], long.values[expected])

    def test_of_a_wide_range_the_ends_have_every_point(self, fine_tune: FineTune, long: metrics.Series) -> None:
        found = store.read_range(fine_tune, store.extents(fine_tune), 1000, 450_000)["x"].extremes
        for first, last in ((1000, 60_000), (400_000, 450_000)):
            inside = (found.steps >= first) & (found.steps <= last)
            assert found.steps[inside].tolist() == list(range(first, last + 1))
        assert 300_001 in found.steps
        assert len(found) < 140_000

    def test_what_lies_beyond_both_ends_is_nothing(self, fine_tune: FineTune, long: metrics.Series) -> None:
        assert store.read_range(fine_tune, store.extents(fine_tune), 10**9, 10**9 + 5) == {}

    def test_growing_returns_the_outline_of_the_whole(self, fine_tune: FineTune, long: metrics.Series) -> None:
        more = metrics.series([len(long) + 1], [-70.0])
        found = store.write_series({fine_tune: {"x": more}})[fine_tune.pk]["x"]
        assert found.count == len(long) + 1
        assert found.extremes.values.max() == 50.0
        assert (found.extremes.steps[-1], found.extremes.values[-1]) == (len(long) + 1, -70.0)

    def test_growing_reads_and_writes_no_more_than_its_end(
        self, fine_tune: FineTune, long: metrics.Series, django_assert_num_queries: Any
    ) -> None:
        more = {"x": metrics.series([len(long) + 1], [1.0]), "sparse": metrics.series([len(long) + 1], [1.0])}
        with django_assert_num_queries(3):
            store.write_series({fine_tune: more})

    def test_a_late_result_into_the_middle_is_merged_there(self, fine_tune: FineTune, long: metrics.Series) -> None:
        store.write_series({fine_tune: {"x": metrics.series([200_000, 200_001], [7.0, 8.0])}})
        found = store.read_series(fine_tune)["x"]
        assert len(found) == len(long)
        assert found.values[[199_999, 200_000]].tolist() == [7.0, 8.0]

    def test_steps_far_apart_are_kept_too(self, fine_tune: FineTune) -> None:
        one = metrics.Series(np.arange(0, 800 * 10**6, 10**6), np.arange(800.0))
        for _ in range(2):
            store.write_series({fine_tune: {"x": one}})
        assert store.read_series(fine_tune)["x"].steps.tolist() == one.steps.tolist()
        assert store.read_outlines(fine_tune)["x"].count == 800
