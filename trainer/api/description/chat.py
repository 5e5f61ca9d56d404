"""/v1/chat/completions"""

from __future__ import annotations

from trainer.api import chat
from trainer.api.description import bodies, completions
from trainer.api.description.pieces import (
    COUNT,
    JSON,
    NUMBER,
    TEXT,
    TIME,
    answer,
    choice,
    many,
    maybe,
    only,
    operation,
    ref,
    stream,
    thing,
)
from trainer.examples import ROLES

NOTHING: JSON = {"type": "null"}
PART = {"type": "object", "properties": {"type": only("text"), "text": TEXT}, "required": ["type", "text"]}
MESSAGE = {
    "type": "object",
    "properties": {"role": choice(*ROLES), "content": {"anyOf": [TEXT, many(PART)]}, "name": maybe(TEXT)},
    "required": ["role", "content"],
}
FORMAT = {"type": "object", "properties": {"type": only("text")}, "required": ["type"]}
TOKEN: JSON = {"token": TEXT, "logprob": NUMBER, "bytes": many({"type": "integer", "minimum": 0, "maximum": 255})}


def _head(kind: str) -> JSON:
    return {"id": TEXT, "object": only(kind), "created": TIME, "model": TEXT}


def _choice(content: JSON, finish: JSON) -> JSON:
    return thing({"index": COUNT, **content, "logprobs": maybe(ref("ChatLogprobs")), "finish_reason": finish})


WHOLE = {"message": thing({"role": only("assistant"), "content": TEXT, "refusal": NOTHING})}
PIECE = {"delta": thing({"role": only("assistant"), "content": TEXT}, optional=["role", "content"])}

SCHEMAS: JSON = {
    "ChatCompletion": thing(
        {**_head("chat.completion"), "choices": many(_choice(WHOLE, completions.FINISH)), "usage": ref("Usage")}
    ),
    "ChatCompletionChunk": thing(
        {
            **_head("chat.completion.chunk"),
            "choices": many(_choice(PIECE, maybe(completions.FINISH))),
            "usage": maybe(ref("Usage")),
        },
        optional=["usage"],
    ),
    "ChatLogprobs": thing({"content": many(ref("ChatToken")), "refusal": NOTHING}),
    "ChatToken": thing({**TOKEN, "top_logprobs": many(thing(TOKEN))}),
    **bodies.schemas(
        "CreateChatCompletion",
        chat.Create,
        {
            "max_tokens": "The older name of `max_completion_tokens`.",
            "max_completion_tokens": "How many tokens to write at most; absent: as many as the context allows.",
            "top_logprobs": "How many of the likeliest tokens to tell; needs `logprobs`.",
            "response_format": "Plain text only.",
            **dict.fromkeys(chat.TOOLS, "Not available: these models call no tools."),
            **{name: completions.SAID[name] for name in ("stop", "seed", "stream", "stream_options")},
        },
        messages=many(MESSAGE, minItems=1),
        response_format=maybe(FORMAT),
        **dict.fromkeys(chat.TOOLS, NOTHING),
    ),
}

PATHS: JSON = {
    "/chat/completions": {
        "post": operation(
            "createChatCompletion",
            "Answer a conversation",
            answer(ref("ChatCompletion"), stream=stream("ChatCompletionChunk")),
            body=bodies.body("CreateChatCompletion"),
            fails=[404],
        )
    },
}
