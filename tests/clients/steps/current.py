"""The current `openai` package against the fake of a vendor: from an upload to the deletion of the model.

Runs in that package's own environment: python current.py VENDOR ADDRESS KEY BASE. Prints JSON.
"""

from __future__ import annotations

import io
import json
import sys
import urllib.request
from collections.abc import Iterable
from typing import Any

import openai  # type: ignore[import-not-found]  # lives in an environment of its own

ROWS = b'{"prompt": "card declined ->", "completion": " billing"}\n' * 12
STRICT = {"openai"}


def client_of(vendor: str, address: str, key: str) -> Any:
    if vendor == "azure":
        version = "2025-04-01-preview"
        return openai.AzureOpenAI(azure_endpoint=address, api_key=key, api_version=version, max_retries=0)
    return openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0)


def plain(thing: Any, vendor: str) -> Any:
    """Hold an answer against the package's own model, where the vendor promises to be OpenAI to the letter."""
    data = thing.model_dump(mode="json", exclude_unset=True)
    if vendor in STRICT:
        type(thing).model_validate(data)
    return data


def deployed(vendor: str, address: str, key: str, model: str) -> str:
    """Deploy the model where that is needed, through the vendor's other API; return the name under which it answers."""
    body: dict[str, Any]
    if vendor == "azure":
        place, body = "PUT /management/deployments/tickets", {"properties": {"model": {"name": model}}}
    elif vendor == "nebius":
        place, body = "POST /v0/models", {"name": "tickets", "source": model}
    else:
        return model
    method, path = place.split()
    headers = {"api-key": key, "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(address + path, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request) as answer:
        answer.read()
    return "tickets"


def course(vendor: str, address: str, key: str, base: str) -> Any:
    client = client_of(vendor, address, key)
    jobs = client.fine_tuning.jobs
    files = [
        client.files.create(file=(f"{part}.jsonl", io.BytesIO(ROWS)), purpose="fine-tune") for part in ("train", "valid")
    ]
    seen: dict[str, Any] = {"statuses": []}
    for file in files:
        while client.files.retrieve(file.id).status in {"uploaded", "pending"}:
            pass
    created = jobs.create(
        model=base,
        training_file=files[0].id,
        validation_file=files[1].id,
        suffix="tickets",
        metadata={"tunedeck": "4c1d"},
        hyperparameters={"n_epochs": 2},
    )
    seen["created"] = plain(created, vendor)
    ended = created
    while ended.status not in {"succeeded", "failed", "cancelled"}:
        ended = jobs.retrieve(created.id)
        seen["statuses"].append(ended.status)
    seen["ended"] = plain(ended, vendor)
    seen |= about(client, ended, vendor)
    source = ended.fine_tuned_model or f"{ended.id}:{seen['checkpoints'][0]['id']}"
    name = deployed(vendor, address, key, source)
    question = [{"role": "user", "content": "card declined"}]
    seen["chat"] = client.chat.completions.create(model=name, messages=question).choices[0].message.content
    chunks = client.chat.completions.create(model=name, messages=question, stream=True)
    seen["streamed"] = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    seen["completion"] = client.completions.create(model=name, prompt="card declined ->").choices[0].text
    second = jobs.create(model=base, training_file=files[0].id)
    seen["cancelled"] = jobs.cancel(second.id).status
    deleted = ended.fine_tuned_model or name
    seen["deleted"] = [client.models.delete(deleted).deleted, client.files.delete(files[0].id).deleted]
    return seen


def about(client: Any, job: Any, vendor: str) -> dict[str, Any]:
    jobs = client.fine_tuning.jobs
    return {
        "listed": [one.id for one in jobs.list(limit=1)],
        "events": everything(jobs.list_events(job.id, limit=5), vendor),
        "checkpoints": everything(jobs.checkpoints.list(job.id, limit=1), vendor),
        "results": [client.files.content(file).text for file in job.result_files],
        "models": [model.id for model in client.models.list()],
        "files": [file.filename for file in client.files.list()],
    }


def everything(pages: Iterable[Any], vendor: str) -> list[Any]:
    return [plain(item, vendor) for item in pages]


if __name__ == "__main__":
    print(json.dumps(course(*sys.argv[1:])))
