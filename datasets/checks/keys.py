"""Short keys that stand for texts, so that a million of them fit into memory."""

from __future__ import annotations

from hashlib import blake2b

from datasets.mapping import Example, encoded


def key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def of_example(example: Example) -> int:
    return int.from_bytes(blake2b(encoded(example), digest_size=8).digest(), "little")


def of_question(example: Example) -> int:
    """What must not stand on both sides of a split: the prompt, the completion if there is none, or what is asked."""
    if "messages" in example:
        return of_example({"messages": asked(example) or example["messages"]})
    return key(example["prompt"] or "\x00" + example["completion"])


def asked(example: Example) -> list[dict[str, object]]:
    """The messages before the last answer."""
    messages: list[dict[str, object]] = example["messages"]
    last = next((at for at in range(len(messages) - 1, -1, -1) if messages[at]["role"] == "assistant"), len(messages))
    return messages[:last]
