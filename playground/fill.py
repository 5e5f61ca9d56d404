"""The values a form starts with: what the model was trained on, so that nobody needs to know it."""

from __future__ import annotations

from typing import Any

from playground.escapes import show
from playground.pick import Picked
from playground.variables import BY_FIELDS, BY_TEXT

ANSWER_TOKENS = 256  # room for an answer; the API's own default of 16 cuts most of them off
MOST_LOGPROBS = 5  # what a completion may report for each token
MOST_TOP_LOGPROBS = 20  # the same for chat


def values(picked: Picked) -> dict[str, Any]:
    """Return the initial values of the form for this model. What is left out stays at the provider's default."""
    filled: dict[str, Any] = {"model": picked.key, "format": picked.format, "stream": True}
    # Servers that know only the first generation of the API refuse what they have never heard of.
    filled["include_usage"] = picked.connection.dialect != "legacy"
    filled["way"] = BY_FIELDS if picked.template else BY_TEXT
    return filled | (_chat(picked) if picked.is_chat else _completion(picked))


def _completion(picked: Picked) -> dict[str, Any]:
    filled: dict[str, Any] = {"add_separator": bool(picked.separator)}
    if picked.labels:
        return filled | {"max_tokens": 1, "temperature": 0, "logprobs": _enough(picked, MOST_LOGPROBS)}
    return filled | {"max_tokens": ANSWER_TOKENS} | _trained(picked)


def _chat(picked: Picked) -> dict[str, Any]:
    filled: dict[str, Any] = {"system": picked.system_message, "thread": [{"role": "user", "content": ""}]}
    if picked.labels:
        return filled | {
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": _enough(picked, MOST_TOP_LOGPROBS),
            "max_tokens": 1,
        }
    return filled | {"max_tokens": ANSWER_TOKENS} | _trained(picked)


def _trained(picked: Picked) -> dict[str, Any]:
    """A model that has learned one right answer is asked for the likeliest; open-ended text keeps its variety."""
    filled: dict[str, Any] = {"stop": show(picked.ending)} if picked.ending else {}
    return filled | {"temperature": 0} if picked.version and picked.task != "open-ended" else filled


def _enough(picked: Picked, most: int) -> int:
    return max(2, min(most, len(picked.labels)))
