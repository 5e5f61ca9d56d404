"""The page of an archive, its report, and the ZIP file with everything in it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from finetunes.archive import bundle, collect
from finetunes.models import Archive, FineTune, KeptFile
from teams.models import AuditEntry
from tests.conftest import People
from tests.finetunes.provider import Provider
from tests.finetunes.test_archive import DATA, asked, go_on, shelve, theirs
from tests.finetunes.test_elsewhere import words


@pytest.fixture
def archived(connection: Connection, people: People, provider: Provider) -> Archive:
    """Two fine-tunes; the training file of one is there, that of the other is gone."""
    theirs(provider, training="file-there")
    theirs(provider, training="file-gone")
    shelve(provider, "file-there")
    return go_on(asked(connection, people), provider)


def address(name: str, connection: Connection) -> str:
    return reverse(f"finetunes:{name}", args=[connection.pk])


def page(client: Client, connection: Connection, **headers: str) -> str:
    answer = client.get(address("archive", connection), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def downloaded(client: Client, connection: Connection) -> zipfile.ZipFile:
    answer = client.get(address("archive-download", connection))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(async_to_sync(_gathered)(answer)))


async def _gathered(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


def manifest(whole: zipfile.ZipFile) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(whole.read("manifest.json"))
    return read


class TestPage:
    def test_an_owner_starts_it_and_it_is_written_down(
        self, owner_client: Client, connection: Connection, people: People
    ) -> None:
        assert "Archive this connection" in page(owner_client, connection)
        answer = owner_client.post(address("archive-start", connection))
        assert answer["Location"] == address("archive", connection)
        archive = Archive.objects.get()
        assert (archive.asked_by, archive.stage) == (people.owner, Archive.Stage.LISTING)
        assert AuditEntry.objects.get(action="connection.kept").actor == people.owner
        html = page(owner_client, connection)
        assert "Asking what there is" in html
        assert 'hx-trigger="every 2s"' in html

    def test_others_see_it_and_neither_start_nor_take_it(
        self, viewer_client: Client, member_client: Client, connection: Connection
    ) -> None:
        for client in (viewer_client, member_client):
            html = page(client, connection)
            assert "An owner of the organization can start this." in html
            assert "<form method" not in html.partition("<main")[2]
            assert client.post(address("archive-start", connection)).status_code == 403
            assert client.get(address("archive-download", connection)).status_code == 403

    def test_another_organization_finds_nothing(self, outsider_client: Client, archived: Archive) -> None:
        connection = archived.connection
        for answer in (
            outsider_client.get(address("archive", connection)),
            outsider_client.post(address("archive-start", connection)),
            outsider_client.get(address("archive-download", connection)),
        ):
            assert answer.status_code == 404

    def test_it_says_how_far_it_is(self, viewer_client: Client, connection: Connection, people: People) -> None:
        asked(connection, people)
        Archive.objects.update(stage=Archive.Stage.FETCHING, trouble="The server did not answer in time.")
        for number, state in enumerate(("kept", "kept", "wanted")):
            KeptFile.objects.create(connection=connection, remote_id=f"file-{number}", role="training", state=state)
        html = page(viewer_client, connection, **{"HX-Request": "true", "HX-Target": "archive-state"})
        assert "2 of 3" in words(html)
        assert "The server did not answer in time." in html
        assert "<html" not in html

    def test_done_it_says_plainly_what_could_not_be_had(self, viewer_client: Client, archived: Archive) -> None:
        html = page(viewer_client, archived.connection)
        said = words(html)
        assert "Archived, but for 1 thing that could not be had." in said
        assert "file-gone" in said
        assert "The provider does not have it any more." in said
        assert "every 2s" not in html
        assert "Download as one ZIP file" not in html

    def test_the_connections_page_leads_to_it(self, owner_client: Client, connection: Connection) -> None:
        assert address("archive", connection) in owner_client.get(connection.get_absolute_url()).content.decode()


class TestZip:
    def test_everything_is_in_it_and_each_hash_is_right(self, owner_client: Client, archived: Archive) -> None:
        whole = downloaded(owner_client, archived.connection)
        assert whole.testzip() is None
        told = manifest(whole)
        assert {one["path"] for one in told["files"]} | {"manifest.json"} == set(whole.namelist())
        for one in told["files"]:
            content = whole.read(one["path"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])
            assert "problem" not in one
        assert AuditEntry.objects.filter(action="connection.exported").exists()

    def test_originals_are_as_they_came(self, owner_client: Client, archived: Archive, provider: Provider) -> None:
        whole = downloaded(owner_client, archived.connection)
        job = json.loads(whole.read(named(whole, "ftjob-1/original.json")))
        assert job == provider.jobs["ftjob-1"]
        lines = whole.read(named(whole, "ftjob-1/events.jsonl")).splitlines()
        assert [json.loads(line)["original"] for line in lines] == provider.events["ftjob-1"]
        (results,) = provider.jobs["ftjob-1"]["result_files"]
        assert whole.read(named(whole, f"ftjob-1/results-{results}.csv")) == provider.contents[results]
        (kept,) = [one for one in manifest(whole)["files"] if one.get("remote_id") == "file-there"]
        assert whole.read(kept["path"]) == DATA
        assert kept["kind"] == "training"

    def test_what_is_missing_stands_in_it(self, owner_client: Client, archived: Archive) -> None:
        whole = downloaded(owner_client, archived.connection)
        (missing,) = manifest(whole)["missing"]
        assert missing["why"] == "The provider does not have it any more."
        _head, row = csv.reader(io.StringIO(whole.read("missing.csv").decode()))
        assert row[1] == missing["name"] == "file-gone"

    def test_the_data_of_what_was_started_here_is_its_version(
        self, owner_client: Client, fine_tune: FineTune, connection: Connection
    ) -> None:
        whole = downloaded(owner_client, connection)
        version = fine_tune.version
        assert whole.read(named(whole, "v1/training.jsonl")) == version.training.read()
        facts = json.loads(whole.read(named(whole, "ticket-triage/fine-tune.json")))
        assert facts["data"]["version"] == str(version)
        assert facts["started_by"] == "Member"

    def test_there_is_no_key_in_it(self, owner_client: Client, archived: Archive) -> None:
        whole = downloaded(owner_client, archived.connection)
        assert not [name for name in whole.namelist() if b"sk-test" in whole.read(name)]

    def test_names_that_a_provider_made_up_stay_names(self, owner_client: Client, archived: Archive) -> None:
        KeptFile.objects.filter(state="kept").update(filename="../../etc/passwd\r\n=cmd()", remote_id="../x")
        FineTune.objects.filter(remote_id="ftjob-1").update(remote_id="../../up")
        whole = downloaded(owner_client, archived.connection)
        assert not [name for name in whole.namelist() if ".." in name or name.startswith("/")]

    def test_a_stored_file_that_was_lost_or_changed_is_named(self, owner_client: Client, archived: Archive) -> None:
        kept = KeptFile.objects.get(state="kept")
        KeptFile.objects.update(sha256="0" * 64)
        (one,) = [one for one in manifest(downloaded(owner_client, archived.connection))["files"] if "problem" in one]
        assert "has changed" in one["problem"]
        default_storage.delete(str(kept.content))
        problems = [one for one in manifest(downloaded(owner_client, archived.connection))["files"] if "problem" in one]
        assert problems[0]["problem"] == "The stored file could not be read."

    def test_numbers_that_are_too_large_for_most_do_not_stop_it(self, owner_client: Client, archived: Archive) -> None:
        FineTune.objects.filter(remote_id="ftjob-1").update(raw={"seed": 2**70})
        whole = downloaded(owner_client, archived.connection)
        assert json.loads(whole.read(named(whole, "ftjob-1/original.json"))) == {"seed": 2**70}

    def test_it_is_sent_while_it_is_made(self, archived: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        """However large the files are, only pieces of them are held."""
        block = bytes(range(256)) * 1024
        monkeypatch.setattr(bundle, "stored", lambda name: iter([block] * 200))
        largest = total = 0
        for piece in bundle.bundle(archived.connection, archived):
            largest, total = max(largest, len(piece)), total + len(piece)
        assert largest < 2 * len(block)
        assert total > 0


def named(whole: zipfile.ZipFile, ending: str) -> str:
    (name,) = [name for name in whole.namelist() if name.endswith(ending)]
    return name


def test_collecting_takes_no_turn_longer_than_it_may(
    connection: Connection, people: People, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        shelve(provider, f"file-{number}")
    monkeypatch.setattr(collect, "TURN", 0.0)
    archive = asked(connection, people)
    Archive.objects.update(stage=Archive.Stage.FETCHING)
    assert collect.collect(archive.pk, provider.client("both"))
    archive.refresh_from_db()
    assert archive.due_at is not None
    assert archive.due_at <= timezone.now()
    assert archive.lease_token is None
