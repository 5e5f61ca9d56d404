"""Steps with the current `openai` package. Runs in that package's own environment, because importing it takes a second.

It reads lines of JSON, `[key, step, argument, …]`, and answers each with a line of `[what was seen, what went wrong]`.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openai  # type: ignore[import-not-found]  # lives in an environment of its own

client = openai.OpenAI(max_retries=0)


def patient() -> openai.OpenAI:
    """For the first question to a cold model, which is told to come again: so does every client as it is by default."""
    return client.with_options(max_retries=20)


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


def uploads(path: str) -> Any:
    """Send a file in two parts, and another way with the package's own splitting; begin a third one and leave it."""
    content, about = (
        Path(path).read_bytes(),
        {"filename": "in parts.jsonl", "purpose": "fine-tune", "mime_type": "text/jsonl"},
    )
    begun = client.uploads.create(**about, bytes=len(content))
    halves = content[:100], content[100:]
    parts = [client.uploads.parts.create(begun.id, data=half) for half in halves]
    done = client.uploads.complete(begun.id, part_ids=[part.id for part in parts])
    split = client.uploads.upload_file_chunked(file=Path(path), purpose="fine-tune", mime_type="text/jsonl", part_size=200)
    left = client.uploads.cancel(client.uploads.create(**about, bytes=9).id)
    return {
        "begun": plain(begun),
        "parts": [plain(part) for part in parts],
        "done": plain(done),
        "split": plain(split),
        "left": plain(left),
        "content": client.files.content(done.file.id).text,
    }


def rest(model: str, training: str) -> Any:
    """Pause a running job, let it go on, and end it."""
    jobs = client.fine_tuning.jobs
    job = jobs.create(model=model, training_file=training, hyperparameters={"n_epochs": 50})
    _until(job.id, "running")
    # The package's own list of statuses leaves this one out.
    paused = jobs.pause(job.id).to_dict()
    seen = [paused["status"], jobs.retrieve(job.id).to_dict()["status"]]
    resumed = plain(jobs.resume(job.id))
    return {"paused": seen, "resumed": resumed, "cancelled": plain(jobs.cancel(job.id))}


def _until(job_id: str, status: str) -> None:
    deadline = time.monotonic() + 60
    while client.fine_tuning.jobs.retrieve(job_id).status != status:
        if time.monotonic() > deadline:
            raise TimeoutError(status)
        time.sleep(0.1)


def permissions(model: str, project: str) -> Any:
    shared = client.fine_tuning.checkpoints.permissions
    made = all_of(shared.create(model, project_ids=[project]))
    seen = {
        "made": made,
        "listed": all_of(shared.list(model, limit=1, order="ascending")),
        "of the project": all_of(shared.list(model, project_id=project)),
        "of another": all_of(shared.list(model, project_id="proj_other")),
        "deleted": plain(shared.delete(made[0]["id"], fine_tuned_model_checkpoint=model)),
    }
    return seen | {"afterwards": all_of(shared.list(model))}


def unwrap(payload: str, headers: str, secret: str) -> Any:
    """Open a webhook, and try to with what is wrong."""
    said, hooks = json.loads(headers), client.webhooks
    hooks.verify_signature(payload, said, secret=secret)
    event = plain(hooks.unwrap(payload, said, secret=secret))
    wrong = {
        "payload": (payload + " ", said, secret),
        "id": (payload, {**said, "webhook-id": "wh_other"}, secret),
        "time": (payload, {**said, "webhook-timestamp": str(int(time.time()) - 3600)}, secret),
        "secret": (payload, said, "whsec_" + "A" * 43 + "="),
    }
    return {"event": event, "refused": [name for name, asked in wrong.items() if _is_refused(*asked)]}


def _is_refused(payload: str, headers: dict[str, str], secret: str) -> bool:
    try:
        client.webhooks.unwrap(payload, headers, secret=secret)
    except openai.InvalidWebhookSignatureError:
        return True
    return False


def refusals() -> Any:
    """Return what each wrong call raises, with its status and code."""
    hello = [{"role": "user", "content": "x"}]
    wrong: dict[str, Callable[[], Any]] = {
        "key": lambda: client.with_options(api_key="sk-wrong").models.list(),
        "organization": lambda: client.with_options(organization="nobody").models.list(),
        "model": lambda: client.models.retrieve("gpt-9"),
        "base": lambda: client.models.delete("ada"),
        "file": lambda: client.files.retrieve("file-x"),
        "purpose": lambda: client.files.create(file=b"{}", purpose="fine-tune-results"),
        "content": lambda: client.files.create(file=b"nonsense", purpose="fine-tune"),
        "upload": lambda: client.uploads.cancel("upload_x"),
        "job": lambda: client.fine_tuning.jobs.retrieve("ftjob-x"),
        "training file": lambda: client.fine_tuning.jobs.create(model="davinci-002", training_file="file-x"),
        "base model": lambda: client.fine_tuning.jobs.create(model="gpt-9", training_file="file-x"),
        "chat with a text model": lambda: client.chat.completions.create(model="ada", messages=hello),
        "text with a chat model": lambda: client.completions.create(model="gpt-3.5-turbo-0613", prompt="x"),
        "too long": lambda: client.completions.create(model="ada", prompt="x", max_tokens=9999),
        "embeddings": lambda: client.embeddings.create(model="ada", input="x"),
        "responses": lambda: client.responses.create(model="ada", input="x"),
        "graders": lambda: client.fine_tuning.alpha.graders.validate(grader={"type": "python", "name": "x", "source": ""}),
        "method": lambda: client.delete("/fine_tuning/jobs", cast_to=object),
    }
    return {name: _raised(call) for name, call in wrong.items()}


def _raised(call: Callable[[], Any]) -> Any:
    try:
        call()
    except openai.APIStatusError as error:
        envelope = sorted(error.body) if isinstance(error.body, dict) else error.body
        said = {"status": error.status_code, "code": error.code, "envelope": envelope, "request": bool(error.request_id)}
        return {"raised": type(error).__name__, **said}
    return None


def limited() -> Any:
    """Ask until it is too much; return what the answers said of the limits, and what the refusal did."""
    first = client.models.with_raw_response.retrieve("ada").headers
    seen: dict[str, Any] = {name: value for name, value in first.items() if name.startswith("x-ratelimit")}
    for _ in range(20):
        try:
            client.models.retrieve("ada")
        except openai.RateLimitError as error:
            return seen | {"code": error.code, "type": error.type, "wait": int(error.response.headers["retry-after"])}
    return seen


def models(name: str) -> Any:
    found = client.models.retrieve(name)
    return {"one": plain(found), "listed": all_of(client.models.list())}


def complete(model: str, prompt: str) -> Any:
    asked: dict[str, Any] = {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0}
    whole = patient().completions.create(**asked, logprobs=2)
    # Not validated: the package's model has no null for the finish_reason of a chunk, which OpenAI's own chunks have.
    streamed = [part.model_dump(mode="json", warnings=False) for part in client.completions.create(**asked, stream=True)]
    return {"whole": plain(whole), "streamed": streamed}


def chat(model: str, text: str) -> Any:
    messages = [{"role": "system", "content": "Name the sport."}, {"role": "user", "content": text}]
    asked: dict[str, Any] = {"model": model, "messages": messages, "max_completion_tokens": 8, "temperature": 0}
    whole = patient().chat.completions.create(**asked, logprobs=True, top_logprobs=2)
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
    step.__name__: step
    for step in (
        files,
        upload,
        uploads,
        train,
        look,
        cancel,
        rest,
        permissions,
        unwrap,
        refusals,
        limited,
        models,
        complete,
        chat,
        delete_model,
    )
}

if __name__ == "__main__":
    for line in sys.stdin:
        client.api_key, step, *arguments = json.loads(line)
        try:
            answer = [STEPS[step](*arguments), ""]
        except Exception:
            answer = [None, traceback.format_exc()]
        print(json.dumps(answer), flush=True)
