"""Messages to webhooks are kept for a month: long enough to look them up, not for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.trainer.conftest import Caller, current
from tests.trainer.test_webhooks import URL, answers, due
from trainer import deliver, tasks, webhooks
from trainer.models import Delivery, Organization

pytestmark = pytest.mark.django_db

LATER = deliver.KEPT + timedelta(minutes=1)


@pytest.fixture
def delivery(owner: Caller) -> Delivery:
    webhooks.register(Organization.objects.get(slug="acme"), URL)
    owner.post(f"fine_tuning/jobs/{current(owner)['id']}/cancel")
    return Delivery.objects.get()


def a_month_later() -> None:
    with time_machine.travel(timezone.now() + LATER, tick=False):
        tasks.ring()


def test_a_message_that_arrived_is_forgotten_after_a_month(delivery: Delivery) -> None:
    deliver.deliver(due(), answers(200))
    tasks.ring()
    assert Delivery.objects.exists()
    a_month_later()
    assert not Delivery.objects.exists()


def test_one_that_was_given_up_too(delivery: Delivery) -> None:
    Delivery.objects.update(due_at=None, said="HTTP 500")
    a_month_later()
    assert not Delivery.objects.exists()


def test_one_that_still_waits_after_a_long_sleep_of_the_machine_is_sent_first(delivery: Delivery) -> None:
    a_month_later()
    assert Delivery.objects.exists()


def test_the_oldest_go_first_and_not_all_at_once(delivery: Delivery) -> None:
    long_ago = timezone.now() - LATER
    for place in range(3):
        end, _ = webhooks.register(delivery.endpoint.organization, f"{URL}/{place}")
        Delivery.objects.create(endpoint=end, job=delivery.job, body="{}", created_at=long_ago)
    kept = Delivery.objects.order_by("pk").last()
    Delivery.objects.filter(pk=delivery.pk).update(created_at=long_ago, due_at=None)
    deliver.sweep(3)
    assert list(Delivery.objects.all()) == [kept]
