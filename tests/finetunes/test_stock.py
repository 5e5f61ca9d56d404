"""What a provider lists is held against what is here: strangers are noted and imported, what is gone is marked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import bring_in, store, tasks
from finetunes.models import Elsewhere, FineTune, Inventory, Model, Polling
from finetunes.polling import poll_connection
from finetunes.statuses import Status
from finetunes.stock import take_stock
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.provider import Crash, Provider, crash, lost, status
from tests.finetunes.stepping import step, step_and_die
from work import trace

CSV = b"step,training_loss\n1,0.5\n2,0.25\n"


@pytest.fixture
def inventory(connection: Connection) -> Inventory:
    return Inventory.objects.create(connection=connection, due_at=timezone.now())


def started_there(provider: Provider, number: int = 1, base: str = "babbage-002", **changes: Any) -> list[str]:
    """Let somebody start fine-tunes at the provider without us."""
    ids = []
    for _ in range(number):
        job = provider._new_job(base == "ada", {"model": base, "training_file": "file-theirs"})
        provider.jobs[job["id"]] = job | changes
        provider.events[job["id"]] = []
        provider.log(job["id"], f"Created fine-tune: {job['id']}")
        ids.append(job["id"])
    return ids


def ended_there(provider: Provider, number: int = 1, base: str = "babbage-002") -> list[str]:
    ids = started_there(provider, number, base)
    for id in ids:
        provider.start(id)
        provider.log(id, "Step 1/2", data={"step": 1, "total_steps": 2, "train_loss": 9.0})
        provider.succeed(id, CSV)
        provider.jobs[id]["fine_tuned_model"] = name = f"ft:{base}:example::{id}"
        provider.models[name] = {"id": name, "object": "model", "created": 1, "owned_by": "example"}
    return ids


def look(inventory: Inventory, provider: Provider) -> Inventory:
    Inventory.objects.filter(pk=inventory.pk).update(due_at=timezone.now())
    assert take_stock(inventory.pk, provider.client("both"))
    return Inventory.objects.get(pk=inventory.pk)


def noted(inventory: Inventory) -> list[str]:
    return sorted(inventory.elsewhere.values_list("remote_id", flat=True))


def poll(connection: Connection, provider: Provider) -> None:
    FineTune.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    Polling.objects.update(due_at=timezone.now())
    poll_connection(connection.pk, transport=httpx.MockTransport(provider))


class TestStrangers:
    def test_what_was_started_elsewhere_is_noted_in_both_generations(self, inventory: Inventory, provider: Provider) -> None:
        ids = started_there(provider, 2) + started_there(provider, 1, "ada")
        inventory = look(inventory, provider)
        assert noted(inventory) == sorted(ids)
        assert inventory.listed_at
        assert {row.dialect for row in inventory.elsewhere.all()} == {"jobs", "legacy"}
        assert not FineTune.objects.exists()

    def test_looking_again_changes_nothing_but_what_is_new(self, inventory: Inventory, provider: Provider) -> None:
        (first,) = started_there(provider)
        look(inventory, provider)
        before = inventory.elsewhere.get().pk
        provider.jobs[first]["status"] = "running"
        (second,) = started_there(provider)
        look(inventory, provider)
        assert noted(inventory) == [first, second]
        kept = inventory.elsewhere.get(pk=before)
        assert (kept.provider_status, kept.status) == ("running", "running")

    def test_what_is_gone_before_anybody_imported_it_is_forgotten(self, inventory: Inventory, provider: Provider) -> None:
        first, second = started_there(provider, 2)
        look(inventory, provider)
        del provider.jobs[first]
        look(inventory, provider)
        assert noted(inventory) == [second]

    @pytest.mark.parametrize(("base", "dialect"), [("ada", "legacy"), ("babbage-002", "jobs")])
    def test_our_own_are_no_strangers(
        self,
        people: People,
        connection: Connection,
        version: Version,
        inventory: Inventory,
        provider: Provider,
        base: str,
        dialect: str,
    ) -> None:
        step(new_fine_tune(people, connection, version, base_model=base), provider.client(dialect))
        look(inventory, provider)
        assert noted(inventory) == []

    @pytest.mark.parametrize(("base", "dialect"), [("ada", "legacy"), ("babbage-002", "jobs")])
    @pytest.mark.parametrize("keeps_metadata", [True, False])
    def test_one_of_ours_that_is_in_doubt_is_never_imported(
        self,
        people: People,
        connection: Connection,
        version: Version,
        inventory: Inventory,
        provider: Provider,
        base: str,
        dialect: str,
        keeps_metadata: bool,
    ) -> None:
        provider.keeps_metadata = keeps_metadata
        provider.break_next("POST", "/(fine-tunes|fine_tuning/jobs)", crash, after=True)
        ours = step_and_die(new_fine_tune(people, connection, version, base_model=base), provider.client(dialect))
        assert (len(provider.jobs), ours.remote_id) == (1, "")
        bring_in.request(inventory, people.member)
        look(inventory, provider)
        assert FineTune.objects.count() == 1
        ours = step(ours, provider.client(dialect))
        assert ours.remote_id in provider.jobs
        look(inventory, provider)
        assert FineTune.objects.count() == 1
        assert noted(inventory) == []

    def test_one_that_turns_up_after_it_was_given_up_is_shown(
        self,
        people: People,
        connection: Connection,
        version: Version,
        inventory: Inventory,
        provider: Provider,
    ) -> None:
        provider.break_next("POST", "/fine_tuning/jobs", crash, after=True)
        ours = step_and_die(new_fine_tune(people, connection, version, base_model="babbage-002"), provider.client("jobs"))
        FineTune.objects.filter(pk=ours.pk).update(status=Status.CANCELLED, due_at=None)
        look(inventory, provider)
        assert noted(inventory) == list(provider.jobs)

    def test_a_second_one_with_the_same_token_is_shown(
        self, people: People, connection: Connection, version: Version, inventory: Inventory, provider: Provider
    ) -> None:
        ours = step(new_fine_tune(people, connection, version, base_model="babbage-002"), provider.client("jobs"))
        (second,) = started_there(provider, 1, metadata=provider.jobs[ours.remote_id]["metadata"])
        look(inventory, provider)
        assert noted(inventory) == [second]

    def test_another_connection_to_the_same_account_imports_nothing_twice(
        self, people: People, connection: Connection, inventory: Inventory, provider: Provider
    ) -> None:
        started_there(provider, 2)
        bring_in.request(inventory, people.member)
        look(inventory, provider)
        again = Connection.objects.create(
            organization=people.organization, name="Same", base_url=connection.base_url, dialect="both", key="sk-other"
        )
        other = Inventory.objects.create(connection=again, due_at=timezone.now(), imports=True)
        look(other, provider)
        assert FineTune.objects.count() == 2

    def test_metadata_that_only_looks_like_ours_does_no_harm(self, inventory: Inventory, provider: Provider) -> None:
        for word in ("0" * 32, "'; drop", "0" * 31 + "g", "x" * 32):
            started_there(provider, 1, metadata={"tunedeck": word})
        look(inventory, provider)
        assert len(noted(inventory)) == 4


class TestImport:
    def test_all_comes_with_files_events_results_and_models(
        self, people: People, connection: Connection, inventory: Inventory, provider: Provider
    ) -> None:
        provider.files["file-theirs"] = {"id": "file-theirs", "object": "file", "filename": "tickets.jsonl", "bytes": 9}
        ids = ended_there(provider, 3) + ended_there(provider, 2, "ada")
        look(inventory, provider)
        assert bring_in.request(inventory, people.member)
        inventory = look(inventory, provider)
        assert noted(inventory) == []
        assert bring_in.waiting(inventory) == 5
        poll(connection, provider)
        assert bring_in.waiting(inventory) == 0
        for id in ids:
            one = FineTune.objects.get(remote_id=id)
            assert one.status == Status.SUCCEEDED
            assert one.settled_at, "it ended long ago: nothing is waited for"
            there = [event["message"] for event in provider.events[id]]
            assert list(one.events.order_by("ordinal").values_list("message", flat=True)) == there
            assert store.read_series(one)["training_loss"].values.tolist() == [0.5, 0.25]
            assert one.files.get().content.read() == CSV
            assert one.tuned_models.get().ready_at
            assert one.file_names == {"file-theirs": {"name": "tickets.jsonl", "bytes": 9}}
            assert (one.started_by, one.training_version, one.starter) == (None, None, "somebody elsewhere")

    def test_one_that_still_runs_is_followed_to_its_end(
        self, people: People, connection: Connection, inventory: Inventory, provider: Provider
    ) -> None:
        (id,) = started_there(provider)
        provider.start(id)
        bring_in.request(inventory, people.member)
        look(inventory, provider)
        poll(connection, provider)
        one = FineTune.objects.get()
        assert (one.status, one.settled_at) == (Status.RUNNING, None)
        provider.succeed(id, CSV)
        poll(connection, provider)
        one.refresh_from_db()
        assert one.status == Status.SUCCEEDED

    def test_a_new_one_appears_by_itself_afterwards(self, people: People, inventory: Inventory, provider: Provider) -> None:
        bring_in.request(inventory, people.member)
        inventory = look(inventory, provider)
        assert inventory.due_at
        assert inventory.due_at < timezone.now() + timedelta(minutes=6)
        started_there(provider)
        look(inventory, provider)
        assert FineTune.objects.count() == 1
        assert bring_in.stop(inventory)
        started_there(provider)
        look(inventory, provider)
        assert FineTune.objects.count() == 1
        assert len(noted(inventory)) == 1

    def test_importing_twice_is_importing_once(self, people: People, inventory: Inventory, provider: Provider) -> None:
        started_there(provider, 3)
        assert bring_in.request(inventory, people.member)
        assert not bring_in.request(inventory, people.member)
        look(inventory, provider)
        rows = list(FineTune.objects.values_list("pk", "remote_id"))
        for _ in range(2):
            look(inventory, provider)
        assert list(FineTune.objects.values_list("pk", "remote_id")) == rows

    def test_a_worker_that_dies_half_way_is_followed_by_one_that_does_the_rest(
        self, people: People, inventory: Inventory, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bring_in, "BATCH", 2)
        started_there(provider, 5)
        bring_in.request(inventory, people.member)
        make = bring_in._bring_in
        made: list[None] = []

        def die(*arguments: Any) -> None:
            if made:
                raise Crash
            make(*arguments)
            made.append(None)

        with monkeypatch.context() as patch:
            patch.setattr(bring_in, "_bring_in", die)
            with pytest.raises(Crash):
                look(inventory, provider)
        assert FineTune.objects.count() == 2
        Inventory.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        look(inventory, provider)
        assert FineTune.objects.count() == 5
        assert not Elsewhere.objects.exists()

    def test_a_wish_that_comes_while_the_list_is_read_is_not_lost(
        self, people: People, inventory: Inventory, provider: Provider
    ) -> None:
        def wish(request: httpx.Request) -> httpx.Response:
            bring_in.request(inventory, people.member)
            return provider._list(request, "fine-tunes")

        provider.break_next("GET", "/fine-tunes", wish)
        inventory = look(inventory, provider)
        assert inventory.due_at
        assert inventory.due_at <= timezone.now()

    def test_one_that_learned_from_a_model_here_is_its_child(
        self, people: People, connection: Connection, inventory: Inventory, provider: Provider
    ) -> None:
        parent = Model.objects.create(
            organization=people.organization,
            connection=connection,
            name="ft:babbage-002:example::1",
            base_model="babbage-002",
        )
        started_there(provider, 1, base=parent.name)
        bring_in.request(inventory, people.member)
        look(inventory, provider)
        assert FineTune.objects.get().parent == parent


class TestGone:
    @pytest.fixture
    def old(self, fine_tune: FineTune, provider: Provider) -> FineTune:
        """One of ours that ended and settled some time ago."""
        row = step(fine_tune, provider.client())
        provider.succeed(row.remote_id, CSV)
        step(row, provider.client())
        past = timezone.now() - timedelta(hours=1)
        FineTune.objects.filter(pk=row.pk).update(created_at=past, settled_at=past, due_at=None)
        return FineTune.objects.get(pk=row.pk)

    def test_what_was_deleted_there_is_marked_and_keeps_its_history(
        self, old: FineTune, inventory: Inventory, provider: Provider
    ) -> None:
        del provider.jobs[old.remote_id]
        look(inventory, provider)
        old.refresh_from_db()
        assert old.gone_at
        assert old.status == Status.SUCCEEDED
        assert old.events.exists()
        assert old.files.exists()

    def test_what_is_only_left_out_of_the_list_is_not(self, old: FineTune, inventory: Inventory, provider: Provider) -> None:
        provider.break_next("GET", "/fine-tunes", lambda _r: httpx.Response(200, json={"object": "list", "data": []}))
        look(inventory, provider)
        old.refresh_from_db()
        assert old.gone_at is None

    def test_what_turns_up_again_loses_the_mark(self, old: FineTune, inventory: Inventory, provider: Provider) -> None:
        job = provider.jobs.pop(old.remote_id)
        look(inventory, provider)
        provider.jobs[job["id"]] = job
        look(inventory, provider)
        old.refresh_from_db()
        assert old.gone_at is None

    def test_one_that_runs_and_vanishes_is_marked_by_polling(
        self, fine_tune: FineTune, connection: Connection, provider: Provider
    ) -> None:
        row = step(fine_tune, provider.client())
        provider.jobs.clear()
        for _ in range(5):
            poll(connection, provider)
        row.refresh_from_db()
        assert row.gone_at
        assert row.status == Status.UNKNOWN


class TestTrouble:
    def test_a_list_that_cannot_be_had_is_asked_for_again_later(self, inventory: Inventory, provider: Provider) -> None:
        (id,) = started_there(provider)
        look(inventory, provider)
        provider.break_next("GET", "/fine-tunes", status(404, "No such thing"))
        inventory = look(inventory, provider)
        assert (inventory.failures, inventory.trouble) == (1, "No such thing")
        assert noted(inventory) == [id], "what was noted before stays"
        assert inventory.due_at
        assert inventory.due_at > timezone.now()
        inventory = look(inventory, provider)
        assert (inventory.failures, inventory.trouble) == (0, "")

    def test_a_connection_that_is_lost_in_the_middle_deletes_nothing(self, inventory: Inventory, provider: Provider) -> None:
        ids = started_there(provider, 2)
        look(inventory, provider)
        provider.break_next("GET", "/fine_tuning/jobs", lost(httpx.ReadError))
        look(inventory, provider)
        assert noted(inventory) == ids

    def test_a_surprise_is_put_off_too(
        self, inventory: Inventory, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("finetunes.stock._note", lambda *arguments: 1 / 0)
        started_there(provider)
        assert look(inventory, provider).trouble == "ZeroDivisionError"

    def test_a_surprise_is_shown_with_the_id_that_the_log_names(
        self, inventory: Inventory, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("finetunes.stock._note", lambda *arguments: 1 / 0)
        started_there(provider)
        trace.begin({"request_id": "req_0123456789"})
        assert look(inventory, provider).trouble == "ZeroDivisionError, req_0123456789"

    def test_two_workers_do_not_take_stock_at_once(self, inventory: Inventory, provider: Provider) -> None:
        assert Inventory.objects.claim(inventory.pk, 30)
        assert not take_stock(inventory.pk, provider.client("both"))
        assert provider.requests == []

    def test_a_provider_that_wants_to_be_left_alone_is_not_asked(
        self, connection: Connection, inventory: Inventory, provider: Provider
    ) -> None:
        later = timezone.now() + timedelta(minutes=1)
        Polling.objects.create(connection=connection, due_at=later, quiet_until=later)
        assert not take_stock(inventory.pk, provider.client("both"))
        inventory.refresh_from_db()
        assert inventory.due_at == later
        assert provider.requests == []


class TestTasks:
    def test_each_connection_in_use_gets_its_inventory_and_is_rung_for(
        self, connection: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rung: list[Any] = []
        monkeypatch.setattr(tasks.take_stock, "apply_async", lambda args, **how: rung.append(args))
        tasks.ring()
        made = Inventory.objects.get()
        assert made.connection == connection
        assert rung == [(made.pk,)]
        Connection.objects.update(archived_at=timezone.now())
        tasks.ring()
        assert len(rung) == 1

    def test_a_task_takes_stock_through_the_connection(self, inventory: Inventory, at_work: Provider) -> None:
        started_there(at_work)
        tasks.take_stock(inventory.pk)
        assert len(noted(inventory)) == 1

    def test_nothing_of_this_keeps_a_connection_from_being_deleted(
        self, connection: Connection, inventory: Inventory, provider: Provider
    ) -> None:
        from connections import retire

        started_there(provider)
        look(inventory, provider)
        Polling.objects.take(connection.pk, 30)
        assert retire.dependents(connection) == []
        retire.delete(connection)
        assert not Inventory.objects.exists()
        assert not Elsewhere.objects.exists()
