"""Cancelling says how things really are, whoever was faster."""

from __future__ import annotations

import httpx

from finetunes import cancel
from finetunes.models import FineTune
from finetunes.statuses import Status
from tests.finetunes.provider import Provider, lost
from tests.finetunes.stepping import end_doubt, step, steps


def test_what_was_not_sent_never_will_be(fine_tune: FineTune, provider: Provider) -> None:
    assert cancel.request(fine_tune)
    row = step(fine_tune, provider.client())
    assert row.status == Status.CANCELLED
    assert row.settled_at
    assert provider.requests == []


def test_a_running_one_is_cancelled_at_the_provider(fine_tune: FineTune, provider: Provider) -> None:
    row = step(fine_tune, provider.client())
    provider.start(row.remote_id)
    row = step(row, provider.client())
    cancel.request(row)
    row = step(row, provider.client())
    assert provider.jobs[row.remote_id]["status"] == "cancelled"
    assert row.status == Status.CANCELLED
    assert row.events.latest("ordinal").message == "Fine-tune cancelled"


def test_a_second_wish_is_none(fine_tune: FineTune) -> None:
    assert cancel.request(fine_tune)
    assert not cancel.request(fine_tune)


def test_an_ended_one_cannot_be_cancelled(fine_tune: FineTune) -> None:
    FineTune.objects.filter(pk=fine_tune.pk).update(status=Status.SUCCEEDED)
    assert not cancel.request(fine_tune)


def test_one_that_ended_in_the_same_moment_is_shown_as_it_is(fine_tune: FineTune, provider: Provider) -> None:
    row = step(fine_tune, provider.client())
    provider.succeed(row.remote_id)
    cancel.request(row)
    row = steps(row, provider.client(), 2)
    assert row.status == Status.SUCCEEDED
    assert row.cancel_requested_at is None


def test_a_lost_answer_is_asked_again(fine_tune: FineTune, provider: Provider) -> None:
    row = step(fine_tune, provider.client())
    cancel.request(row)
    provider.break_next("POST", "/fine-tunes/[^/]+/cancel", lost(httpx.ConnectError))
    row = step(row, provider.client())
    assert row.status != Status.CANCELLED
    assert step(row, provider.client()).status == Status.CANCELLED


def test_one_in_doubt_is_cancelled_once_it_is_found(fine_tune: FineTune, provider: Provider) -> None:
    provider.break_next("POST", "/fine-tunes", lost(httpx.ReadTimeout), after=True)
    row = step(fine_tune, provider.client())
    cancel.request(row)
    row = steps(row, provider.client(), 2)
    assert row.status == Status.CANCELLED
    assert provider.jobs[row.remote_id]["status"] == "cancelled"


def test_one_in_doubt_that_never_arrived_is_not_sent_again(fine_tune: FineTune, provider: Provider) -> None:
    provider.break_next("POST", "/fine-tunes", lost(httpx.ReadTimeout))
    row = step(fine_tune, provider.client())
    cancel.request(row)
    row = step(row, provider.client())
    assert row.in_doubt
    end_doubt(row)
    row = step(row, provider.client())
    assert row.status == Status.CANCELLED
    assert provider.jobs == {}


def test_a_wish_during_the_last_preparations_is_heard(fine_tune: FineTune, provider: Provider) -> None:
    def meanwhile(request: httpx.Request) -> httpx.Response:
        cancel.request(fine_tune)
        return httpx.Response(200, json=provider.files["file-1"])

    provider.break_next("GET", "/files/file-1", meanwhile)
    row = steps(fine_tune, provider.client(), 2)
    assert row.status == Status.CANCELLED
    assert provider.jobs == {}


def test_a_provider_that_takes_its_time_shows_cancelling(fine_tune: FineTune, provider: Provider) -> None:
    row = step(fine_tune, provider.client())
    provider.start(row.remote_id)
    cancel.request(row)
    provider.break_next(
        "POST", "/fine-tunes/[^/]+/cancel", lambda _r: httpx.Response(200, json=provider.jobs[row.remote_id])
    )
    row = step(row, provider.client())
    assert row.status == Status.CANCELLING
    provider.jobs[row.remote_id]["status"] = "cancelled"
    assert step(row, provider.client()).status == Status.CANCELLED
