from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from openai_api.types import RemoteEvent
from tests.openai_api.provider import Provider, answering, listed
from tests.openai_api.test_jobs import paged


def event(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.event",
        "id": f"ftevent-{number}",
        "created_at": 1760000000 + number // 2,  # two in each second
        "level": "info",
        "message": f"Message {number}",
        "type": "message",
        "data": {},
    } | fields


def newest_first(count: int) -> list[dict[str, Any]]:
    return [event(number) for number in reversed(range(count))]


def keys(events: list[RemoteEvent]) -> list[str]:
    return [event.key for event in events]


def test_events_come_oldest_first_over_all_pages() -> None:
    provider = Provider(answer=paged(newest_first(5)))

    found = provider.client().events("ftjob-1")

    assert keys(found) == [f"ftevent-{number}" for number in range(5)]
    assert found[2].created_at == datetime(2025, 10, 9, 8, 53, 21, tzinfo=UTC)
    assert (found[2].level, found[2].type, found[2].metrics) == ("info", "message", None)
    assert provider.lines == [
        "GET /v1/fine_tuning/jobs/ftjob-1/events?limit=100",
        "GET /v1/fine_tuning/jobs/ftjob-1/events?limit=100&after=ftevent-3",
        "GET /v1/fine_tuning/jobs/ftjob-1/events?limit=100&after=ftevent-1",
    ]


def test_fetching_stops_at_the_first_page_with_a_known_event() -> None:
    provider = Provider(answer=paged(newest_first(100)))

    found = provider.client().events("ftjob-1", known={f"ftevent-{number}" for number in range(97)})

    assert keys(found) == ["ftevent-97", "ftevent-98", "ftevent-99"]
    assert len(provider.asked) == 2


def test_replaying_the_events_brings_nothing_new() -> None:
    provider = Provider(answer=paged(newest_first(3)))
    client = provider.client()

    assert client.events("ftjob-1", set(keys(client.events("ftjob-1")))) == []


def test_a_server_that_lists_the_oldest_first_is_put_right() -> None:
    oldest_first = [event(number) for number in (0, 2, 4)]

    assert keys(answering(listed(*oldest_first)).client().events("ftjob-1")) == ["ftevent-0", "ftevent-2", "ftevent-4"]


def test_events_without_ids_have_keys_that_stay() -> None:
    items = [event(1, id=None, message="Same"), event(1, id=None, message="Same")]
    client = answering(listed(*items), listed(event(2), *items)).client()

    first = keys(client.events("ftjob-1"))

    assert len(set(first)) == 2
    assert keys(client.events("ftjob-1", set(first))) == ["ftevent-2"]


@pytest.mark.parametrize(
    ("fields", "metrics"),
    [
        (
            {"type": "metrics", "data": {"step": 3, "total_steps": 90, "train_loss": 0.5, "valid_loss": None}},
            {"step": 3.0, "total_steps": 90.0, "train_loss": 0.5},
        ),
        (
            {"type": "metrics", "data": None, "message": "Step 3/90: training loss=0.50"},
            {"step": 3.0, "total_steps": 90.0, "train_loss": 0.5},
        ),
        (
            {"data": {}, "message": "Step 9/90: training loss=6e-05, validation loss=0.7, full validation loss=.8"},
            {"step": 9.0, "total_steps": 90.0, "train_loss": 0.00006, "valid_loss": 0.7, "full_valid_loss": 0.8},
        ),
        (
            {"data": None, "message": "Step 1/8 , train mean reward=-0.25, full validation mean reward=1.5"},
            {"step": 1.0, "total_steps": 8.0, "train_mean_reward": -0.25, "full_valid_mean_reward": 1.5},
        ),
        (
            {"type": "metrics", "data": {"step": 1, "scores": {"train": {"mean": 0.5}}, "usage": [1], "ok": True}},
            {"step": 1.0, "scores.train.mean": 0.5},
        ),
        ({"type": "metrics", "data": None, "message": "Warming up"}, None),
        ({"type": "message", "data": {}, "message": "Checkpoint created at step 30"}, None),
        ({"type": "moderation_checks", "data": {"violence": 0.1}, "message": "Evaluated"}, None),
        ({"data": None, "message": "Step 1/2: training loss=nan"}, {"step": 1.0, "total_steps": 2.0}),
    ],
)
def test_metrics_are_read_from_the_data_or_from_the_words(fields: dict[str, Any], metrics: dict[str, float] | None) -> None:
    (found,) = answering(listed(event(1, **fields))).client().events("ftjob-1")

    assert found.metrics == metrics


def test_an_event_keeps_a_type_that_nobody_knows() -> None:
    (found,) = answering(listed(event(1, type="moderation_checks", level="warn"))).client().events("ftjob-1")

    assert (found.type, found.level) == ("moderation_checks", "warn")
