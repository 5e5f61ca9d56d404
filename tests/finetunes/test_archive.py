"""All that a connection's provider still has is fetched, once, whatever dies when; and what is missing is named."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from connections.models import Connection
from finetunes import tasks
from finetunes.archive import collect
from finetunes.archive.report import report
from finetunes.models import Archive, FineTune, Inventory, KeptFile, Polling, ResultFile
from finetunes.polling import poll_connection
from openai_api.errors import ConnectionFailed
from tests.conftest import People
from tests.finetunes.provider import Crash, Provider, crash, lost, status
from tests.finetunes.test_stock import ended_there, started_there

DATA = b'{"prompt":"a ->","completion":" b"}\n' * 3
State, Role = KeptFile.State, KeptFile.Role


def shelve(provider: Provider, id: str, content: bytes | None = DATA, purpose: str = "fine-tune") -> None:
    """Put a file on the provider's shelf; one without content is listed and cannot be had."""
    provider.files[id] = {"id": id, "object": "file", "bytes": 1, "filename": f"{id}.jsonl", "purpose": purpose}
    if content is not None:
        provider.contents[id] = content


def theirs(provider: Provider, number: int = 1, training: str = "file-theirs") -> list[str]:
    ids = ended_there(provider, number)
    for id in ids:
        provider.jobs[id]["training_file"] = training
    return ids


def asked(connection: Connection, people: People) -> Archive:
    return collect.request(connection, people.owner)


def go_on(archive: Archive, provider: Provider, times: int = 12) -> Archive:
    """Let workers do what is due until the archive is done, or for so many steps."""
    for _ in range(times):
        Archive.objects.filter(pk=archive.pk, due_at__isnull=False).update(due_at=timezone.now())
        collect.collect(archive.pk, provider.client("both"))
        archive.refresh_from_db()
        if archive.is_done:
            break
        poll(archive.connection, provider)
    return archive


def poll(connection: Connection, provider: Provider) -> None:
    Polling.objects.update(due_at=timezone.now())
    poll_connection(connection.pk, transport=httpx.MockTransport(provider))


class TestFetching:
    def test_it_brings_fine_tunes_events_results_and_files(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        ids = theirs(provider, 2)
        shelve(provider, "file-theirs")
        archive = go_on(asked(connection, people), provider)
        assert archive.is_done
        assert archive.finished_at
        mine = FineTune.objects.filter(connection=connection)
        assert sorted(mine.values_list("remote_id", flat=True)) == sorted(ids)
        assert all(one.events.count() == len(provider.events[one.remote_id]) for one in mine)
        assert ResultFile.objects.count() == 2
        kept = KeptFile.objects.get()
        assert (kept.state, kept.role, kept.filename) == (State.KEPT, Role.TRAINING, "file-theirs.jsonl")
        assert (kept.size, kept.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
        assert default_storage.open(str(kept.content)).read() == DATA
        assert not report(connection, archive).missing

    def test_files_that_no_fine_tune_names_are_kept_if_they_are_for_fine_tuning(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        shelve(provider, "file-unused")
        shelve(provider, "file-batch", purpose="batch")
        go_on(asked(connection, people), provider)
        assert KeptFile.objects.get().role == Role.OTHER
        assert not provider.sent("GET", "/files/file-batch/content")

    def test_what_was_trained_on_here_is_not_fetched_for_its_version_is_here(
        self, connection: Connection, people: People, provider: Provider, fine_tune: FineTune
    ) -> None:
        started_there(provider)
        FineTune.objects.filter(pk=fine_tune.pk).update(remote_id="ftjob-1", training_file_id="file-ours", due_at=None)
        shelve(provider, "file-theirs")
        go_on(asked(connection, people), provider)
        assert not KeptFile.objects.filter(remote_id="file-ours").exists()

    def test_it_waits_for_polling_before_it_asks_for_files(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        theirs(provider)
        archive = asked(connection, people)
        for _ in range(3):
            Archive.objects.update(due_at=timezone.now())
            collect.collect(archive.pk, provider.client("both"))
        archive.refresh_from_db()
        assert archive.stage == Archive.Stage.FOLLOWING
        assert archive.due_at is not None
        assert archive.due_at > timezone.now()
        assert not provider.sent("GET", "/files/.*/content")

    def test_a_connection_out_of_use_is_archived_too(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        Connection.objects.update(archived_at=timezone.now())
        theirs(provider)
        shelve(provider, "file-theirs")
        assert go_on(asked(connection, people), provider).is_done
        assert KeptFile.objects.get().state == State.KEPT


class TestAgain:
    def test_asked_twice_while_it_is_under_way_it_goes_on(self, connection: Connection, people: People) -> None:
        first = asked(connection, people)
        Archive.objects.update(stage=Archive.Stage.FETCHING)
        again = asked(connection, people)
        assert (again.pk, again.stage) == (first.pk, Archive.Stage.FETCHING)

    def test_what_is_here_is_not_fetched_a_second_time_and_what_was_missing_is_looked_for(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        theirs(provider, training="file-there")
        theirs(provider, training="file-gone")
        shelve(provider, "file-there")
        shelve(provider, "file-gone", None)
        archive = go_on(asked(connection, people), provider)
        assert [one.name for one in report(connection, archive).missing] == ["file-gone.jsonl"]
        provider.contents["file-gone"] = DATA
        archive = go_on(asked(connection, people), provider)
        assert archive.is_done
        assert not report(connection, archive).missing
        assert len(provider.sent("GET", "/files/file-there/content")) == 1

    def test_what_was_started_since_is_fetched_too(self, connection: Connection, people: People, provider: Provider) -> None:
        shelve(provider, "file-theirs")
        go_on(asked(connection, people), provider)
        theirs(provider)
        go_on(asked(connection, people), provider)
        assert FineTune.objects.count() == 1

    def test_two_workers_are_one(self, connection: Connection, people: People, provider: Provider) -> None:
        archive = asked(connection, people)
        Archive.objects.update(lease_until=timezone.now() + timedelta(seconds=30))
        assert not collect.collect(archive.pk, provider.client("both"))
        assert not provider.requests

    def test_the_ring_finds_what_is_due(
        self, connection: Connection, people: People, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rung: list[Any] = []
        archive = asked(connection, people)
        monkeypatch.setattr(tasks.collect, "apply_async", lambda args=(), **how: rung.append(args))
        tasks.ring()
        assert rung == [(archive.pk,)]
        Archive.objects.update(due_at=None)
        tasks.ring()
        assert len(rung) == 1


class TestFaults:
    def killed(self, archive: Archive, provider: Provider) -> None:
        """A worker dies with the row in its hands, and its lease runs out."""
        with pytest.raises(Crash):
            go_on(archive, provider)
        Archive.objects.update(lease_until=timezone.now())
        Inventory.objects.update(lease_until=timezone.now())

    @pytest.mark.parametrize("path", ["/fine_tuning/jobs", "/files", "/files/file-theirs/content"])
    @pytest.mark.parametrize("after", [False, True])
    def test_a_killed_worker_is_followed_by_another(
        self, connection: Connection, people: People, provider: Provider, path: str, after: bool
    ) -> None:
        theirs(provider, 2)
        shelve(provider, "file-theirs")
        archive = asked(connection, people)
        provider.break_next("GET", path, crash, after=after)
        self.killed(archive, provider)
        archive = go_on(archive, provider)
        assert archive.is_done
        assert FineTune.objects.count() == 2
        assert KeptFile.objects.get().sha256 == hashlib.sha256(DATA).hexdigest()
        assert KeptFile.objects.get().content.name == f"kept/{connection.pk}/{KeptFile.objects.get().pk}"

    def test_what_a_killed_worker_left_half_written_is_replaced(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        row = KeptFile.objects.create(connection=connection, remote_id="file-theirs", role=Role.TRAINING)
        from django.core.files.base import ContentFile

        default_storage.save(f"kept/{connection.pk}/{row.pk}", ContentFile(b"half"))
        shelve(provider, "file-theirs")
        go_on(asked(connection, people), provider)
        row.refresh_from_db()
        assert row.content.name == f"kept/{connection.pk}/{row.pk}"
        assert row.content.read() == DATA

    def test_a_provider_that_hiccups_is_asked_again(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        theirs(provider)
        shelve(provider, "file-theirs")
        provider.break_next("GET", "/files/file-theirs/content", status(502), times=2)
        archive = go_on(asked(connection, people), provider, times=20)
        assert archive.is_done
        assert not archive.trouble
        assert KeptFile.objects.get().state == State.KEPT

    @pytest.mark.parametrize(
        ("effect", "reason"),
        [(status(403, "Free accounts cannot download."), "refused"), (status(400, "Not of this purpose."), "refused")],
    )
    def test_a_file_that_is_refused_is_reported_in_the_providers_words(
        self, connection: Connection, people: People, provider: Provider, effect: Any, reason: str
    ) -> None:
        theirs(provider)
        shelve(provider, "file-theirs")
        provider.break_next("GET", "/files/file-theirs/content", effect)
        archive = go_on(asked(connection, people), provider)
        kept = KeptFile.objects.get()
        assert (archive.is_done, kept.state, kept.reason) == (True, State.MISSING, reason)
        (missing,) = report(connection, archive).missing
        assert missing.words == kept.words
        assert kept.words.endswith(("download.", "purpose."))

    def test_an_empty_file_is_no_file(self, connection: Connection, people: People, provider: Provider) -> None:
        theirs(provider)
        shelve(provider, "file-theirs", b"")
        go_on(asked(connection, people), provider)
        assert KeptFile.objects.get().reason == "empty"

    def test_a_provider_that_is_gone_ends_it_with_a_report(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        theirs(provider)
        provider.break_next("GET", ".*", lost(httpx.ConnectError), times=1000)
        archive = go_on(asked(connection, people), provider, times=60)
        assert archive.is_done
        assert archive.list_problem
        (missing,) = report(connection, archive).missing
        assert missing.words == archive.list_problem

    def test_what_is_wanted_of_a_silent_provider_is_given_up(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        archive = asked(connection, people)
        KeptFile.objects.create(connection=connection, remote_id="file-x", role=Role.TRAINING)
        Archive.objects.update(stage=Archive.Stage.FETCHING, failures=collect.MOST_FAILURES - 1)
        provider.break_next("GET", ".*", lost(httpx.ConnectError), times=9)
        archive = go_on(archive, provider)
        assert archive.is_done
        assert KeptFile.objects.get().reason == "silent"
        with pytest.raises(ConnectionFailed):
            provider.client().file("file-x")

    def test_results_that_came_late_are_fetched_and_drawn(
        self, connection: Connection, people: People, provider: Provider
    ) -> None:
        (id,) = theirs(provider)
        (results,) = provider.jobs[id]["result_files"]
        content = provider.contents.pop(results)
        archive = asked(connection, people)
        for _ in range(3):
            Archive.objects.update(due_at=timezone.now())
            collect.collect(archive.pk, provider.client("both"))
            poll(connection, provider)
        assert not ResultFile.objects.exists()
        provider.contents[results] = content
        archive = go_on(asked(connection, people), provider)
        assert ResultFile.objects.get().size == len(content)
        assert KeptFile.objects.get(remote_id=results).state == State.KEPT
        assert "Results file" not in [one.what for one in report(connection, archive).missing]
