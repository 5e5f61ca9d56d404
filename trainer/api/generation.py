"""Parameters that completions and chat completions share, and what comes of them."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, FiniteFloat
from pydantic_core import PydanticCustomError

from trainer import tokens
from trainer.api.ask import Ask, Text
from trainer.api.envelope import BadRequest
from trainer.bases import Base
from trainer.sample import Sampling

MOST_STOPS = 4

# What is accepted, as the description of the API says it.
Stops = str | Annotated[list[str], Field(max_length=MOST_STOPS)]
Biases = dict[Annotated[str, Field(pattern="^[0-9]{1,9}$")], Annotated[float, Field(ge=-100, le=100)]]


def _stops(value: Any) -> list[str]:
    stops = [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops):
        raise PydanticCustomError("stop", "Invalid type for 'stop': expected a string or an array of strings.")
    if len(stops) > MOST_STOPS:
        raise PydanticCustomError("stop", "Invalid 'stop': at most {most} stop sequences are allowed.", {"most": MOST_STOPS})
    return [stop for stop in stops if stop]


def _biases(value: Any) -> dict[int, float]:
    if not isinstance(value, dict):
        raise PydanticCustomError("bias", "Invalid type for 'logit_bias': expected an object.")
    return {_token(key): _bias(bias) for key, bias in value.items()}


def _token(key: str) -> int:
    if not key.isascii() or not key.isdigit() or len(key) > 9:
        raise PydanticCustomError("bias", "Invalid key in 'logit_bias': {key}. Keys must be token ids.", {"key": key[:40]})
    return int(key)


def _bias(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -100 <= value <= 100:
        raise PydanticCustomError("bias", "Invalid value in 'logit_bias': biases must be numbers from -100 to 100.")
    return float(value)


class StreamOptions(Ask):
    include_usage: bool = False
    include_obfuscation: bool = False


Penalty = Annotated[FiniteFloat, Field(ge=-2, le=2)]
Count = Annotated[int, Field(ge=1, le=128)]


class Generation(Ask):
    model: Text
    temperature: Annotated[FiniteFloat, Field(ge=0, le=2)] = 1.0
    top_p: Annotated[FiniteFloat, Field(ge=0, le=1)] = 1.0
    n: Count = 1
    stream: bool = False
    stream_options: StreamOptions | None = None
    stop: Annotated[list[str], BeforeValidator(_stops, json_schema_input_type=Stops)] = []
    presence_penalty: Penalty = 0.0
    frequency_penalty: Penalty = 0.0
    logit_bias: Annotated[dict[int, float], BeforeValidator(_biases, json_schema_input_type=Biases)] = {}
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    user: str | None = None

    @property
    def usage_streamed(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage


def sampling(asked: Generation, base: Base) -> Sampling:
    vocabulary = tokens.vocabulary(base.encoding)
    if strange := next((token for token in asked.logit_bias if token >= vocabulary), None):
        raise BadRequest(f"Invalid key in 'logit_bias': {base.name} has no token {strange}.", param="logit_bias")
    if asked.stream_options is not None and not asked.stream:
        raise BadRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options")
    return Sampling(
        temperature=asked.temperature,
        top_p=asked.top_p,
        presence_penalty=asked.presence_penalty,
        frequency_penalty=asked.frequency_penalty,
        bias=asked.logit_bias,
    )


def generators(asked: Generation, count: int) -> list[np.random.Generator]:
    """Return a source of chance for each answer; a seed makes them the same each time."""
    seed = secrets.randbits(63) if asked.seed is None else asked.seed % 2**64
    return [np.random.default_rng([seed, place]) for place in range(count)]


def check_length(base: Base, prompt: int, answer: int) -> None:
    if prompt + answer > base.context:
        raise BadRequest(
            f"This model's maximum context length is {base.context} tokens, however you requested {prompt + answer} tokens "
            f"({prompt} in your prompt; {answer} for the completion). Please reduce your prompt; or completion length.",
            code="context_length_exceeded",
        )


def usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
