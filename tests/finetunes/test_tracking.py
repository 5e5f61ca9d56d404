"""Sending to trackers: what is due, what a client may do wrong, and that nothing is sent that nobody wants there."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.files.base import ContentFile
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import metrics, store
from finetunes.models import FineTune, KeptFile, Sending, Tracker
from finetunes.statuses import Status
from finetunes.tracking import child, parcel, send
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.tracking import new_tracker, sent, settled, wished

State = Sending.State
TALKS = "import sys, json; work = json.loads(sys.stdin.readline())\n"
DONE = TALKS + "print('hello from the client'); print('[1]'); print(json.dumps({'url': 'https://wandb.example/run'}))"


@pytest.fixture
def tracker(people: People) -> Tracker:
    return new_tracker(people)


@pytest.fixture
def done(fine_tune: FineTune) -> FineTune:
    return settled(fine_tune)


@pytest.fixture
def client_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Put a program in the place of the clients' own, to be run as they are."""

    def put(source: str) -> Path:
        for kind in Tracker.Kind.values:
            (tmp_path / f"{kind}_child.py").write_text(source)
        monkeypatch.setattr(child, "FOLDER", tmp_path)
        return tmp_path

    return put


class TestWishes:
    def test_only_what_succeeded_settled_and_has_numbers(self, tracker: Tracker, fine_tune: FineTune) -> None:
        assert send.request(tracker, fine_tune, None) is None
        settled(fine_tune)
        for changes in ({"status": Status.FAILED}, {"settled_at": None}, {"remote_id": ""}):
            before = {name: getattr(fine_tune, name) for name in changes}
            FineTune.objects.filter(pk=fine_tune.pk).update(**changes)
            assert send.request(tracker, fine_tune, None) is None
            FineTune.objects.filter(pk=fine_tune.pk).update(**before)
        assert wished(tracker, fine_tune).state == State.WAITING
        fine_tune.spans.all().delete()
        Sending.objects.all().delete()
        assert send.request(tracker, fine_tune, None) is None

    def test_another_organization_s_is_none_of_its_business(self, people: People, done: FineTune) -> None:
        theirs = Tracker.objects.create(organization=people.outsider.memberships.get().organization, kind="wandb", key="k")
        assert send.request(theirs, done, people.outsider) is None
        assert send.request_all(theirs, people.outsider) == 0

    def test_what_was_sent_is_sent_again_only_by_force(self, tracker: Tracker, done: FineTune) -> None:
        first = wished(tracker, done)
        Sending.objects.filter(pk=first.pk).update(state=State.SENT, due_at=None)
        assert wished(tracker, done).state == State.SENT
        again = wished(tracker, done, force=True)
        assert (again.pk, again.state, again.force) == (first.pk, State.WAITING, True)

    def test_what_failed_is_tried_again_when_asked_for(self, tracker: Tracker, done: FineTune) -> None:
        first = wished(tracker, done)
        Sending.objects.filter(pk=first.pk).update(state=State.FAILED, due_at=None, trouble="x")
        again = wished(tracker, done)
        assert (again.state, again.trouble) == (State.WAITING, "")
        assert again.due_at is not None

    def test_all_are_those_that_are_not_there_yet(
        self, people: People, tracker: Tracker, connection: Connection, version: Version
    ) -> None:
        for number in range(3):
            one = new_fine_tune(people, connection, version, suffix=f"n{number}")
            settled(one, remote_id=f"ftjob-{number}")
        Sending.objects.filter(pk=wished(tracker, one).pk).update(state=State.SENT)
        assert send.request_all(tracker, people.member) == 2
        assert send.request_all(tracker, people.member) == 2

    def test_of_each_tracker_one_at_a_time(self, people: People, tracker: Tracker, done: FineTune) -> None:
        other = new_tracker(people, "mlflow")
        second = new_fine_tune(people, done.connection, done.version, suffix="second")
        settled(second, remote_id="ftjob-2")
        first = wished(tracker, done)
        wished(tracker, second)
        elsewhere = wished(other, done)
        assert send.due() == [first.pk, elsewhere.pk]
        assert Sending.objects.claim(first.pk, 30)
        assert send.due() == [elsewhere.pk]


class TestNewOnes:
    def test_they_are_sent_by_themselves_from_then_on(self, people: People, tracker: Tracker, done: FineTune) -> None:
        send.add_new()
        assert not Sending.objects.exists()
        Tracker.objects.update(sends_new=True, since=timezone.now() + timedelta(hours=1))
        send.add_new()
        assert not Sending.objects.exists()
        Tracker.objects.update(since=timezone.now() - timedelta(hours=1))
        send.add_new()
        send.add_new()
        assert Sending.objects.get().fine_tune == done

    def test_what_failed_is_left_for_people(self, tracker: Tracker, done: FineTune) -> None:
        Sending.objects.filter(pk=wished(tracker, done).pk).update(state=State.FAILED, due_at=None)
        Tracker.objects.update(sends_new=True, since=timezone.now() - timedelta(hours=1))
        send.add_new()
        assert Sending.objects.get().state == State.FAILED


class TestSending:
    def test_what_the_client_says_at_the_end_is_kept(
        self, tracker: Tracker, done: FineTune, client_is: Callable[[str], Path]
    ) -> None:
        client_is(DONE)
        found = sent(wished(tracker, done, force=True))
        assert (found.state, found.url, found.force) == (State.SENT, "https://wandb.example/run", False)
        assert found.done == found.whole == 3
        assert found.due_at is None
        assert found.sent_at is not None

    def test_a_link_is_only_what_is_one(self, tracker: Tracker, done: FineTune) -> None:
        assert Sending(url="javascript:alert(1)").link == ""
        assert Sending(url="https://wandb.ai/x").link == "https://wandb.ai/x"

    def test_it_is_done_once_however_often_the_bell_rings(
        self, tracker: Tracker, done: FineTune, client_is: Callable[[str], Path]
    ) -> None:
        client_is(DONE)
        one = sent(wished(tracker, done))
        assert not send.send(one.pk)

    def test_what_another_worker_holds_is_left_to_it(self, tracker: Tracker, done: FineTune) -> None:
        one = wished(tracker, done)
        assert Sending.objects.claim(one.pk, 30)
        assert not send.send(one.pk)

    def test_without_the_client_the_page_says_how_to_install_it(self, tracker: Tracker, done: FineTune) -> None:
        found = sent(wished(tracker, done))
        assert found.state == State.FAILED
        assert found.trouble.endswith(f"{sys.executable} -m pip install wandb")

    def test_without_its_interpreter_too(self, tracker: Tracker, done: FineTune, settings: Any) -> None:
        settings.TRACKER_PYTHON = "/nowhere/python"
        assert "/nowhere/python -m pip install wandb" in sent(wished(tracker, done)).trouble
        assert not child.is_installed("wandb", "/nowhere/python")
        assert child.is_installed("json", sys.executable)

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            (TALKS + "print(json.dumps({'error': 'CommError: no such entity'}))", "CommError: no such entity"),
            (TALKS + "sys.exit(1)", "The client ended without a word."),
            ("raise SystemExit", "The client ended without a word."),
        ],
    )
    def test_why_it_was_not_sent_is_said(
        self, tracker: Tracker, done: FineTune, client_is: Callable[[str], Path], source: str, words: str
    ) -> None:
        client_is(source)
        found = sent(wished(tracker, done))
        assert (found.state, found.trouble) == (State.FAILED, words)

    def test_a_key_in_the_client_s_words_is_taken_out(
        self, tracker: Tracker, done: FineTune, client_is: Callable[[str], Path]
    ) -> None:
        client_is(TALKS + "import os; print(json.dumps({'error': 'bad key ' + os.environ['WANDB_API_KEY']}))")
        assert sent(wished(tracker, done)).trouble == "bad key …"

    def test_a_client_that_hangs_is_ended_with_all_that_it_started(
        self, tracker: Tracker, done: FineTune, client_is: Callable[[str], Path], settings: Any
    ) -> None:
        settings.TRACKER_SECONDS = 0.7
        folder = client_is(
            "import subprocess, sys, time\n"
            "one = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
            f"open({str(configured.DATA / 'started')!r}, 'w').write(str(one.pid))\n"
            "time.sleep(600)"
        )
        assert folder.is_dir()
        found = sent(wished(tracker, done))
        assert found.state == State.FAILED
        assert "was ended" in found.trouble
        assert is_gone(int((configured.DATA / "started").read_text()))

    def test_a_client_whose_row_was_taken_over_is_ended(
        self, tracker: Tracker, done: FineTune, client_is: Callable[[str], Path]
    ) -> None:
        client_is(TALKS + "import time; print(json.dumps({'rows': 1}), flush=True); time.sleep(600)")
        one = wished(tracker, done)
        Sending.objects.filter(pk=one.pk).update(tracker=tracker)
        mine = Sending.objects.select_related("tracker", "fine_tune").claim(one.pk, 30)
        assert mine
        Sending.objects.filter(pk=one.pk).update(lease_token=None)
        with pytest.raises(child.NotSent, match="taken over"):
            send._sent(mine, self.folder(), {})

    def folder(self) -> Path:
        made = Path(configured.DATA) / "taken-over"
        made.mkdir(exist_ok=True)
        return made

    def test_it_gets_nothing_of_the_worker_s_secrets(
        self, tracker: Tracker, done: FineTune, client_is: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TUNEDECK_FIELD_KEY", "secret")
        monkeypatch.setenv("DATABASE_URL", "postgres://secret")
        client_is(TALKS + "import os; print(json.dumps({'error': ' '.join(sorted(os.environ))}))")
        names = sent(wished(tracker, done)).trouble.split()
        assert "WANDB_API_KEY" in names
        assert not {"TUNEDECK_FIELD_KEY", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"} & set(names)

    def test_nothing_is_left_on_the_disk(self, tracker: Tracker, done: FineTune, client_is: Callable[[str], Path]) -> None:
        client_is(DONE)
        sent(wished(tracker, done))
        assert not list(Path(configured.DATA).glob("tracker-*"))


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or does so within a moment."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.01)
    return False


class TestParcel:
    def test_rows_are_steps_without_what_is_missing(self, done: FineTune, tmp_path: Path) -> None:
        assert parcel.write_rows(done, tmp_path / "rows") == 3
        rows = [json.loads(line) for line in (tmp_path / "rows").read_text().splitlines()]
        assert [row["step"] for row in rows] == [1, 2, 3]
        assert rows[1]["values"] == {"train_loss": 0.5, "elapsed_tokens": 200}

    def test_steps_below_zero_have_no_place_there(self, done: FineTune, tmp_path: Path) -> None:
        store.write_series({done: {"x": metrics.series([-4, 5], [1.0, 2.0])}})
        assert parcel.write_rows(done, tmp_path / "rows") == 4

    def test_an_imported_one_sends_the_files_that_were_kept(self, tracker: Tracker, done: FineTune, tmp_path: Path) -> None:
        elsewhere = {"training_version": None, "training_file_id": "file-t", "imported_at": timezone.now()}
        FineTune.objects.filter(pk=done.pk).update(**elsewhere)
        facts = {"remote_id": "file-t", "role": "training", "state": "kept", "filename": "../a b.jsonl"}
        kept = KeptFile(connection=done.connection, **facts)
        kept.content.save("x", ContentFile(b'{"messages":[]}\n'))
        sending = wished(tracker, FineTune.objects.get(pk=done.pk))
        (file,) = parcel.pack(sending, tmp_path)["files"]
        assert (file["name"], file["artifact"], file["type"]) == (".._a_b.jsonl", "train-.._a_b.jsonl", "training_files")
        assert Path(file["path"]).read_bytes() == b'{"messages":[]}\n'

    def test_validation_data_that_was_not_used_stays_here(self, tracker: Tracker, done: FineTune, tmp_path: Path) -> None:
        sending = wished(tracker, done)
        assert len(parcel.pack(sending, tmp_path)["files"]) == 2
        sending.fine_tune.use_validation = False
        assert len(parcel.pack(sending, tmp_path)["files"]) == 1

    def test_a_job_of_any_content_is_json(self, done: FineTune) -> None:
        done.raw = {"huge": 2**70, "events": [1], "nested": {"a": [None]}}
        made = parcel.job(done)
        assert "events" not in made
        assert (made["status"], made["id"]) == ("succeeded", "ftjob-1")
        json.dumps(made)

    def test_each_kind_gets_its_key_its_own_way(self, people: People, tmp_path: Path) -> None:
        wandb = new_tracker(people, address="https://wandb.example.com")
        given = parcel.environment(wandb, tmp_path)
        assert (given["WANDB_API_KEY"], given["WANDB_BASE_URL"]) == ("k" * 40, "https://wandb.example.com")
        assert given["WANDB_DIR"] == str(tmp_path)
        flow = new_tracker(people, "mlflow", key="t")
        assert parcel.environment(flow, tmp_path) == {
            "MLFLOW_TRACKING_URI": "https://mlflow.example.com",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_TRACKING_TOKEN": "t",
        }
        flow.account = "ann"
        assert parcel.environment(flow, tmp_path)["MLFLOW_TRACKING_PASSWORD"] == "t"
