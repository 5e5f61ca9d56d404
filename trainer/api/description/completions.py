"""/v1/completions"""

from __future__ import annotations

from trainer.api import completions
from trainer.api.description import bodies
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
    within,
)

ENGINE = within("engine", "The name of a model, unless the body names one.")
FINISH = choice("stop", "length")
LIKELIHOOD: JSON = {"type": "object", "additionalProperties": NUMBER}
HEAD = {"id": TEXT, "object": only("text_completion"), "created": TIME, "model": TEXT}
SAID = {
    "prompt": "A text, texts, tokens, or lists of tokens; absent: the mark of the end of a text.",
    "max_tokens": "How many tokens to write at most; with the prompt no more than the model's context.",
    "logprobs": "How many of the likeliest tokens to tell beside each that was written.",
    "best_of": "How many to write, of which the likeliest `n` are told; no fewer than `n`, and not in a stream.",
    "suffix": "Not available: refused unless it is empty.",
    "stop": "Up to four texts at which writing stops.",
    "seed": "The same seed and the same request write the same.",
    "stream": "Send the pieces as server-sent events.",
    "stream_options": "Only together with `stream`.",
}


def choices(finish: JSON) -> JSON:
    return thing({"text": TEXT, "index": COUNT, "logprobs": maybe(ref("CompletionLogprobs")), "finish_reason": finish})


SCHEMAS: JSON = {
    "Completion": thing({**HEAD, "choices": many(choices(FINISH)), "usage": ref("Usage")}),
    "CompletionChunk": thing(
        {**HEAD, "choices": many(choices(maybe(FINISH))), "usage": maybe(ref("Usage"))}, optional=["usage"]
    ),
    "CompletionLogprobs": thing(
        {
            "tokens": many(TEXT),
            "token_logprobs": many(maybe(NUMBER)),
            "top_logprobs": many(maybe(LIKELIHOOD)),
            "text_offset": many(COUNT),
        },
        description="Of each token. The first token of an echoed prompt follows nothing: its likelihood is null.",
    ),
    "Usage": thing({"prompt_tokens": COUNT, "completion_tokens": COUNT, "total_tokens": COUNT}),
    **bodies.schemas("CreateCompletion", completions.Create, SAID),
}
SCHEMAS["CreateEngineCompletion"] = bodies.without(SCHEMAS["CreateCompletion"], ["model"])

ANSWER = answer(ref("Completion"), stream=stream("CompletionChunk"))
PATHS: JSON = {
    "/completions": {
        "post": operation(
            "createCompletion",
            "Write on from a prompt",
            ANSWER,
            body=bodies.body("CreateCompletion"),
            fails=[404],
        )
    },
    "/engines/{engine}/completions": {
        "post": operation(
            "createEngineCompletion",
            "Write on from a prompt, at the address of the oldest clients",
            ANSWER,
            parameters=[ENGINE],
            body=bodies.body("CreateEngineCompletion", required=False),
            fails=[404],
        )
    },
}
