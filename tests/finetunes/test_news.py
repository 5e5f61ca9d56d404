"""What happens to a fine-tune is announced with it: once, to whom it concerns, and never for what is old."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from connections.models import Connection
from finetunes import trouble
from finetunes.models import FineTune
from finetunes.statuses import Status
from notifications.models import Notification
from openai_api.errors import ConnectionFailed
from tests.conftest import People
from tests.finetunes.provider import Provider, status
from tests.finetunes.stepping import step, steps

pytestmark = pytest.mark.django_db


def announced() -> list[tuple[str, str]]:
    return [(one.kind, one.facts.get("name", "")) for one in Notification.objects.order_by("pk")]


def finish(provider: Provider, how: str) -> None:
    for job in provider.jobs.values():
        job["status"] = how
        job["fine_tuned_model"] = "ada:ft-acme" if how == "succeeded" else None


def held(fine_tune: FineTune) -> FineTune:
    FineTune.objects.filter(pk=fine_tune.pk).update(due_at=timezone.now())
    row = FineTune.objects.claim(fine_tune.pk, 30)
    assert row is not None
    return row


@pytest.mark.parametrize("how", ["succeeded", "failed"])
def test_an_end_is_announced_once_however_often_it_is_polled(fine_tune: FineTune, provider: Provider, how: str) -> None:
    steps(fine_tune, provider.client(), 3)
    assert announced() == []
    finish(provider, how)
    steps(fine_tune, provider.client(), 4)
    assert announced() == [(how, "ticket-triage")]
    notification = Notification.objects.get()
    assert (notification.concerns, notification.path) == (fine_tune.started_by, fine_tune.get_absolute_url())


def test_success_names_the_model(fine_tune: FineTune, provider: Provider) -> None:
    steps(fine_tune, provider.client(), 3)
    finish(provider, "succeeded")
    steps(fine_tune, provider.client(), 1)
    assert Notification.objects.get().facts["model"] == "ada:ft-acme"


def test_a_refusal_at_the_start_is_a_failure_in_the_provider_s_words(fine_tune: FineTune, provider: Provider) -> None:
    provider.break_next("POST", "/fine-tunes", status(400, "No such base."))
    steps(fine_tune, provider.client(), 3)
    assert announced() == [("failed", "ticket-triage")]
    assert Notification.objects.get().facts["error"] == "No such base."


def test_a_cancelled_one_is_no_news(fine_tune: FineTune, provider: Provider) -> None:
    steps(fine_tune, provider.client(), 3)
    finish(provider, "cancelled")
    steps(fine_tune, provider.client(), 2)
    assert announced() == []


def test_one_that_had_ended_before_it_was_first_seen_here_is_no_news(fine_tune: FineTune, provider: Provider) -> None:
    steps(fine_tune, provider.client(), 3)
    finish(provider, "succeeded")
    FineTune.objects.update(sent_at=None, answered_at=None, status=Status.QUEUED)
    assert step(fine_tune, provider.client()).status == Status.SUCCEEDED
    assert announced() == []


def test_lost_contact_is_announced_once_in_each_silence(fine_tune: FineTune) -> None:
    first, second = timezone.now() - timedelta(hours=2), timezone.now() - timedelta(hours=1)
    for silent_since in (first, first, second):
        row = held(fine_tune)
        FineTune.objects.update(status=Status.RUNNING, answered_at=silent_since, sent_at=first)
        row.refresh_from_db()
        row.release(status=Status.LOST_CONTACT)
    assert [kind for kind, _name in announced()] == ["lost-contact", "lost-contact"]


def test_whoever_has_lost_the_lease_announces_nothing(fine_tune: FineTune) -> None:
    row = held(fine_tune)
    FineTune.objects.update(lease_token=None)
    assert row.release(status=Status.FAILED) is False
    assert announced() == []


def test_a_connection_that_is_silent_is_told_once_to_each_person(
    people: People, fine_tune: FineTune, connection: Connection
) -> None:
    long_ago = timezone.now() - timedelta(minutes=10)
    for number in range(3):
        FineTune.objects.create(
            organization=people.organization,
            connection=connection,
            name=f"T{number}",
            base_model="ada",
            training_version=fine_tune.training_version,
            started_by=people.owner if number else people.member,
            remote_id=f"ft-{number}",
        )
    FineTune.objects.update(due_at=timezone.now(), failures=9, answered_at=long_ago, status=Status.RUNNING)
    for _ in range(2):
        trouble.note_all(FineTune.objects.exclude(remote_id=""), ConnectionFailed("gone"), timezone.now())
    found = Notification.objects.order_by("pk")
    assert [(one.concerns, one.facts.get("more", 0)) for one in found] == [(people.member, 0), (people.owner, 1)]
    assert set(FineTune.objects.exclude(remote_id="").values_list("status", flat=True)) == {"lost-contact"}
