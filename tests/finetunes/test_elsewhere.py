"""The page of what was started elsewhere, and every page that meets an imported fine-tune."""

from __future__ import annotations

import re

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes.deletion.carry_out import carry_out
from finetunes.models import FineTune, Inventory, Model
from finetunes.polling import poll_connection
from finetunes.statuses import Status
from finetunes.stock import take_stock
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.provider import Provider
from tests.finetunes.test_stock import ended_there, started_there


@pytest.fixture
def inventory(connection: Connection) -> Inventory:
    return Inventory.objects.create(connection=connection, due_at=timezone.now())


@pytest.fixture
def listed(inventory: Inventory, provider: Provider) -> Inventory:
    """12 that ended at the provider and one that failed, none started here."""
    ended_there(provider, 12)
    started_there(provider, 1, status="defragmenting")
    return look(inventory, provider)


@pytest.fixture
def imported(listed: Inventory, provider: Provider) -> FineTune:
    Inventory.objects.update(imports=True)
    look(listed, provider)
    poll_connection(listed.connection_id, transport=httpx.MockTransport(provider))
    return FineTune.objects.filter(status=Status.SUCCEEDED)[0]


def look(inventory: Inventory, provider: Provider) -> Inventory:
    Inventory.objects.filter(pk=inventory.pk).update(due_at=timezone.now())
    assert take_stock(inventory.pk, provider.client("both"))
    return Inventory.objects.get(pk=inventory.pk)


def page(client: Client, name: str, pk: int, **headers: str) -> str:
    answer = client.get(reverse(f"finetunes:{name}", args=[pk]), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


class TestPage:
    def test_before_the_first_list_it_says_so_and_follows(self, viewer_client: Client, connection: Connection) -> None:
        html = page(viewer_client, "elsewhere", connection.pk)
        assert "The provider is being asked for its list." in html
        assert 'hx-trigger="every 2s"' in html

    def test_it_counts_and_lists_what_was_not_started_here(self, member_client: Client, listed: Inventory) -> None:
        html = page(member_client, "elsewhere", listed.connection_id)
        assert "13 fine-tunes at this provider were not started here." in html
        assert "Import all" in html
        assert "defragmenting" in html
        assert "ft:babbage-002:example::ftjob-1" in html
        assert "every 2s" not in html, "nothing is under way"

    def test_a_viewer_sees_it_and_changes_nothing(self, viewer_client: Client, listed: Inventory) -> None:
        assert "Import all" not in page(viewer_client, "elsewhere", listed.connection_id)
        for name in ("import", "stop-import", "look", "hush"):
            assert viewer_client.post(reverse(f"finetunes:{name}", args=[listed.connection_id])).status_code == 403

    def test_another_organization_finds_nothing(self, outsider_client: Client, listed: Inventory) -> None:
        assert outsider_client.get(reverse("finetunes:elsewhere", args=[listed.connection_id])).status_code == 404
        for name in ("import", "stop-import", "look", "hush"):
            assert outsider_client.post(reverse(f"finetunes:{name}", args=[listed.connection_id])).status_code == 404
        assert "not started here" not in outsider_client.get("/finetunes/").content.decode()

    def test_importing_shows_how_far_it_is_and_then_that_it_is_done(
        self, member_client: Client, listed: Inventory, provider: Provider, people: People
    ) -> None:
        member_client.post(reverse("finetunes:import", args=[listed.connection_id]))
        assert "0 of 13" in page(member_client, "elsewhere", listed.connection_id)
        entry = AuditEntry.objects.get(action="fine-tunes.imported")
        assert entry.actor == people.member
        look(listed, provider)
        html = page(member_client, "elsewhere", listed.connection_id, **{"HX-Request": "true", "HX-Target": "stock"})
        assert "0 of 13" in html
        assert "<html" not in html
        poll_connection(listed.connection_id, transport=httpx.MockTransport(provider))
        html = page(member_client, "elsewhere", listed.connection_id)
        assert "All that Trainer lists is here." in html
        assert "13 fine-tunes were imported." in html
        member_client.post(reverse("finetunes:stop-import", args=[listed.connection_id]))
        assert not Inventory.objects.get().imports

    def test_a_provider_that_gives_no_list_is_said_with_a_way_out(self, owner_client: Client, inventory: Inventory) -> None:
        Inventory.objects.update(trouble="<b>Not today</b>", due_at=None)
        html = page(owner_client, "elsewhere", inventory.connection_id)
        assert "did not give its list" in html
        assert "&lt;b&gt;Not today" in html
        assert f'href="/connections/{inventory.connection_id}/"' in html

    def test_looking_again_makes_it_due(self, member_client: Client, listed: Inventory) -> None:
        member_client.post(reverse("finetunes:look", args=[listed.connection_id]))
        assert Inventory.objects.get().is_busy

    def test_hostile_names_stay_text(self, viewer_client: Client, inventory: Inventory, provider: Provider) -> None:
        started_there(provider, 1, fine_tuned_model="<script>alert(1)</script>", status="<i>odd</i>")
        look(inventory, provider)
        html = page(viewer_client, "elsewhere", inventory.connection_id)
        assert "<script>alert" not in html
        assert "<i>odd" not in html

    def test_more_rows_take_no_more_questions(
        self, viewer_client: Client, listed: Inventory, provider: Provider, django_assert_max_num_queries: object
    ) -> None:
        with django_assert_max_num_queries(16):  # type: ignore[operator]
            page(viewer_client, "elsewhere", listed.connection_id)


class TestMention:
    def test_the_list_of_fine_tunes_leads_there_until_it_is_told_not_to(
        self, member_client: Client, listed: Inventory
    ) -> None:
        html = member_client.get("/finetunes/").content.decode()
        assert "13 fine-tunes at Trainer were not started here." in html
        assert reverse("finetunes:elsewhere", args=[listed.connection_id]) in html
        member_client.post(reverse("finetunes:hush", args=[listed.connection_id]))
        assert "were not started here" not in member_client.get("/finetunes/").content.decode()

    def test_the_connection_s_page_always_leads_there(self, owner_client: Client, connection: Connection) -> None:
        html = owner_client.get(connection.get_absolute_url()).content.decode()
        assert reverse("finetunes:elsewhere", args=[connection.pk]) in html

    def test_what_is_imported_by_itself_is_not_mentioned(self, member_client: Client, listed: Inventory) -> None:
        Inventory.objects.update(imports=True)
        assert "were not started here" not in member_client.get("/finetunes/").content.decode()


class TestEveryPageCopes:
    def test_its_own_page_says_where_it_comes_from(self, member_client: Client, imported: FineTune) -> None:
        said = words(page(member_client, "detail", imported.pk))
        assert "started by somebody elsewhere" in said
        assert "not here: it was started elsewhere" in said
        assert "The model is ready." in said

    @pytest.mark.parametrize("name", ["events", "raw"])
    def test_events_and_the_original_are_a_click_away(self, viewer_client: Client, imported: FineTune, name: str) -> None:
        assert page(viewer_client, name, imported.pk)

    def test_charts_and_tables_are_drawn(self, viewer_client: Client, imported: FineTune) -> None:
        for name in ("chart", "table"):
            assert viewer_client.get(reverse(f"finetunes:{name}", args=[imported.pk, "loss"])).status_code == 200

    @pytest.mark.parametrize("address", ["/", "/finetunes/", "/finetunes/?q=ftjob", "/finetunes/?dataset=1", "/models/"])
    def test_lists_show_it(self, viewer_client: Client, imported: FineTune, address: str) -> None:
        assert viewer_client.get(address).status_code == 200

    def test_home_shows_one_that_still_runs(self, viewer_client: Client, imported: FineTune) -> None:
        FineTune.objects.filter(pk=imported.pk).update(status=Status.RUNNING, settled_at=None)
        html = viewer_client.get("/").content.decode()
        assert imported.name in html
        assert "None" not in words(html)

    def test_it_can_be_copied_onto_data_of_ours(
        self, member_client: Client, imported: FineTune, version: Version, at_work: Provider
    ) -> None:
        answer = member_client.get(reverse("finetunes:new"), {"from": imported.pk})
        assert answer.status_code == 200
        assert version.dataset.name in answer.content.decode()

    def test_its_model_can_be_seen_tried_trained_further_and_deleted(
        self, owner_client: Client, imported: FineTune, version: Version, provider: Provider, at_work: Provider
    ) -> None:
        model = imported.tuned_models.get()
        for address in (
            model.get_absolute_url(),
            f"{reverse('playground:home')}?model={model.pk}",
            f"{reverse('finetunes:new')}?model={model.pk}",
            reverse("models:delete", args=[model.pk]),
        ):
            assert owner_client.get(address).status_code == 200, address
        wish = {"name": model.name, "reason": "It was a trial.", "at_once": "1"}
        owner_client.post(reverse("models:delete", args=[model.pk]), wish)
        carry_out(model.deletions.get().pk)
        assert Model.objects.get(pk=model.pk).is_deleted
        assert model.name not in provider.models

    def test_one_that_is_gone_says_so_on_its_page_and_in_the_list(self, viewer_client: Client, imported: FineTune) -> None:
        FineTune.objects.filter(pk=imported.pk).update(gone_at=timezone.now())
        said = words(page(viewer_client, "detail", imported.pk))
        assert "No longer at the provider." in said
        assert "kept here" in said
        assert "no longer at the provider" in viewer_client.get("/finetunes/").content.decode()
