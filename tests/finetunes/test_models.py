"""Fine-tuned models: the list, and their state. Their deletion: test_deletion.py."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import registry
from finetunes.models import Model
from tests.conftest import People
from tests.finetunes.conftest import NAME, new_fine_tune
from tests.finetunes.provider import Provider, status
from tests.finetunes.stepping import step


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
