"""Steps with the current `openai` package. Runs in that package's own environment and prints JSON:

python sdk_steps.py STEP ARGUMENT…
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openai  # type: ignore[import-not-found]  # lives in an environment of its own

client = openai.OpenAI(max_retries=0)


def plain(thing: Any) -> Any:
    """Validate an answer against the package's own model, which it does not do by itself."""
    data = thing.model_dump(mode="json", exclude_unset=True)
    type(thing).model_validate(data)
    return data


def all_of(pages: Iterable[Any]) -> list[Any]:
    return [plain(item) for item in pages]


def files(path: str) -> Any:
    with Path(path).open("rb") as source:
        made = client.files.create(file=source, purpose="fine-tune")
    made = client.files.wait_for_processing(made.id)
    seen = {
        "made": plain(made),
        "listed": [file.id for file in client.files.list(limit=2, purpose="fine-tune")],
        "content": client.files.content(made.id).text,
    }
    return seen | {"deleted": plain(client.files.delete(made.id))}


def upload(path: str) -> Any:
    with Path(path).open("rb") as source:
        return plain(client.files.create(file=source, purpose="fine-tune"))


def train(model: str, training: str, validation: str) -> Any:
    created = client.fine_tuning.jobs.create(
        model=model,
        training_file=training,
        validation_file=validation,
        suffix="sport",
        seed=7,
        metadata={"project": "sports desk"},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4}}},
    )
    return {"created": plain(created), "ended": plain(_ended(created.id))}


def _ended(job_id: str) -> Any:
    deadline = time.monotonic() + 120
    while (job := client.fine_tuning.jobs.retrieve(job_id)).status not in {"succeeded", "failed", "cancelled"}:
        if time.monotonic() > deadline:
            raise TimeoutError(job.status)
        time.sleep(0.2)
    return job


def look(job_id: str) -> Any:
    jobs = client.fine_tuning.jobs
    return {
        "listed": [job.id for job in jobs.list(limit=1)],
        "by metadata": [job.id for job in jobs.list(metadata={"project": "sports desk"})],
        "by other metadata": [job.id for job in jobs.list(metadata={"project": "other"})],
        "events": all_of(jobs.list_events(job_id, limit=7)),
        "checkpoints": all_of(jobs.checkpoints.list(job_id, limit=1)),
        "results": client.files.content(jobs.retrieve(job_id).result_files[0]).text,
    }


def cancel(model: str, training: str) -> Any:
    job = client.fine_tuning.jobs.create(model=model, training_file=training, hyperparameters={"n_epochs": 50})
    return plain(client.fine_tuning.jobs.cancel(job.id))


def complete(model: str, prompt: str) -> Any:
    asked: dict[str, Any] = {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0}
    whole = client.completions.create(**asked, logprobs=2)
    # Not validated: the package's model has no null for the finish_reason of a chunk, which OpenAI's own chunks have.
    streamed = [part.model_dump(mode="json") for part in client.completions.create(**asked, stream=True)]
    return {"whole": plain(whole), "streamed": streamed}


def chat(model: str, text: str) -> Any:
    messages = [{"role": "system", "content": "Name the sport."}, {"role": "user", "content": text}]
    asked: dict[str, Any] = {"model": model, "messages": messages, "max_completion_tokens": 8, "temperature": 0}
    whole = client.chat.completions.create(**asked, logprobs=True, top_logprobs=2)
    stream = client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    return {"whole": plain(whole), "streamed": all_of(stream)}


def delete_model(model: str) -> Any:
    seen: dict[str, Any] = {"before": plain(client.models.retrieve(model))}
    try:
        seen["deleted"] = plain(client.models.delete(model))
    except openai.PermissionDeniedError as error:
        return seen | {"denied": error.body}
    return seen | {"listed": [found.id for found in client.models.list()], "asked": _refused(model)}


def _refused(model: str) -> Any:
    try:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "x"}])
    except openai.NotFoundError as error:
        return {"code": error.code, "request": error.request_id}
    return None


STEPS: dict[str, Callable[..., Any]] = {
    step.__name__: step for step in (files, upload, train, look, cancel, complete, chat, delete_model)
}

if __name__ == "__main__":
    json.dump(STEPS[sys.argv[1]](*sys.argv[2:]), sys.stdout)
