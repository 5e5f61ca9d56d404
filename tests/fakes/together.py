"""Together AI: a schema of its own, defaults that are the caller's duty, and numbers at /metrics."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from tests.fakes.serving import Answer, Refusal, Request
from tests.fakes.shelf import ANSWERS, FILES, Shelf

ENDED = {"completed", "error", "user_error", "cancelled"}
STEPS = 10
NEEDED = ("n_epochs", "n_checkpoints", "batch_size", "learning_rate")
LIMITS = {
    "max_num_epochs": 20,
    "max_num_evals": 100,
    "max_num_checkpoints": 20,
    "max_learning_rate": 0.1,
    "min_learning_rate": 1e-9,
    "max_seq_length_sft": 32768,
    "max_seq_length_dpo": 16384,
    "min_max_seq_length": 512,
    "default_gradient_accumulation_steps": 1,
    "merge_output_lora": True,
    "supports_full_training": False,
    "supports_reasoning": False,
    "supports_tools": True,
    "supports_vision": False,
    "lora_training": {
        "min_batch_size": 8,
        "max_batch_size": 32,
        "max_batch_size_dpo": 16,
        "max_rank": 64,
        "target_modules": ["k_proj", "q_proj"],
    },
}


class Together(Shelf):
    bases = ("Qwen/Qwen3.5-9B", "meta-llama/Llama-3.3-70B-Instruct", "openai/whisper-large-v3")
    trainable = bases[:2]
    routes = [
        ("POST", "/files/upload", "upload"),
        ("POST", "/files", "announce"),
        ("PUT", "/storage/([^/]+)", "store"),
        ("POST", "/files/([^/]+)/preprocess", "preprocess"),
        *FILES[1:],
        ("GET", "/models", "list_models"),
        *ANSWERS,
        ("POST", "/fine-tunes/estimate-price", "estimate"),
        ("GET", "/fine-tunes/models/supported", "supported"),
        ("GET", "/fine-tunes/models/limits", "limits"),
        ("POST", "/fine-tunes", "create"),
        ("GET", "/fine-tunes", "list_jobs"),
        ("GET", "/fine-tunes/([^/]+)", "job"),
        ("DELETE", "/fine-tunes/([^/]+)", "delete_job"),
        ("POST", "/fine-tunes/([^/]+)/cancel", "cancel"),
        ("GET", "/fine-tunes/([^/]+)/events", "list_events"),
        ("GET", "/fine-tunes/([^/]+)/checkpoints", "list_checkpoints"),
        ("GET", "/fine-tunes/([^/]+)/metrics", "metrics"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.deployments: dict[str, str] = {}

    def is_allowed(self, request: Request) -> bool:
        return request.path.startswith("/storage/") or super().is_allowed(request)

    def moment(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat().replace("+00:00", "Z")

    # Files: at once, or announced, stored elsewhere and processed

    def upload(self, request: Request) -> Any:
        fields, _name, content = request.form()
        if fields.get("purpose") not in {"fine-tune", "eval", "batch-api", "calibration"}:
            raise Refusal(400, "Unable to save the file - invalid purpose specified")
        return self.add_file(fields["file_name"], content, fields["purpose"])

    def new_file(self, id: str, name: str, content: bytes, purpose: str) -> dict[str, Any]:
        made = super().new_file(id, name, content, purpose) | {"FileType": name.rpartition(".")[2]}
        del made["status"], made["status_details"]
        unique = hashlib.sha256(id.encode()).hexdigest()
        return made | {"id": f"file-{unique[:8]}-{unique[8:12]}", "processing_status": "PENDING"}

    def processed(self, file: dict[str, Any]) -> None:
        lines = self.contents[file["id"]].count(b"\n")
        file |= {"processing_status": "COMPLETED", "validation_report": {"valid": True, "nlines": lines}}

    def is_processed(self, file: dict[str, Any]) -> bool:
        return bool(file["processing_status"] == "COMPLETED")

    def list_files(self, request: Request) -> Any:
        return {"data": list(self.files.values())}

    def announce(self, request: Request) -> Any:
        fields = dict(request.form()[0])
        file = self.add_file(fields["file_name"], b"", fields["purpose"])
        where = {"Location": f"{self.url}/v1/storage/{file['id']}", "X-Together-File-Id": file["id"]}
        return Answer({}, 302, where)

    def store(self, request: Request, id: str) -> Any:
        if "authorization" in request.headers:
            raise Refusal(400, "Storage must not be shown the key.")
        self.contents[id] = request.body
        self.files[id]["bytes"] = len(request.body)
        return {}

    def preprocess(self, request: Request, id: str) -> Any:
        return self.known(self.files, id, "file")

    # Models

    def new_model(self, name: str, owner: str) -> dict[str, Any]:
        about = {"id": name, "object": "model", "created": 0, "type": "chat", "display_name": name.rpartition("/")[2]}
        return {**about, "organization": owner, "context_length": 32768}

    def list_models(self, request: Request) -> Any:
        return list(self.models.values())

    def supported(self, request: Request) -> Any:
        return {"models": list(self.trainable)}

    def limits(self, request: Request) -> Any:
        name = request.query.get("model_name", "")
        if name not in self.trainable:
            raise Refusal(404, f"Model {name} is not available for fine-tuning")
        return {"model_name": name, **LIMITS}

    def estimate(self, request: Request) -> Any:
        wish = request.json
        file = self.known(self.files, wish["training_file"], "file")
        if not self.is_processed(file):
            return {"estimation_available": False, "unavailable_reason": "train_file_not_validated"}
        tokens = file["bytes"] // 4 * wish.get("n_epochs", 1)
        return {
            "estimation_available": True,
            "allowed_to_proceed": True,
            "estimated_total_price": max(4.0, tokens * 0.48 / 1e6),
            "estimated_train_token_count": tokens,
            "estimated_eval_token_count": 0,
            "user_limit": 100.0,
        }

    # Fine-tunes

    def create(self, request: Request) -> Any:
        wish = request.json
        for name in NEEDED:
            if not wish.get(name):
                raise Refusal(400, f"{name.replace('_', ' ')} is zero")
        if not isinstance(wish.get("training_method"), dict) or not isinstance(wish.get("lr_scheduler"), dict):
            raise Refusal(400, "Could not create the FineTune object (Binding)")
        started = {job["model_output_name"] for job in self.jobs.values()}
        if wish.get("model") not in self.trainable and wish.get("from_checkpoint") not in started:
            raise Refusal(400, "The model is not available for fine-tuning.", param="model")
        self.training_file(wish["training_file"])
        job = self.new_job(wish)
        self.jobs[job["id"]] = job
        self.log(job, "job_pending", "Fine tune request created")
        return self.short(job)

    def new_job(self, wish: dict[str, Any]) -> dict[str, Any]:
        unique = hashlib.sha256(str(len(self.jobs)).encode()).hexdigest()
        now = self.moment()
        model = str(wish.get("model") or wish["from_checkpoint"]).rpartition("/")[2]
        suffix = f"-{wish['suffix']}" if wish.get("suffix") else ""
        return wish | {
            "id": f"ft-{unique[:8]}-{unique[8:12]}",
            "object": "fine-tune",
            "status": "pending",
            "user_id": "user-1",
            "created_at": now,
            "updated_at": now,
            "events": [],
            "model_output_name": f"acme/{model}{suffix}-{unique[:8]}",
            "adapter_output_name": None,
            "token_count": 0,
            "total_price": 0,
            "steps_completed": 0,
            "total_steps": 0,
            "epochs_completed": 0,
        }

    def short(self, job: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in job.items() if name not in {"steps_completed", "total_steps"}}

    def list_jobs(self, request: Request) -> Any:
        return {"data": [self.short(job) for job in sorted(self.jobs.values(), key=lambda job: str(job["id"]))]}

    def job(self, request: Request, id: str) -> Any:
        job = self.known(self.jobs, id, "fine-tune")
        self.advance(job)
        return job

    def delete_job(self, request: Request, id: str) -> Any:
        self.known(self.jobs, id, "fine-tune")
        del self.jobs[id]
        return {"message": "Fine-tune job deleted"}

    def cancel(self, request: Request, id: str) -> Any:
        job = self.known(self.jobs, id, "fine-tune")
        if job["status"] in ENDED:
            raise Refusal(400, f"Job is already {job['status']}.")
        job["status"] = "cancel_requested"
        self.log(job, "cancel_requested", "Cancellation requested")
        return self.short(job)

    def list_events(self, request: Request, id: str) -> Any:
        return {"data": self.known(self.jobs, id, "fine-tune")["events"]}

    def list_checkpoints(self, request: Request, id: str) -> Any:
        job = self.known(self.jobs, id, "fine-tune")
        if job["status"] != "completed":
            return {"data": []}
        place = {"path": f"s3://weights/{id}/{STEPS}", "object_name": job["model_output_name"]}
        return {"data": [{"step": STEPS, "checkpoint_type": f"Final (step {STEPS})", "created_at": self.moment(), **place}]}

    def metrics(self, request: Request, id: str) -> Any:
        job = self.known(self.jobs, id, "fine-tune")
        first = int(request.query.get("global_step_from", 0))
        found = []
        for step in range(max(1, first), job["steps_completed"] + 1):
            found.append({"train/global_step": step, "train/loss": 2 / step, "train/learning_rate": 1e-5, "train/epoch": 1})
            if job.get("validation_file") and step == STEPS:
                found.append({"eval/global_step": step, "eval/loss": 3 / step})
        return {"metrics": found}

    def advance(self, job: dict[str, Any]) -> None:
        job["updated_at"] = self.moment()
        if job["status"] in {"pending", "queued"}:
            job |= {"status": "running", "total_steps": STEPS}
            self.log(job, "training_start", "Training started")
        elif job["status"] == "running" and job["steps_completed"] < STEPS:
            job["steps_completed"] += STEPS // 2
            self.log(
                job, "tokenized_llama_arrived", "An event of a kind that nobody has described", step=job["steps_completed"]
            )
        elif job["status"] == "running":
            job |= {"status": "compressing", "epochs_completed": job["n_epochs"]}
        elif job["status"] == "compressing":
            job |= {"status": "completed", "token_count": 4321, "total_price": 4_000_000_000}
            self.log(job, "job_complete", "Job finished successfully")
        elif job["status"] == "cancel_requested":
            job["status"] = "cancelled"

    def log(self, job: dict[str, Any], type: str, message: str, step: int = 0) -> None:
        more = {"step": step, "total_steps": STEPS} if step else {}
        about = {"object": "fine-tune-event", "created_at": self.moment(), "level": "info", "hash": ""}
        job["events"].append({**about, "type": type, "message": message, **more})

    # Answers: bases at once, fine-tuned models through an endpoint that somebody deployed

    def deploy(self, name: str, model: str) -> None:
        self.deployments[name] = model

    def answering(self, name: Any) -> str:
        return str(name) if name in self.deployments else super().answering(name)
