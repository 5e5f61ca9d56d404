"""Completions and chat completions, whole and in chunks."""

from __future__ import annotations

from tests.trainer.published.kinds import JSON, NULL, NUMBER, TEXT, WHOLE, many, nullable, observed, one_of, ref, thing

FINISH = one_of("stop", "length", "content_filter")
CHAT_FINISH = one_of("stop", "length", "tool_calls", "content_filter", "function_call")
LIKELIHOODS: JSON = {"type": "object", "additionalProperties": NUMBER}
# The first token of an echoed prompt follows nothing, and the original answers null for it.
LOGPROBS = thing(
    {},
    {
        "text_offset": many(WHOLE),
        "token_logprobs": many(observed(NUMBER, NULL)),
        "tokens": many(TEXT),
        "top_logprobs": many(observed(LIKELIHOODS, NULL)),
    },
)
CHAT_LOGPROBS = thing({"content": nullable(many(ref("TokenLogprob"))), "refusal": nullable(many(ref("TokenLogprob")))})
TOKEN = {"token": TEXT, "logprob": NUMBER, "bytes": nullable(many(WHOLE))}
DELTA = {
    "role": one_of("developer", "system", "user", "assistant", "tool"),
    "content": nullable(TEXT),
    "refusal": nullable(TEXT),
}


def _completion(finish: JSON, usage: JSON) -> JSON:
    choice = thing({"finish_reason": finish, "index": WHOLE, "logprobs": nullable(LOGPROBS), "text": TEXT})
    head = {"id": TEXT, "object": one_of("text_completion"), "created": WHOLE, "model": TEXT}
    return thing({**head, "choices": many(choice)}, {"system_fingerprint": TEXT, "usage": usage})


def _chat(kind: str, choice: JSON, usage: JSON) -> JSON:
    head = {"id": TEXT, "object": one_of(kind), "created": WHOLE, "model": TEXT}
    return thing({**head, "choices": many(choice)}, {"system_fingerprint": TEXT, "usage": usage})


MESSAGE = thing({"role": one_of("assistant"), "content": nullable(TEXT), "refusal": nullable(TEXT)})
SCHEMAS: dict[str, JSON] = {
    "Usage": thing({"prompt_tokens": WHOLE, "completion_tokens": WHOLE, "total_tokens": WHOLE}),
    "Completion": _completion(FINISH, ref("Usage")),
    # A chunk has no reason to have finished until the last one, and no usage until it is asked for.
    "CompletionChunk": _completion(observed(FINISH, NULL), observed(ref("Usage"), NULL)),
    "TokenLogprob": thing({**TOKEN, "top_logprobs": many(thing(TOKEN))}),
    "ChatCompletion": _chat(
        "chat.completion",
        thing({"finish_reason": CHAT_FINISH, "index": WHOLE, "message": MESSAGE, "logprobs": nullable(CHAT_LOGPROBS)}),
        ref("Usage"),
    ),
    "ChatCompletionChunk": _chat(
        "chat.completion.chunk",
        thing(
            {"delta": thing({}, DELTA), "finish_reason": nullable(CHAT_FINISH), "index": WHOLE},
            {"logprobs": nullable(CHAT_LOGPROBS)},
        ),
        nullable(ref("Usage")),
    ),
}
