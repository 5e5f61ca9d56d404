"""What the trainer sends by itself, to the addresses that `trainer_webhook create` names."""

from __future__ import annotations

from trainer.api.description.pieces import JSON, TEXT, TIME, only, ref, thing
from trainer.webhooks import EVENTS

SIGNATURE = {
    "webhook-id": "The same whenever the message is sent again.",
    "webhook-timestamp": "When it was sent, in seconds since 1970.",
    "webhook-signature": "`v1,` and the signature of Standard Webhooks by the secret of the address.",
}


def _name(kind: str) -> str:
    return "Webhook" + kind.rsplit(".", 1)[1].capitalize()


def _event(kind: str) -> JSON:
    job = thing({"id": {"type": "string", "description": "The id of the job that ended."}})
    return thing({"id": TEXT, "object": only("event"), "created_at": TIME, "type": only(kind), "data": job})


def _sent(kind: str) -> JSON:
    headers = [
        {"name": name, "in": "header", "required": True, "schema": TEXT, "description": said}
        for name, said in SIGNATURE.items()
    ]
    return {
        "post": {
            "operationId": f"sent{_name(kind)}",
            "summary": f"A job {kind.rsplit('.', 1)[1]}",
            "security": [],
            "parameters": headers,
            "requestBody": {"required": True, "content": {"application/json": {"schema": ref(_name(kind))}}},
            "responses": {"2XX": {"description": "Received. Any other answer has it sent again, for a day."}},
        }
    }


SCHEMAS: JSON = {_name(kind): _event(kind) for kind in EVENTS.values()}
WEBHOOKS: JSON = {kind: _sent(kind) for kind in EVENTS.values()}
