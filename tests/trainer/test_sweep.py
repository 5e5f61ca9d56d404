"""What is not needed any more goes: messages to webhooks after a month, files of deleted models at once or soon."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.trainer.conftest import Caller, current
from tests.trainer.test_webhooks import URL, answers, due
from trainer import delete, deliver, tasks, webhooks
from trainer.models import Delivery, Model, Organization

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


def a_model(name: str) -> Model:
    acme = Organization.objects.get_or_create(slug="acme")[0]
    made = Model.objects.create(organization=acme, name=name, base_name="ada", parent_name="ada", folder_name=name)
    made.path.mkdir(parents=True)
    (made.path / "weights").write_bytes(b"1")
    return made


def test_a_deleted_model_leaves_no_file_and_the_others_keep_theirs() -> None:
    gone, kept = a_model("gone"), a_model("kept")
    delete.model(gone)
    tasks.ring()
    assert not gone.path.exists()
    assert kept.path.exists()


def test_what_a_process_that_died_left_of_a_deleted_model_is_removed() -> None:
    left, kept = a_model("left"), a_model("other")
    Model.objects.filter(pk=left.pk).update(deleted_at=timezone.now())
    tasks.ring()
    assert not left.path.exists()
    assert kept.path.exists()


def test_a_disk_that_refuses_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    left = a_model("stubborn")
    Model.objects.filter(pk=left.pk).update(deleted_at=timezone.now())
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", refuse)
        delete.sweep()
    assert left.path.exists()
    delete.sweep()
    assert not left.path.exists()


def refuse(path: object) -> None:
    raise PermissionError("read-only")
