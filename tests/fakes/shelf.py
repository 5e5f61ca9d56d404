"""Files, models and answers, as OpenAI has them and most others imitate."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.fakes.serving import Answer, Fake, Refusal, Request, streamed

FILES = [
    ("POST", "/files", "upload"),
    ("GET", "/files", "list_files"),
    ("GET", "/files/([^/]+)/content", "content"),
    ("GET", "/files/([^/]+)", "file"),
    ("DELETE", "/files/([^/]+)", "delete_file"),
]
MODELS = [
    ("GET", "/models", "list_models"),
    ("GET", "/models/(.+)", "model"),
    ("DELETE", "/models/(.+)", "delete_model"),
]
ANSWERS = [("POST", "/chat/completions", "chat"), ("POST", "/completions", "complete")]


def listed(items: list[Any], **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": items, **more}


class Shelf(Fake):
    bases: ClassVar[tuple[str, ...]] = ()
    routes = [*FILES, *MODELS, *ANSWERS]

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.looks: dict[str, int] = {}
        self.models: dict[str, dict[str, Any]] = {name: self.new_model(name, "system") for name in self.bases}

    # Files: uploaded first, processed at the second look

    def upload(self, request: Request) -> Any:
        fields, name, content = request.form()
        if not fields.get("purpose"):
            raise Refusal(400, "'purpose' is a required property", param="purpose")
        if not name.endswith(".jsonl"):
            raise Refusal(400, "Invalid file format. Must be .jsonl.", param="file")
        return self.add_file(name, content, fields["purpose"])

    def add_file(self, name: str, content: bytes, purpose: str, status: str | None = "uploaded") -> dict[str, Any]:
        made = self.new_file(f"file-{len(self.files) + 1:022d}", name, content, purpose)
        self.files[made["id"]] = made | ({"status": status} if "status" in made else {})
        self.contents[made["id"]] = content
        return self.files[made["id"]]

    def new_file(self, id: str, name: str, content: bytes, purpose: str) -> dict[str, Any]:
        about = {"bytes": len(content), "created_at": self.now(), "filename": name, "purpose": purpose}
        return {"id": id, "object": "file", **about, "status": "uploaded", "status_details": None}

    def list_files(self, request: Request) -> Any:
        return listed(list(self.files.values()), has_more=False)

    def file(self, request: Request, id: str) -> Any:
        found = self.known(self.files, id, "file")
        self.looks[id] = self.looks.get(id, 0) + 1
        if self.looks[id] > 1:
            self.processed(found)
        return found

    def processed(self, file: dict[str, Any]) -> None:
        file["status"] = "processed"

    def is_processed(self, file: dict[str, Any]) -> bool:
        return bool(file["status"] == "processed")

    def content(self, request: Request, id: str) -> Any:
        self.known(self.files, id, "file")
        return Answer(self.contents[id])

    def delete_file(self, request: Request, id: str) -> Any:
        self.known(self.files, id, "file")
        del self.files[id]
        return {"id": id, "object": "file", "deleted": True}

    def training_file(self, id: Any) -> dict[str, Any]:
        if id not in self.files:
            raise Refusal(400, f"{id} does not exist", param="training_file")
        if not self.is_processed(self.files[id]):
            raise Refusal(400, f"File '{id}' is still being processed and is not ready to be used for fine-tuning.")
        return self.files[id]

    # Models

    def new_model(self, name: str, owner: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": self.now(), "owned_by": owner}

    def list_models(self, request: Request) -> Any:
        return listed(list(self.models.values()))

    def model(self, request: Request, name: str) -> Any:
        if name not in self.models:
            raise Refusal(404, f"The model '{name}' does not exist", "model_not_found")
        return self.models[name]

    def delete_model(self, request: Request, name: str) -> Any:
        if name in self.bases:
            raise Refusal(404, f"The model '{name}' does not exist", "model_not_found")
        self.model(request, name)
        del self.models[name]
        return {"id": name, "object": "model", "deleted": True}

    # Answers

    def answering(self, name: Any) -> str:
        if name not in self.models:
            raise Refusal(404, f"The model `{name}` does not exist", "model_not_found")
        return str(name)

    def chat(self, request: Request) -> Any:
        model = self.answering(request.json.get("model"))
        head = {"id": "chatcmpl-1", "created": self.now(), "model": model}
        if request.json.get("stream"):
            pieces = [{"role": "assistant", "content": "bill"}, {"content": "ing"}]
            return streamed(
                [
                    {
                        **head,
                        "object": "chat.completion.chunk",
                        "choices": [{"index": 0, "delta": piece, "finish_reason": None}],
                    }
                    for piece in pieces
                ]
            )
        message = {"role": "assistant", "content": "billing", "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
        return {**head, "object": "chat.completion", "choices": [choice], "usage": usage}

    def complete(self, request: Request) -> Any:
        model = self.answering(request.json.get("model"))
        choice = {"index": 0, "text": " billing", "logprobs": None, "finish_reason": "length"}
        usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
        head = {"id": "cmpl-1", "object": "text_completion", "created": self.now(), "model": model}
        return {**head, "choices": [choice], "usage": usage}

    @staticmethod
    def known(there: dict[str, dict[str, Any]], id: str, kind: str) -> dict[str, Any]:
        if id not in there:
            raise Refusal(404, f"No such {kind}: {id}")
        return there[id]
