"""Send one fine-tune to Weights & Biases: a program of its own, run by `child.py`, without anything of Tunedeck's.

It reads what to send as one line of JSON from standard input and says on standard output, line by line in JSON, how
far it is, where the run can be seen, or why it could not be sent. Key and addresses come from the environment.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MOST_ROWS = 10_000
"""In the table of an artifact; its file has all."""
OFTEN = 2_000
ARTIFACT_SECONDS = 900


def say(**words: Any) -> None:
    print(json.dumps(words), flush=True)  # noqa: T201


def main() -> None:
    work = json.loads(sys.stdin.readline())
    # The worker keeps this open for as long as it lives: nobody is left behind by one that was killed.
    threading.Thread(target=lambda: sys.stdin.read() or os._exit(3), daemon=True).start()
    try:
        import wandb
    except ImportError:
        return say(missing="wandb")
    try:
        send(wandb, work)
    except Exception as error:  # whatever the client raises is told to people in its own words
        say(error=f"{type(error).__name__}: {error}"[:2000])
    return None


def send(wandb: Any, work: dict[str, Any]) -> None:
    url = None if work["force"] else there(wandb, work)
    if url is not None:
        return say(url=url, was_there=True)
    run = wandb.init(
        id=work["id"],
        name=work["id"],
        job_type="fine-tune",
        project=work["project"],
        entity=work["entity"] or None,
        config=config(work["job"]),
        settings=wandb.Settings(
            silent=True, console="off", save_code=False, disable_git=True, x_disable_stats=True, x_disable_meta=True,
            x_save_requirements=False,
        ),
    )  # fmt: skip
    log(run, work)
    run.summary["fine_tuned_model"] = work["job"].get("fine_tuned_model")
    keep_artifacts(wandb, run, work)
    run.summary["status"] = work["job"].get("status")
    url = run.url or ""
    run.finish()
    return say(url=url, done=True)


def there(wandb: Any, work: dict[str, Any]) -> str | None:
    """Return the address of a run that was sent to its end before, by whomever."""
    if os.environ.get("WANDB_MODE", "online") != "online":
        return None
    path = "/".join(part for part in (work["entity"], work["project"], work["id"]) if part)
    try:
        run = wandb.Api(timeout=30).run(path)
        return str(run.url) if run.summary.get("status") == "succeeded" else None
    except (wandb.errors.CommError, ValueError):  # how the client says that there is none
        return None


def config(job: dict[str, Any]) -> dict[str, Any]:
    """The job as its provider tells it: of each list of files the first, and moments as such."""
    made = dict(job)
    for name in ("training_files", "validation_files", "result_files"):
        if isinstance(made.get(name), list) and made[name]:
            made[name] = made[name][0]
    if isinstance(made.get("created_at"), int | float):
        made["created_at"] = datetime.fromtimestamp(made["created_at"], UTC)
    return made


def log(run: Any, work: dict[str, Any]) -> None:
    """Log each row at its step; what was not measured there is not in the row."""
    with Path(work["rows"]).open(encoding="utf-8") as rows:
        for number, line in enumerate(rows, start=1):
            row = json.loads(line)
            run.log(row["values"], step=row["step"])
            if number % OFTEN == 0:
                say(rows=number)


def keep_artifacts(wandb: Any, run: Any, work: dict[str, Any]) -> None:
    for file in work["files"]:
        say(file=file["name"])
        artifact = wandb.Artifact(file["artifact"], type=file["type"])
        artifact.add_file(file["path"], name=file["name"])
        artifact.add(table(wandb, file["path"]), file["name"])
        run.log_artifact(artifact)
    details = wandb.Artifact("fine_tune_details", type="fine_tune_details", metadata=config(work["job"]))
    with details.new_file("fine_tune_details.json") as file:
        json.dump(work["job"], file, indent=2)
    run.log_artifact(details)


def table(wandb: Any, path: str) -> Any:
    """Return the first rows of a file of examples; a message list is shown as JSON."""
    rows = []
    with Path(path).open(encoding="utf-8") as file:
        for line, _number in zip(file, range(MOST_ROWS), strict=False):
            rows.append(json.loads(line))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[text(row.get(name)) for name in columns] for row in rows]
    return wandb.Table(columns=columns, data=cells)


def text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main()
