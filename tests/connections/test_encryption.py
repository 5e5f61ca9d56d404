"""Keys at rest: unreadable in the database, readable with any of the field keys, lost without them."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database

from connections.models import Connection
from tests.conftest import People
from tests.connections.conftest import KEY
from work import encryption
from work.encryption import Undecipherable

pytestmark = pytest.mark.django_db


def stored(connection: Connection) -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT key FROM connections_connection WHERE id = %s", [connection.pk])
        return str(cursor.fetchone()[0])


def again(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


def test_the_database_holds_no_plain_key(connection: Connection) -> None:
    assert KEY not in stored(connection)
    assert encryption.decrypt(stored(connection)) == KEY


def test_the_application_reads_it(connection: Connection) -> None:
    assert connection.key == KEY
    assert again(connection).key == KEY
    assert Connection.objects.defer("key").get().key == KEY


def test_the_same_key_looks_different_each_time(connection: Connection, people: People) -> None:
    other = Connection.objects.create(organization=people.organization, name="Other", base_url="https://x/v1", key=KEY)
    assert stored(connection) != stored(other)


def test_saving_something_else_leaves_the_stored_text_alone(connection: Connection) -> None:
    before = stored(connection)
    loaded = again(connection)
    loaded.name = "Renamed"
    loaded.save()
    assert stored(connection) == before


def test_a_new_key_replaces_the_old_one(connection: Connection) -> None:
    loaded = again(connection)
    loaded.key = "sk-another"
    loaded.save()
    assert again(connection).key == "sk-another"
    Connection.objects.filter(pk=connection.pk).update(key="sk-third")
    assert again(connection).key == "sk-third"
    assert "sk-third" not in stored(connection)


def test_an_empty_key_stays_empty(connection: Connection) -> None:
    connection.key = ""
    connection.save()
    assert again(connection).key == stored(connection) == ""


@pytest.mark.parametrize("key", ["ключ", "한국어 키", "x" * 5000, "a'b\"c\\d"])
def test_any_text_survives(connection: Connection, key: str) -> None:
    connection.key = key
    connection.save()
    assert again(connection).key == key


def test_with_another_field_key_it_is_lost_and_says_so(connection: Connection, settings: Any) -> None:
    settings.FIELD_KEYS = ["another"]
    with pytest.raises(Undecipherable, match="another TUNEDECK_FIELD_KEY"):
        assert again(connection).key


def test_a_lost_key_breaks_neither_lists_nor_changes_of_other_fields(connection: Connection, settings: Any) -> None:
    settings.FIELD_KEYS = ["another"]
    (loaded,) = Connection.objects.all()
    loaded.name = "Renamed"
    loaded.save()
    assert again(connection).name == "Renamed"
    settings.FIELD_KEYS = [*settings.FIELD_KEYS]


def test_a_tampered_text_is_not_believed(connection: Connection) -> None:
    token = stored(connection)
    with pytest.raises(Undecipherable):
        encryption.decrypt(token[:-4] + "AAAA")


class TestRotation:
    def test_older_keys_still_read_and_the_first_one_writes(self, connection: Connection, settings: Any) -> None:
        old = settings.FIELD_KEYS[0]
        settings.FIELD_KEYS = ["new", old]
        assert again(connection).key == KEY
        fresh = encryption.encrypt("text")
        settings.FIELD_KEYS = ["new"]
        assert encryption.decrypt(fresh) == "text"

    def test_the_command_makes_the_older_keys_superfluous(self, connection: Connection, settings: Any) -> None:
        settings.FIELD_KEYS = ["new", *settings.FIELD_KEYS]
        said = StringIO()
        call_command("rotate_keys", stdout=said)
        assert "1 keys encrypted again" in said.getvalue()
        settings.FIELD_KEYS = ["new"]
        assert again(connection).key == KEY

    def test_it_names_what_it_cannot_read_and_leaves_it(self, connection: Connection, people: People, settings: Any) -> None:
        before = stored(connection)
        settings.FIELD_KEYS = ["other"]
        Connection.objects.create(organization=people.organization, name="Readable", base_url="https://x/v1", key="k")
        with pytest.raises(CommandError, match="Provider"):
            call_command("rotate_keys", stdout=StringIO())
        assert stored(connection) == before

    def test_it_never_overwrites_a_key_that_was_changed_meanwhile(self, connection: Connection) -> None:
        stale = again(connection)
        connection.key = "sk-newer"
        connection.save()
        encryption.renew(stale, "key")
        assert again(connection).key == "sk-newer"


def test_the_client_is_given_the_key_and_the_rest(connection: Connection) -> None:
    connection.organization_header = "org-7"
    with connection.client() as client:
        headers = client._wire._headers
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert headers["OpenAI-Organization"] == "org-7"


@pytest.mark.parametrize(
    ("dialect", "model", "spoken"),
    [
        ("jobs", "ada", "jobs"),
        ("legacy", "gpt-4o", "legacy"),
        ("both", "ada", "legacy"),
        ("both", "babbage-002", "jobs"),
        ("both", "ada:ft-acme-2026-10-01-00-00-00", "legacy"),
    ],
)
def test_the_dialect_follows_from_connection_and_model(dialect: str, model: str, spoken: str) -> None:
    assert Connection(dialect=dialect).dialect_for(model) == spoken
