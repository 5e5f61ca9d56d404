"""Fine-tunes go to Weights & Biases and to MLflow by their real clients, and what they wrote is read back."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connections.models import Connection
from finetunes import metrics, store
from finetunes.models import FineTune, Sending
from finetunes.tracking.child import FOLDER
from tests.clients.conftest import program
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune, new_version
from tests.finetunes.exporting import START, said
from tests.finetunes.tracking import new_tracker, sent, settled, wished

pytestmark = [pytest.mark.clients, pytest.mark.django_db]


class Refusing(BaseHTTPRequestHandler):
    """A server that lets nobody in."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b'{"errors":[{"message":"nobody is let in"}],"error_code":"PERMISSION_DENIED","message":"nobody is let in"}'
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


READ_WANDB = """
import glob, json, struct, sys
from wandb.proto import wandb_internal_pb2 as proto

def records(data):
    # A log of blocks of 32 KiB; a record is a checksum, a length, a kind (1 whole, 2 first, 3 middle, 4 last), its bytes.
    place, whole = 7, b""
    while place + 7 <= len(data):
        if (left := 32768 - place % 32768) < 7:
            place += left
            continue
        _checksum, length, kind = struct.unpack_from("<IHB", data, place)
        whole += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):
            record = proto.Record()
            record.ParseFromString(whole)
            whole = b""
            yield record

def named(items):
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}

found = {"rows": [], "summary": {}, "artifacts": {}, "exit": None}
(path,) = glob.glob(sys.argv[1] + "/wandb/offline-run-*/*.wandb")
for record in records(open(path, "rb").read()):
    kind = record.WhichOneof("record_type")
    if kind == "run":
        run = record.run
        found |= {"id": run.run_id, "name": run.display_name, "job_type": run.job_type, "project": run.project}
        found |= {"entity": run.entity, "config": named(run.config.update)}
    elif kind == "history":
        row = named(record.history.item)
        found["rows"].append({name: value for name, value in row.items() if name == "_step" or name[0] != "_"})
    elif kind == "summary":
        found["summary"] |= named(record.summary.update)
    elif kind == "exit":
        found["exit"] = record.exit.exit_code
    elif kind == "request" and record.request.WhichOneof("request_type") == "log_artifact":
        kind, artifact = "artifact", record.request.log_artifact.artifact
    if kind == "artifact":
        artifact = record.artifact if record.WhichOneof("record_type") == "artifact" else artifact
        files = {one.path: one.size for one in artifact.manifest.contents}
        found["artifacts"][artifact.name] = {"type": artifact.type, "files": sorted(files)}
print(json.dumps(found))
"""
READ_MLFLOW = """
import json, sys
from mlflow import MlflowClient
client = MlflowClient()
FOLDERS = (None, "training_files", "validation_files")

def points(id, name):
    return [[one.step, one.value, one.timestamp] for one in client.get_metric_history(id, name)]

found = []
for experiment in client.search_experiments():
    for run in client.search_runs([experiment.experiment_id]):
        id = run.info.run_id
        found.append({
            "experiment": experiment.name, "name": run.info.run_name, "status": run.info.status,
            "start": run.info.start_time, "end": run.info.end_time,
            "tags": run.data.tags, "params": run.data.params,
            "metrics": {name: points(id, name) for name in run.data.metrics},
            "files": sorted(file.path for folder in FOLDERS for file in client.list_artifacts(id, folder)),
        })
print(json.dumps(found))
"""


@pytest.fixture
def fine_tune(people: People) -> FineTune:
    connection = Connection.objects.create(organization=people.organization, name="T", base_url="http://t/v1", key="k")
    return new_fine_tune(people, connection, new_version(people, name="Tickets & <b>"))


@pytest.fixture(autouse=True)
def clients(settings: Any) -> None:
    settings.TRACKER_PYTHON = program("trackers", "python")


def read(script: str, *arguments: str, **environment: str) -> Any:
    done = subprocess.run(
        [program("trackers", "python"), "-W", "ignore", "-c", script, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestWandb:
    def offline(self, folder: Path) -> dict[str, str]:
        """The client's own mode for machines without a network, in a folder that outlives the sending."""
        return {"WANDB_MODE": "offline", "WANDB_DIR": str(folder)}

    def test_the_run_is_what_the_old_tool_made_of_it(self, people: People, fine_tune: FineTune, tmp_path: Path) -> None:
        raw = {
            "id": "ftjob-1",
            "object": "fine_tuning.job",
            "created_at": 1772366400,
            "hyperparameters": {"n_epochs": 4},
            "training_files": [{"id": "file-1", "filename": "t.jsonl"}, {"id": "file-2"}],
            "events": [{"message": "left out"}],
        }
        settled(fine_tune, raw=raw)
        tracker = new_tracker(people, account="support")
        done = sent(wished(tracker, fine_tune), **self.offline(tmp_path))
        assert (done.state, done.trouble) == (Sending.State.SENT, "")
        run = read(READ_WANDB, str(tmp_path))
        assert (run["id"], run["name"], run["job_type"]) == ("ftjob-1", "ftjob-1", "fine-tune")
        assert (run["project"], run["entity"], run["exit"]) == ("OpenAI-Fine-Tune", "support", 0)
        config = {name: value for name, value in run["config"].items() if name != "_wandb"}
        assert config == {
            **{name: value for name, value in raw.items() if name != "events"},
            "model": "ada",
            "status": "succeeded",
            "fine_tuned_model": "ft:ada:example",
            "training_files": {"id": "file-1", "filename": "t.jsonl"},
            "created_at": "2026-03-01T12:00:00+00:00",
        }
        assert run["rows"][:3] == [
            {"_step": 1, "train_loss": 0.9, "valid_loss": 0.95, "elapsed_tokens": 100},
            {"_step": 2, "train_loss": 0.5, "elapsed_tokens": 200},
            {"_step": 3, "train_loss": 0.25, "valid_loss": 0.4, "elapsed_tokens": 300},
        ]
        assert run["summary"]["fine_tuned_model"] == "ft:ada:example"
        assert run["summary"]["status"] == "succeeded"
        name = "Tickets____b_-v1-training.jsonl"
        assert run["artifacts"][f"train-{name}"] == {"type": "training_files", "files": sorted([name, f"{name}.table.json"])}
        assert f"valid-{name.replace('training', 'validation')}" in run["artifacts"]
        assert run["artifacts"]["fine_tune_details"]["files"] == ["fine_tune_details.json"]

    def test_data_stays_here_if_an_owner_wants_that(self, people: People, fine_tune: FineTune, tmp_path: Path) -> None:
        tracker = new_tracker(people, sends_data=False)
        sent(wished(tracker, settled(fine_tune)), **self.offline(tmp_path))
        assert list(read(READ_WANDB, str(tmp_path))["artifacts"]) == ["fine_tune_details"]

    def test_thousands_of_rows_arrive_each_at_its_step(self, people: People, fine_tune: FineTune, tmp_path: Path) -> None:
        steps = np.arange(0, 15_000, 3)
        store.write_series({settled(fine_tune): {"평가/x": metrics.Series(steps, np.sqrt(steps))}})
        done = sent(wished(new_tracker(people), fine_tune), **self.offline(tmp_path))
        assert done.done == done.whole > 5_000 - 3
        rows = read(READ_WANDB, str(tmp_path))["rows"]
        assert [row["_step"] for row in rows if "평가/x" in row] == steps.tolist()
        assert np.allclose([row["평가/x"] for row in rows if "평가/x" in row], np.sqrt(steps))

    def test_what_the_client_refuses_is_said_in_its_words(self, people: People, fine_tune: FineTune) -> None:
        tracker = new_tracker(people, project="a/b", key="x" * 40)
        failed = sent(wished(tracker, settled(fine_tune)), WANDB_MODE="offline")
        assert failed.state == Sending.State.FAILED
        assert "project" in failed.trouble.lower()
        assert "x" * 40 not in failed.trouble


class TestMLflow:
    def there(self, folder: Path) -> dict[str, str]:
        """The client's store in files, which needs no server."""
        return {"MLFLOW_TRACKING_URI": folder.as_uri(), "MLFLOW_ALLOW_FILE_STORE": "true"}

    def runs(self, folder: Path) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = read(READ_MLFLOW, **self.there(folder))
        return found

    def test_the_run_has_settings_numbers_and_files(self, people: People, fine_tune: FineTune, tmp_path: Path) -> None:
        settled(fine_tune, raw={"id": "ftjob-1", "method": {"type": "supervised", "n": 4}, "tags": ["a"]})
        tracker = new_tracker(people, "mlflow", project="Triage")
        done = sent(wished(tracker, fine_tune), **self.there(tmp_path))
        assert (done.state, done.trouble) == (Sending.State.SENT, "")
        (run,) = self.runs(tmp_path)
        assert (run["experiment"], run["name"], run["status"]) == ("Triage", "ftjob-1", "FINISHED")
        assert (run["start"], run["end"]) == (int(START.timestamp() * 1000), int(START.timestamp() * 1000) + 300_000)
        assert run["params"]["method.type"] == "supervised"
        assert run["params"]["tags"] == '["a"]'
        assert run["tags"]["fine_tuned_model"] == "ft:ada:example"
        first = int(START.timestamp() * 1000)
        assert run["metrics"]["train_loss"] == [
            [1, 0.9, first + 10_000],
            [2, 0.5, first + 10_000],
            [3, 0.25, first + 30_000],
        ]
        assert [point[:2] for point in run["metrics"]["valid_loss"]] == [[1, 0.95], [3, 0.4]]
        assert "training_files/training.jsonl" in run["files"]
        assert "fine_tune_details.json" in run["files"]

    def test_sent_twice_it_is_there_once(self, people: People, fine_tune: FineTune, tmp_path: Path) -> None:
        tracker = new_tracker(people, "mlflow")
        first = wished(tracker, settled(fine_tune))
        sent(first, **self.there(tmp_path))
        first.delete()  # as if somebody else had sent it
        second = sent(wished(tracker, fine_tune), **self.there(tmp_path))
        assert second.was_there
        assert len(self.runs(tmp_path)) == 1
        said(fine_tune, {9: {"train_loss": 0.1}})
        store.write_series({fine_tune: {"training_loss": metrics.series([9], [0.1])}})
        third = sent(wished(tracker, fine_tune, force=True), **self.there(tmp_path))
        assert not third.was_there
        (run,) = self.runs(tmp_path)
        assert run["metrics"]["train_loss"][-1][:2] == [9, 0.1]

    def test_names_that_it_does_not_take_are_written_otherwise(
        self, people: People, fine_tune: FineTune, tmp_path: Path
    ) -> None:
        odd = {"a<b>": 1.0, "../x": 2.0, "classification/f0.5": 3.0, "평가": 4.0}
        store.write_series({settled(fine_tune): {name: metrics.series([1], [value]) for name, value in odd.items()}})
        done = sent(wished(new_tracker(people, "mlflow"), fine_tune), **self.there(tmp_path))
        assert done.trouble == ""
        (run,) = self.runs(tmp_path)
        assert run["metrics"]["classification/f0.5"][0][1] == 3.0
        assert sorted(points[0][1] for points in run["metrics"].values() if points[0][1] in odd.values()) == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["wandb", "mlflow"])
def test_a_server_that_lets_nobody_in_is_quoted(people: People, fine_tune: FineTune, refusing: str, kind: str) -> None:
    failed = sent(wished(new_tracker(people, kind, address=refusing), settled(fine_tune)), NO_PROXY="*", no_proxy="*")
    assert failed.state == Sending.State.FAILED
    assert "nobody is let in" in failed.trouble


@pytest.mark.parametrize("kind", ["wandb", "mlflow"])
def test_a_client_ends_with_the_worker_that_it_works_for(tmp_path: Path, kind: str) -> None:
    """Its server accepts and never answers; the worker's end is the end of its standard input."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        given = {"WANDB_BASE_URL": address, "WANDB_API_KEY": "k" * 40, "MLFLOW_TRACKING_URI": address, "HOME": str(tmp_path)}
        work = {
            "id": "ftjob-1",
            "project": "p",
            "entity": "",
            "force": True,
            "job": {},
            "rows": "",
            "files": [],
            "started": 1,
        }
        with subprocess.Popen(
            [program("trackers", "python"), "-I", str(FOLDER / f"{kind}_child.py")],
            env={**given, "NO_PROXY": "*", "no_proxy": "*"},
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as child:
            assert child.stdin
            child.stdin.write(json.dumps(work).encode() + b"\n")
            child.stdin.flush()
            silent.accept()  # it is waiting for an answer now
            child.stdin.close()
            assert child.wait(60) == 3
