"""openai 0.28.1 against the fake of the first generation. Prints JSON. Called: legacy.py VENDOR ADDRESS KEY BASE"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import openai  # type: ignore[import-not-found]  # lives in an environment of its own

ROWS = b'{"prompt": "card declined ->", "completion": " billing"}\n' * 12


def course(_vendor: str, address: str, key: str, base: str) -> Any:
    openai.api_base, openai.api_key = f"{address}/v1", key
    file = openai.File.create(file=io.BytesIO(ROWS), purpose="fine-tune", user_provided_filename="train.jsonl")
    while openai.File.retrieve(file.id).status != "processed":
        pass
    job = openai.FineTune.create(training_file=file.id, model=base, suffix="tickets", n_epochs=2)
    seen: dict[str, Any] = {"created": job.to_dict_recursive(), "statuses": []}
    while job.status not in {"succeeded", "failed", "cancelled"}:
        job = openai.FineTune.retrieve(job.id)
        seen["statuses"].append(job.status)
    seen["ended"] = job.to_dict_recursive()
    seen["listed"] = [one.id for one in openai.FineTune.list().data]
    seen["events"] = [event.message for event in openai.FineTune.list_events(job.id).data]
    seen["followed"] = [event.message for event in openai.FineTune.stream_events(job.id)]
    seen["results"] = openai.File.download(job.result_files[0].id).decode()
    seen["completion"] = openai.Completion.create(model=job.fine_tuned_model, prompt="card declined ->").choices[0].text
    second = openai.FineTune.create(training_file=file.id, model=base)
    seen["cancelled"] = openai.FineTune.cancel(second.id).status
    seen["deleted"] = [openai.Model.delete(job.fine_tuned_model).deleted, openai.File.delete(file.id).deleted]
    return seen


if __name__ == "__main__":
    print(json.dumps(course(*sys.argv[1:])))
