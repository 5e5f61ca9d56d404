"""Adding, changing and retiring connections; the key is never seen again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from connections import retire
from connections.models import Connection
from finetunes.models import Model
from teams.models import AuditEntry
from tests.conftest import People
from tests.connections.conftest import KEY

pytestmark = pytest.mark.django_db

FORM = {
    "name": "OpenAI",
    "base_url": "https://api.openai.com/v1/",
    "dialect": "jobs",
    "key": KEY,
    "organization_header": "",
}


def address(connection: Connection, what: str = "") -> str:
    return f"/connections/{connection.pk}/{what}"


def unchanged(connection: Connection, **change: str) -> dict[str, str]:
    """Return what the edit form sends when nothing but `change` was touched."""
    form = {
        "name": connection.name,
        "base_url": connection.base_url,
        "dialect": connection.dialect,
        "key": "",
        "organization_header": connection.organization_header,
    }
    return form | change


class TestAdding:
    def test_an_owner_adds_one(self, owner_client: Client, people: People) -> None:
        answer = owner_client.post("/connections/add/", FORM | {"organization_header": "org-7"})
        connection = Connection.objects.get()
        assert answer.headers["Location"] == address(connection)
        assert connection.organization == people.organization
        assert connection.created_by == people.owner
        assert (connection.base_url, connection.dialect) == ("https://api.openai.com/v1", "jobs")
        assert (connection.key, connection.organization_header) == (KEY, "org-7")
        assert connection.works is None

    def test_it_is_on_record_without_the_key(self, owner_client: Client) -> None:
        owner_client.post("/connections/add/", FORM)
        entry = AuditEntry.objects.get(action="connection.added")
        assert entry.details == {"base_url": "https://api.openai.com/v1", "dialect": "jobs"}
        assert KEY not in str(list(AuditEntry.objects.values()))

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"name": ""}, "required"),
            ({"base_url": "https://api.openai.com"}, "Did you mean https://api.openai.com/v1?"),
            ({"dialect": "klingon"}, "Select a valid choice"),
            ({"key": ""}, "required"),
            ({"key": "with space"}, "A key has no spaces"),
            ({"key": "schlüssel"}, "A key has no spaces"),
        ],
    )
    def test_what_is_wrong_is_said(self, owner_client: Client, change: dict[str, str], said: str) -> None:
        answer = owner_client.post("/connections/add/", FORM | change)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert not Connection.objects.exists()

    def test_a_name_is_given_once_in_an_organization(
        self, owner_client: Client, outsider_client: Client, connection: Connection
    ) -> None:
        form = FORM | {"name": connection.name}
        assert "with this name already" in owner_client.post("/connections/add/", form).content.decode()
        assert outsider_client.post("/connections/add/", form).status_code == 302

    def test_a_refused_form_does_not_give_the_key_back(self, owner_client: Client) -> None:
        assert KEY not in owner_client.post("/connections/add/", FORM | {"name": ""}).content.decode()

    def test_every_dialect_has_its_sentence(self, owner_client: Client) -> None:
        page = owner_client.get("/connections/add/?provider=other").content.decode()
        for sentence in ("Choose this if you are not sure", "until January 2024", "own trainer"):
            assert sentence in page


class TestLooking:
    def test_no_page_shows_the_key(self, owner_client: Client, connection: Connection) -> None:
        for page in ("/connections/", address(connection), address(connection, "edit/")):
            content = owner_client.get(page).content.decode()
            assert "Provider" in content
            assert KEY not in content
            assert KEY[-4:] not in content
        assert "A key is stored" in owner_client.get(address(connection, "edit/")).content.decode()

    def test_a_key_that_cannot_be_read_breaks_no_page(
        self, owner_client: Client, connection: Connection, settings: Any
    ) -> None:
        settings.FIELD_KEYS = ["another"]
        for page in ("/connections/", address(connection), address(connection, "edit/")):
            assert owner_client.get(page).status_code == 200
        owner_client.post(address(connection, "edit/"), unchanged(connection, key="sk-new"))
        assert Connection.objects.get().key == "sk-new", "entering the key again repairs the connection"

    def test_an_empty_list_says_what_a_connection_is_for(self, owner_client: Client) -> None:
        assert "/connections/add/" in owner_client.get("/connections/").content.decode()

    def test_members_and_viewers_are_told_whom_to_ask(
        self, member_client: Client, viewer_client: Client, connection: Connection
    ) -> None:
        for client in (member_client, viewer_client):
            for page in ("/connections/", address(connection)):
                answer = client.get(page)
                assert answer.status_code == 403
                assert "owner@example.com" in answer.content.decode()
                assert "https://api.example.com/v1" not in answer.content.decode()
            assert 'href="/connections/"' not in client.get("/").content.decode()

    def test_names_cannot_carry_markup(self, owner_client: Client, connection: Connection) -> None:
        Connection.objects.update(name='<b onclick="x">')
        for page in ("/connections/", address(connection), address(connection, "edit/")):
            assert "<b onclick" not in owner_client.get(page).content.decode()


class TestChanging:
    def test_an_empty_key_field_keeps_the_key(self, owner_client: Client, connection: Connection) -> None:
        owner_client.post(address(connection, "edit/"), unchanged(connection, name="Renamed"))
        stored = Connection.objects.get()
        assert (stored.name, stored.key) == ("Renamed", KEY)

    def test_a_new_key_replaces_it_and_what_changed_is_on_record(self, owner_client: Client, connection: Connection) -> None:
        owner_client.post(address(connection, "edit/"), unchanged(connection, key="sk-new", name="Renamed"))
        assert Connection.objects.get().key == "sk-new"
        entry = AuditEntry.objects.get(action="connection.changed")
        assert entry.details == {"before": {"name": "Provider"}, "after": {"name": "Renamed", "key": "replaced"}}

    def test_a_change_makes_the_last_test_void(self, owner_client: Client, connection: Connection) -> None:
        Connection.objects.update(works=True, tested_at=connection.created_at)
        owner_client.post(address(connection, "edit/"), unchanged(connection))
        assert Connection.objects.get().works is True
        owner_client.post(address(connection, "edit/"), unchanged(connection, key="sk-new"))
        assert Connection.objects.get().works is None

    def test_no_change_is_no_matter_of_record(self, owner_client: Client, connection: Connection) -> None:
        owner_client.post(address(connection, "edit/"), unchanged(connection))
        assert not AuditEntry.objects.exists()

    @pytest.mark.parametrize(
        "url", ["https://evil.example.org/v1", "http://api.example.com/v1", "https://api.example.com:8443/v1"]
    )
    def test_the_stored_key_is_not_sent_to_another_server(
        self, owner_client: Client, connection: Connection, url: str
    ) -> None:
        answer = owner_client.post(address(connection, "edit/"), unchanged(connection, base_url=url))
        assert answer.status_code == 422
        assert "enter the key for it" in answer.content.decode()
        assert Connection.objects.get().base_url == "https://api.example.com/v1"
        moved = owner_client.post(address(connection, "edit/"), unchanged(connection, base_url=url, key="sk-new"))
        assert moved.status_code == 302

    def test_another_path_on_the_same_server_needs_no_new_key(self, owner_client: Client, connection: Connection) -> None:
        form = unchanged(connection, base_url="https://api.example.com/openai/v1")
        assert owner_client.post(address(connection, "edit/"), form).status_code == 302

    def test_it_keeps_its_own_name(self, owner_client: Client, people: People, connection: Connection) -> None:
        Connection.objects.create(organization=people.organization, name="Other", base_url="https://x/v1", key="k")
        assert owner_client.post(address(connection, "edit/"), unchanged(connection)).status_code == 302
        assert owner_client.post(address(connection, "edit/"), unchanged(connection, name="Other")).status_code == 422


class TestRetiring:
    def test_archiving_takes_it_out_of_use_and_restoring_brings_it_back(
        self, owner_client: Client, connection: Connection
    ) -> None:
        owner_client.post(address(connection, "archive/"))
        assert not Connection.objects.active().exists()
        assert "Out of use" in owner_client.get("/connections/").content.decode()
        owner_client.post(address(connection, "restore/"))
        assert Connection.objects.active().exists()
        actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
        assert list(actions) == ["connection.archived", "connection.restored"]

    def test_twice_is_once(self, owner_client: Client, connection: Connection) -> None:
        for _time in range(2):
            owner_client.post(address(connection, "archive/"))
        assert AuditEntry.objects.count() == 1

    def test_what_nothing_points_at_can_be_deleted(self, owner_client: Client, connection: Connection) -> None:
        assert retire.dependents(connection) == []
        page = owner_client.post(address(connection, "delete/"), follow=True).content.decode()
        assert "its key too" in page
        assert not Connection.objects.exists()
        assert AuditEntry.objects.get(action="connection.deleted").details["name"] == "Provider"

    def test_what_something_points_at_stays(self, owner_client: Client, connection: Connection) -> None:
        Model.objects.create(organization=connection.organization, connection=connection, name="ada:ft-acme")
        (found,) = retire.dependents(connection)
        assert (found.count, found.kind) == (1, "model")
        Model.objects.create(organization=connection.organization, connection=connection, name="ada:ft-other")
        page = owner_client.get(address(connection)).content.decode()
        assert "2 models" in page
        assert "Not possible while something points at it" in page
        assert address(connection, "delete/") not in page
        page = owner_client.post(address(connection, "delete/"), follow=True).content.decode()
        assert "still points at it" in page
        assert Connection.objects.exists()
        assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("what", ["test/", "archive/", "restore/", "delete/"])
def test_actions_need_a_post(owner_client: Client, connection: Connection, what: str) -> None:
    assert owner_client.get(address(connection, what)).status_code == 405


@pytest.mark.parametrize("what", ["edit/", "test/", "archive/", "restore/", "delete/"])
def test_only_owners_of_the_organization_act(
    client: Client,
    member_client: Client,
    viewer_client: Client,
    outsider_client: Client,
    connection: Connection,
    what: str,
) -> None:
    for person, status in ((client, 302), (viewer_client, 403), (member_client, 403), (outsider_client, 404)):
        assert person.post(address(connection, what), FORM).status_code == status
    assert Connection.objects.get().name == "Provider"


def test_another_organization_does_not_see_it(outsider_client: Client, connection: Connection) -> None:
    assert outsider_client.get(address(connection)).status_code == 404
    assert "api.example.com" not in outsider_client.get("/connections/").content.decode()
