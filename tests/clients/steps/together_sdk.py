"""Together's own package against its fake. Prints JSON. Called: together_sdk.py VENDOR ADDRESS KEY BASE"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from together import Together  # type: ignore[import-not-found]  # lives in an environment of its own

ROWS = '{"prompt": "card declined ->", "completion": " billing"}\n' * 12


def course(_vendor: str, address: str, key: str, base: str) -> Any:
    client = Together(base_url=address, api_key=key, max_retries=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.jsonl"
        path.write_text(ROWS)
        file = client.files.upload(path, purpose="fine-tune")
    while client.files.retrieve(file.id).processing_status != "COMPLETED":
        pass
    tuning = client.fine_tuning
    job = tuning.create(
        training_file=file.id, validation_file=file.id, n_evals=1, model=base, n_epochs=2, suffix="tickets", random_seed=7
    )
    seen: dict[str, Any] = {"created": job.id, "statuses": []}
    ended = tuning.retrieve(job.id)
    while ended.status not in {"completed", "error", "cancelled"}:
        ended = tuning.retrieve(job.id)
        seen["statuses"].append(ended.status)
    seen["output"] = ended.x_model_output_name
    seen["price"] = ended.total_price
    seen["created at"] = ended.created_at.isoformat()
    seen["listed"] = [one.id for one in tuning.list().data]
    seen["events"] = [event.type for event in tuning.list_events(job.id).data]
    seen["metrics"] = tuning.list_metrics(job.id).metrics
    seen["checkpoints"] = [one.step for one in tuning.list_checkpoints(job.id).data]
    seen["limits"] = tuning.model_limits(model_name=base).lora_training.max_batch_size
    seen["estimate"] = tuning.estimate_price(training_file=file.id, model=base, n_epochs=2).estimated_total_price
    seen["content"] = client.files.content(file.id).read().decode() == ROWS
    question = [{"role": "user", "content": "card declined"}]
    seen["chat"] = client.chat.completions.create(model=base, messages=question).choices[0].message.content
    second = tuning.create(training_file=file.id, model=base)
    seen["cancelled"] = tuning.cancel(second.id).status
    seen["deleted"] = [tuning.delete(job.id).message, client.files.delete(file.id).deleted]
    return seen


if __name__ == "__main__":
    print(json.dumps(course(*sys.argv[1:])))
