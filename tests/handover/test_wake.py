"""Nothing is asked of a provider before its connection has a key; then what ran goes on, and nothing is made twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from evaluations.models import Run
from finetunes import tasks
from finetunes.advance import advance
from finetunes.models import Deletion, FineTune, Inventory
from finetunes.polling import poll_connection
from handover import wake
from handover.models import Asleep
from handover.unpack import unpack
from notifications.models import Delivery, Hook
from openai_api.errors import AuthenticationFailed
from teams.models import Organization, User
from tests.conftest import signed_in
from tests.finetunes.provider import Provider
from tests.handover import made
from tests.handover.test_round_trip import forget, packed


@pytest.fixture
def came(db: None, tmp_path: Path) -> Organization:
    organization = made.organization()
    path = packed(organization, tmp_path / "acme.zip")
    forget(organization)
    return unpack(path).organization


def enter_key(came: Organization) -> Connection:
    connection = Connection.objects.of(came).get()
    connection.key = "sk-new"
    connection.save()
    return connection


def test_nothing_is_due_before_there_is_a_key(came: Organization) -> None:
    wake.ring()
    assert not FineTune.objects.due().exists()
    assert not Run.objects.due().exists()
    assert Asleep.objects.count() == 1


def test_a_connection_without_a_key_answers_for_its_provider(came: Organization) -> None:
    with Connection.objects.of(came).get().client() as client, pytest.raises(AuthenticationFailed, match="has no key"):
        list(client.fine_tunes())


def test_the_pages_ask_an_owner_for_what_did_not_come(came: Organization) -> None:
    owner = signed_in(User.objects.get(email="olga@acme.test"))
    connection, hook = Connection.objects.of(came).get(), Hook.objects.of(came).get()
    page = owner.get(connection.get_absolute_url()).content.decode()
    assert "until an owner enters it" in page
    for address in (reverse("connections:edit", args=[connection.pk]), reverse("notifications:hook_edit", args=[hook.pk])):
        assert "is stored. Leave this empty" not in owner.get(address).content.decode()
    answer = owner.post(reverse("connections:edit", args=[connection.pk]), {"name": "P", "base_url": connection.base_url})
    assert answer.status_code == 422


def test_a_whole_round_of_rings_reaches_nobody(came: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(*_args: object) -> None:
        raise AssertionError("a provider was asked")

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", reached)
    tasks.ring()
    for inventory in Inventory.objects.filter(connection__organization=came):
        Inventory.objects.filter(pk=inventory.pk).update(due_at=timezone.now())
        tasks.take_stock(inventory.pk)
    for model in came.tuned_models.all():
        tasks.check_model(model.pk)


def test_with_a_key_what_ran_is_followed_by_its_own_id(came: Organization) -> None:
    connection = enter_key(came)
    wake.ring()
    provider = Provider()
    running = FineTune.objects.get(name="Running")
    assert running.due_at is not None
    poll_connection(connection.pk, transport=httpx.MockTransport(provider))
    assert not [request for request in provider.requests if request.method == "POST"]
    assert not Asleep.objects.exists()


def test_what_was_about_to_be_sent_is_looked_for_and_never_sent_by_itself(came: Organization) -> None:
    connection = enter_key(came)
    token = FineTune.objects.get(name="Unsent").token
    wake.ring()
    provider = Provider()
    for _ in range(5):
        FineTune.objects.filter(name="Unsent").update(due_at=timezone.now() - timedelta(seconds=1))
        with connection.client("legacy", transport=httpx.MockTransport(provider)) as client:
            advance(FineTune.objects.get(name="Unsent").pk, client)
    unsent = FineTune.objects.get(name="Unsent")
    assert (unsent.token, unsent.remote_id, unsent.awaits_decision) == (token, "", True)
    assert not [request for request in provider.requests if request.method == "POST"]


def test_what_has_ended_is_left_alone(came: Organization) -> None:
    enter_key(came)
    wake.ring()
    assert FineTune.objects.get(name="First").due_at is None
    assert Run.objects.filter(due_at__isnull=False).get().state == Run.State.RUNNING


def test_a_model_that_was_to_be_deleted_is_held_for_another_day(came: Organization) -> None:
    enter_key(came)
    wake.ring()
    deletion = Deletion.objects.get()
    assert deletion.due_at == deletion.hold_until
    assert deletion.can_be_restored
    assert deletion.hold_until > timezone.now() + timedelta(hours=23)


def test_waking_twice_changes_nothing(came: Organization) -> None:
    enter_key(came)
    wake.ring()
    before = list(FineTune.objects.order_by("pk").values())
    wake.ring()
    assert list(FineTune.objects.order_by("pk").values()) == before


def test_a_hook_without_an_address_is_not_called(came: Organization) -> None:
    from notifications.announce import announce
    from notifications.kinds import Kind
    from notifications.models import Notification
    from notifications.spread import spread

    announce(came, Kind.FAILED, key="x", path="/")
    spread(Notification.objects.get().pk)
    assert not Delivery.objects.exclude(hook=None).exists()
