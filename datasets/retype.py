"""The texts of an example that a person may type anew, and the example with others in their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from hashlib import blake2b
from typing import Any

from datasets import messages
from datasets.formats.rows import unfit
from datasets.mapping import Example, encoded
from datasets.samples import NOT_PREFERRED, PREFERRED
from datasets.words import Refused

Place = tuple[str, dict[str, Any], str]  # the text's name, what it stands in, under which key


def typed(example: Example) -> list[tuple[str, str]]:
    """Name and text of all that can be typed: contents that are no text, such as pictures, are left as they are."""
    return [(name, holder[key]) for name, holder, key in _places(example)]


def retyped(example: Example, texts: Sequence[str]) -> Example:
    """The example with these texts; a field of a page writes line breaks otherwise, which alone changes no text."""
    changed = deepcopy(dict(example))
    for (_name, holder, key), text in zip(_places(changed), texts, strict=True):
        plain = text.replace("\r\n", "\n")
        if plain != holder[key].replace("\r\n", "\n"):
            if reason := unfit(plain):
                raise Refused(reason)
            holder[key] = plain
    return changed


def digest(example: Example) -> str:
    return blake2b(encoded(example), digest_size=8).hexdigest()


def _places(example: Example) -> Iterator[Place]:
    if "prompt" in example:
        yield from (("prompt", example, "prompt"), ("completion", example, "completion"))
        return
    for number, message in enumerate(messages.asked_of(example), 1):
        yield from _of_message(f"{number} {message['role']}", message)
    for key, side in ((messages.PREFERRED, PREFERRED), (messages.OTHER, NOT_PREFERRED)):
        for number, message in enumerate(example.get(key, ()), 1):
            yield from _of_message(side if number == 1 else f"{side} {number}", message)


def _of_message(name: str, message: dict[str, Any]) -> Iterator[Place]:
    if isinstance(message.get("content"), str):
        yield name, message, "content"
