"""Send one fine-tune to MLflow: a program of its own, run by `child.py`, without anything of Tunedeck's.

It speaks as `wandb_child.py` does. MLflow gives its runs ids of its own, so a run is known by a tag with the job's id;
one that was begun and not finished, or that is to be sent again, is deleted there before a new one is made.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

MOST = 500
"""Measurements in one request; a server takes no more than 1,000."""
LONGEST = 500
TAG = "fine_tune_id"


def say(**words: Any) -> None:
    print(json.dumps(words), flush=True)  # noqa: T201


def main() -> None:
    work = json.loads(sys.stdin.readline())
    # The worker keeps this open for as long as it lives: nobody is left behind by one that was killed.
    threading.Thread(target=lambda: sys.stdin.read() or os._exit(3), daemon=True).start()
    try:
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param, RunTag
    except ImportError:
        return say(missing="mlflow-skinny")
    try:
        send(MlflowClient(), work, Metric, Param, RunTag)
    except Exception as error:  # whatever the client raises is told to people in its own words
        say(error=f"{type(error).__name__}: {error}"[:2000])
    return None


def send(client: Any, work: dict[str, Any], metric: Any, param: Any, tag: Any) -> None:
    experiment = the_experiment(client, work["project"])
    url = clear(client, experiment, work)
    if url is not None:
        return say(url=url, was_there=True)
    tags = {TAG: work["id"], "fine_tuned_model": str(work["job"].get("fine_tuned_model") or "")}
    run = client.create_run(experiment, start_time=work["started"], run_name=work["id"], tags=tags)
    params = [param(name[:250], text(value)) for name, value in flat(work["job"])]
    for first in range(0, len(params), 100):
        client.log_batch(run.info.run_id, params=params[first : first + 100])
    log(client, run.info.run_id, work, metric)
    for file in work["files"]:
        say(file=file["name"])
        client.log_artifact(run.info.run_id, file["path"], artifact_path=file["type"])
    client.log_dict(run.info.run_id, work["job"], "fine_tune_details.json")
    client.log_batch(run.info.run_id, tags=[tag("status", str(work["job"].get("status")))])
    client.set_terminated(run.info.run_id, status="FINISHED", end_time=work["finished"])
    return say(url=address(experiment, run.info.run_id), done=True)


def the_experiment(client: Any, name: str) -> str:
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


def clear(client: Any, experiment: str, work: dict[str, Any]) -> str | None:
    """Return the address of a run that was sent to its end before; else make room for a new one."""
    name = work["id"].replace("'", "")
    runs = client.search_runs([experiment], f"tags.{TAG} = '{name}'")
    done = [run for run in runs if run.info.status == "FINISHED"]
    if done and not work["force"]:
        return address(experiment, done[0].info.run_id)
    for run in runs:
        client.delete_run(run.info.run_id)
    return None


def address(experiment: str, run: str) -> str:
    base = os.environ.get("MLFLOW_TRACKING_URI", "").rstrip("/")
    return f"{base}/#/experiments/{experiment}/runs/{run}" if base.startswith("http") else ""


def flat(job: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Return the settings as a flat list: what lies in an object is named with a dot. Lists are told as JSON."""
    found: list[tuple[str, Any]] = []
    for name, value in job.items():
        if isinstance(value, dict):
            found += flat(value, f"{before}{plain(name)}.")
        elif value is not None:
            found.append((f"{before}{plain(name)}", value))
    return found


def plain(name: str) -> str:
    """MLflow takes letters, digits and a few signs in names; one that ends in a dot or a slash is a path to it."""
    kept = "".join(sign if sign.isalnum() or sign in "_-. /" else "_" for sign in name)
    return "/".join(part for part in kept.split("/") if part.strip(". ")).strip(". ")[:200] or "unnamed"


def text(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value))[:LONGEST]


def log(client: Any, run: str, work: dict[str, Any], metric: Any) -> None:
    waiting: list[Any] = []
    with Path(work["rows"]).open(encoding="utf-8") as rows:
        for number, line in enumerate(rows, start=1):
            row = json.loads(line)
            moment = int(row["time"] * 1000)
            waiting += [metric(plain(name), value, moment, row["step"]) for name, value in row["values"].items()]
            while len(waiting) >= MOST:
                client.log_batch(run, metrics=waiting[:MOST])
                waiting = waiting[MOST:]
                say(rows=number)
    if waiting:
        client.log_batch(run, metrics=waiting)


if __name__ == "__main__":
    main()
