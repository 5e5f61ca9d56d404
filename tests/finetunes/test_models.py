"""Fine-tuned models: the list, their state, and deletion by owners only."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import registry
from finetunes.delete import Refused, delete, dependents
from finetunes.models import FineTune, Model
from finetunes.statuses import Status
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.provider import Provider, lost, status
from tests.finetunes.stepping import step

NAME = "ada:ft-example:ticket-triage-2026-01-01"
OWNER = "You have insufficient permissions for this operation. You need to be this role: Owner."


@pytest.fixture
def model(people: People, connection: Connection, version: Version, fine_tune: FineTune) -> Model:
    return Model.objects.create(
        organization=people.organization,
        connection=connection,
        name=NAME,
        base_model="ada",
        fine_tune=fine_tune,
        version=version,
        ready_at=timezone.now(),
    )


@pytest.fixture
def held(model: Model, at_work: Provider) -> Provider:
    """The provider, holding the model."""
    at_work.models[NAME] = {"id": NAME, "object": "model", "created": 1, "owned_by": "user-7"}
    return at_work


class TestDelete:
    def test_it_is_deleted_there_and_its_record_stays(self, people: People, model: Model, held: Provider) -> None:
        delete(model, people.owner, typed=NAME, client=held.client())
        assert NAME not in held.models
        assert model.deleted_at
        assert model.deleted_by == people.owner
        assert Model.objects.filter(pk=model.pk).exists()

    @pytest.mark.parametrize("typed", ["", "ada", NAME.upper(), NAME[:-1]])
    def test_another_name_deletes_nothing(self, people: People, model: Model, held: Provider, typed: str) -> None:
        with pytest.raises(Refused):
            delete(model, people.owner, typed=typed, client=held.client())
        assert NAME in held.models
        assert held.sent("DELETE", ".*") == []

    def test_the_provider_s_refusal_is_in_its_own_words(self, people: People, model: Model, held: Provider) -> None:
        held.break_next("DELETE", "/models/.+", status(403, OWNER))
        with pytest.raises(Refused) as caught:
            delete(model, people.owner, typed=NAME, client=held.client())
        assert str(caught.value) == OWNER
        model.refresh_from_db()
        assert model.deleted_at is None

    def test_one_that_is_already_gone_is_a_success(self, people: People, model: Model, held: Provider) -> None:
        held.models.clear()
        delete(model, people.owner, typed=NAME, client=held.client())
        assert model.deleted_at

    def test_a_second_time_asks_nobody(self, people: People, model: Model, held: Provider) -> None:
        delete(model, people.owner, typed=NAME, client=held.client())
        delete(model, people.owner, typed=NAME, client=held.client())
        assert len(held.sent("DELETE", ".*")) == 1

    def test_a_lost_answer_is_said_and_a_second_try_succeeds(self, people: People, model: Model, held: Provider) -> None:
        held.break_next("DELETE", "/models/.+", lost(httpx.ReadTimeout), after=True)
        with pytest.raises(Refused):
            delete(model, people.owner, typed=NAME, client=held.client())
        delete(model, people.owner, typed=NAME, client=held.client())
        assert model.deleted_at

    def test_what_rests_on_it_is_known(self, people: People, connection: Connection, version: Version, model: Model) -> None:
        child = new_fine_tune(people, connection, version, base_model=NAME, parent=model)
        done = new_fine_tune(people, connection, version, base_model=NAME, parent=model)
        FineTune.objects.filter(pk=done.pk).update(status=Status.SUCCEEDED)
        found = dependents(model)
        assert set(found.children) == {child, done}
        assert found.running == [child]


class TestDeletePage:
    def url(self, model: Model) -> str:
        return reverse("models:delete", args=[model.pk])

    def test_an_owner_deletes_by_typing_the_name(self, owner_client: Client, model: Model, held: Provider) -> None:
        answer = owner_client.post(self.url(model), {"name": NAME}, follow=True)
        assert "The model is deleted at its provider." in answer.content.decode()
        model.refresh_from_db()
        assert model.is_deleted
        assert AuditEntry.objects.get(action="model.deleted").target_name == NAME

    def test_the_refusal_is_shown_and_nothing_is_written_down(
        self, owner_client: Client, model: Model, held: Provider
    ) -> None:
        held.break_next("DELETE", "/models/.+", status(403, OWNER))
        answer = owner_client.post(self.url(model), {"name": NAME})
        assert answer.status_code == 422
        assert OWNER in answer.content.decode()
        assert not AuditEntry.objects.filter(action="model.deleted").exists()

    def test_a_wrong_name_is_explained(self, owner_client: Client, model: Model, held: Provider) -> None:
        answer = owner_client.post(self.url(model), {"name": "ada"})
        assert answer.status_code == 422
        assert "The name does not match." in answer.content.decode()

    def test_it_says_what_rests_on_the_model(
        self, owner_client: Client, people: People, connection: Connection, version: Version, model: Model
    ) -> None:
        new_fine_tune(people, connection, version, base_model=NAME, parent=model, suffix="the-child")
        page = owner_client.get(self.url(model)).content.decode()
        assert "the-child" in page
        assert "is under way" in page

    def test_members_and_viewers_may_not(
        self, member_client: Client, viewer_client: Client, model: Model, held: Provider
    ) -> None:
        for client in (member_client, viewer_client):
            assert client.get(self.url(model)).status_code == 403
            assert client.post(self.url(model), {"name": NAME}).status_code == 403
        assert NAME in held.models

    def test_another_organization_s_is_not_found(self, outsider_client: Client, model: Model, held: Provider) -> None:
        assert outsider_client.post(self.url(model), {"name": NAME}).status_code == 404
        assert outsider_client.get(model.get_absolute_url()).status_code == 404
        assert NAME in held.models

    def test_a_member_sees_no_way_to_it(self, member_client: Client, owner_client: Client, model: Model) -> None:
        assert self.url(model) not in member_client.get(model.get_absolute_url()).content.decode()
        assert self.url(model) in owner_client.get(model.get_absolute_url()).content.decode()


class TestPages:
    def test_the_list_says_where_each_comes_from(self, viewer_client: Client, model: Model) -> None:
        Model.objects.filter(pk=model.pk).update(shutdown_date="2031-01-14")
        words = re.sub(r"<[^>]+>|\s+", " ", viewer_client.get("/models/").content.decode())
        for word in (NAME, "Ready", "ada", "ticket-triage", "Tickets 2026 v1", "Trainer", "2031-01-14"):
            assert word in words

    def test_deleted_ones_are_shown_only_when_asked_for(self, viewer_client: Client, model: Model) -> None:
        Model.objects.filter(pk=model.pk).update(deleted_at=timezone.now())
        assert NAME not in viewer_client.get("/models/").content.decode()
        page = viewer_client.get("/models/", {"show": "all"}).content.decode()
        assert NAME in page
        assert "Deleted" in page

    @pytest.mark.parametrize(("words", "found"), [("triage", True), ("Tickets", True), ("ADA", True), ("ads", False)])
    def test_search(self, viewer_client: Client, model: Model, words: str, found: bool) -> None:
        page = viewer_client.get("/models/", {"q": words}).content.decode()
        assert (f"<b>{NAME}</b>" in page) is found

    def test_filtering_gets_the_rows_alone(self, viewer_client: Client, model: Model) -> None:
        answer = viewer_client.get("/models/", headers={"HX-Request": "true", "HX-Target": "rows"})
        assert "<html" not in answer.content.decode()

    def test_an_empty_list_says_what_fills_it(self, viewer_client: Client) -> None:
        assert "There is no model yet." in viewer_client.get("/models/").content.decode()

    def test_strangers_are_asked_to_sign_in(self, client: Client, model: Model) -> None:
        for url in ("/models/", model.get_absolute_url(), reverse("models:delete", args=[model.pk])):
            assert "/accounts/login/" in client.get(url)["Location"]


class TestState:
    def test_usable_ones_are_neither_deleted_nor_shut_down(
        self, people: People, connection: Connection, model: Model
    ) -> None:
        today = timezone.localdate()
        changes: dict[str, dict[str, Any]] = {
            "deleted": {"deleted_at": timezone.now()},
            "ended": {"shutdown_date": today - timedelta(days=1)},
            "last day": {"shutdown_date": today},
        }
        for name, values in changes.items():
            Model.objects.create(
                organization=people.organization, connection=connection, name=name, base_model="ada", **values
            )
        assert {found.name for found in Model.objects.usable()} == {NAME, "last day"}
        states = {found.name: found.state[1] for found in Model.objects.all()}
        assert states == {NAME: "Ready", "deleted": "Deleted", "ended": "Shut down", "last day": "Being made ready"}

    def test_checking_learns_the_shutdown_date(self, model: Model, held: Provider) -> None:
        held.models[NAME]["shutdown_date"] = "2027-01-14"
        registry.check(model, held.client())
        model.refresh_from_db()
        assert str(model.shutdown_date) == "2027-01-14"
        assert model.checked_at

    def test_a_nonsensical_date_is_no_date(self, model: Model, held: Provider) -> None:
        held.models[NAME]["shutdown_date"] = "soon"
        registry.check(model, held.client())
        model.refresh_from_db()
        assert model.shutdown_date is None

    def test_one_that_does_not_answer_is_not_ready(self, model: Model, held: Provider) -> None:
        held.models.clear()
        registry.check(model, held.client())
        model.refresh_from_db()
        assert model.ready_at is None

    def test_a_provider_in_trouble_changes_nothing(self, model: Model, held: Provider) -> None:
        held.break_next("GET", "/models/.+", status(500))
        registry.check(model, held.client())
        model.refresh_from_db()
        assert model.ready_at

    def test_a_continued_one_keeps_the_base_it_began_with(
        self, people: People, connection: Connection, version: Version, model: Model, held: Provider
    ) -> None:
        child = step(new_fine_tune(people, connection, version, base_model=NAME, parent=model), held.client())
        held.succeed(child.remote_id)
        step(child, held.client())
        made = Model.objects.get(fine_tune=child)
        assert made.base_model == "ada"
        assert made.version == version
