"""The record: written for every change, shown to owners, exported without formulas."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from teams import audit, sheet
from teams.models import AuditEntry, Organization, User
from teams.views import audit as audit_views
from tests.conftest import People

pytestmark = pytest.mark.django_db


def note(people: People, action: str = "dataset.uploaded", **details: Any) -> AuditEntry:
    return audit.note(people.organization, action, people.member, actor=people.owner, address="10.0.0.7", **details)


def exported(client: Client, query: str = "") -> list[list[str]]:
    return list(csv.reader(StringIO("".join(chunks(client, query)), newline="")))


def chunks(client: Client, query: str = "") -> list[str]:
    """Return the export piece by piece, as a server sends it."""
    answer: Any = client.get(f"/audit/export/?{query}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]

    async def collected() -> list[str]:
        return [chunk.decode() async for chunk in answer.streaming_content]

    return async_to_sync(collected)()


class TestWriting:
    def test_an_entry_says_who_what_and_where(self, people: People) -> None:
        entry = note(people, rows=1197)
        assert (entry.actor_name, entry.target_type, entry.target_name) == ("Owner", "user", "Member")
        assert (entry.address, entry.details) == ("10.0.0.7", {"rows": 1197})

    def test_without_a_person_it_was_tunedeck(self, people: People) -> None:
        entry = audit.note(people.organization, "model.deleted")
        assert (entry.actor, entry.actor_name, entry.target_name) == (None, "Tunedeck", "")

    def test_it_outlives_the_person(self, people: People) -> None:
        entry = note(people)
        people.owner.delete()
        entry.refresh_from_db()
        assert entry.actor_name == "Owner"
        assert not User.objects.filter(email="owner@example.com").exists()

    def test_long_names_are_cut_rather_than_lost(self, people: People) -> None:
        people.member.name = "x" * 400
        assert len(note(people).target_name) == 300

    @pytest.mark.parametrize(("address", "kept"), [("192.0.2.4", "192.0.2.4"), ("::1", "::1"), ("unix:", None), ("", None)])
    def test_only_real_addresses_are_kept(self, rf: RequestFactory, address: str, kept: str | None) -> None:
        assert audit.address(rf.get("/", REMOTE_ADDR=address)) == kept


class TestThePage:
    def test_only_owners_see_it(self, owner_client: Client, member_client: Client, client: Client) -> None:
        for page in ("/audit/", "/audit/export/"):
            assert owner_client.get(page).status_code == 200
            assert member_client.get(page).status_code == 403
            assert client.get(page).status_code == 302

    def test_it_shows_newest_first_and_only_this_organization(self, owner_client: Client, people: People) -> None:
        note(people, "first.thing")
        note(people, "second.thing")
        audit.note(Organization.objects.get(slug="elsewhere"), "secret.thing")
        page = owner_client.get("/audit/").content.decode()
        assert page.index("second thing") < page.index("first thing")
        assert "secret" not in page

    def test_details_are_escaped(self, owner_client: Client, people: People) -> None:
        note(people, name="<img src=x onerror=alert(1)>")
        page = owner_client.get("/audit/").content.decode()
        assert "<img" not in page
        assert "&lt;img" in page

    def test_search_looks_at_person_action_and_target(self, owner_client: Client, people: People) -> None:
        note(people, "fine-tune.created")
        audit.note(people.organization, "model.deleted")
        for words, there, gone in (
            ("fine-tune", "Owner started the fine-tune Member", "Tunedeck deleted the model"),
            ("tunedeck", "Tunedeck deleted the model", "started the fine-tune"),
            ("at its provider", "Tunedeck deleted the model", "started the fine-tune"),
        ):
            page = owner_client.get("/audit/", {"q": words}).content.decode()
            assert there in page
            assert gone not in page

    def test_actions_can_be_chosen(self, owner_client: Client, people: People) -> None:
        note(people, "fine-tune.created")
        note(people, "model.deleted")
        page = owner_client.get("/audit/", {"action": "model.deleted"}).content.decode()
        assert "<b>Owner deleted the model Member at its provider</b>" in page
        assert "<b>Owner started" not in page
        assert 'value="fine-tune.created"' in page, "the other actions stay to be chosen"

    def test_nothing_found_says_so(self, owner_client: Client, people: People) -> None:
        assert "Nothing has been done yet" in owner_client.get("/audit/").content.decode()
        assert "Nothing found" in owner_client.get("/audit/", {"q": "zzz"}).content.decode()

    def test_pages_keep_what_was_searched_for(self, owner_client: Client, people: People) -> None:
        for number in range(60):
            note(people, "dataset.uploaded", number=number)
        first = owner_client.get("/audit/", {"q": "dataset"}).content.decode()
        assert "?q=dataset&amp;before=11" in first
        second = owner_client.get("/audit/", {"q": "dataset", "before": "11"}).content.decode()
        assert (first.count("<summary>"), second.count("<summary>")) == (50, 10)
        assert "the newest 50 entries" in first
        assert owner_client.get("/audit/", {"before": "nonsense"}).status_code == 200

    def test_a_fragment_is_given_only_to_who_asks_for_it(self, owner_client: Client, people: People) -> None:
        note(people, "fine-tune.created")
        headers = {"HX-Request": "true", "HX-Target": "entries"}
        fragment = owner_client.get("/audit/", {"q": "fine"}, headers=headers)
        assert b"<html" not in fragment.content
        assert b"<b>Owner started the fine-tune Member</b>" in fragment.content
        assert b'hx-swap-oob="innerHTML:#found">1 entry' in fragment.content
        assert b"/audit/export/?q=fine" in fragment.content, "the export must be of what is shown"
        assert "HX-Target" in fragment.headers["Vary"]
        whole = owner_client.get("/audit/", headers={"HX-Request": "true"})
        assert b"<html" in whole.content

    def test_more_entries_do_not_mean_more_queries(
        self, owner_client: Client, people: People, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _entry in range(50):
            note(people)
        with django_assert_max_num_queries(7):
            owner_client.get("/audit/")


class TestTheExport:
    def test_it_holds_every_entry_that_was_filtered_for(self, owner_client: Client, people: People) -> None:
        for number in range(3):
            note(people, "dataset.uploaded", number=number)
        note(people, "model.deleted")
        head, *rows = exported(owner_client, "action=dataset.uploaded")
        assert head[:3] == ["when", "who", "action"]
        assert [row[2] for row in rows] == ["dataset.uploaded"] * 3
        assert rows[0][-1] == "number: 2"

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
    def test_a_spreadsheet_runs_nothing_of_it(self, owner_client: Client, people: People, name: str) -> None:
        people.member.name = name
        note(people)
        (_head, row) = exported(owner_client)
        assert row[5] == f"'{name}"

    def test_quotes_and_line_breaks_stay_in_their_cell(self, owner_client: Client, people: People) -> None:
        note(people, reason='he said "no",\nand left')
        (_head, row) = exported(owner_client)
        assert row[-1] == 'reason: he said "no",\nand left'

    @pytest.mark.parametrize("harmless", ["", "plain", "a=b", "1-2", "ada:ft-acme"])
    def test_harmless_cells_stay_as_they_are(self, harmless: str) -> None:
        assert sheet.neutral(harmless) == harmless

    def test_it_streams_some_at_a_time(self, owner_client: Client, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(audit_views, "EXPORTED", 2)
        for _entry in range(3):
            note(people)
        assert [chunk.count("\n") for chunk in chunks(owner_client)] == [1, 2, 1]
        assert len(chunks(owner_client, "action=model.deleted")) == 1
