"""Conversations as prompts and completions: one for each answer, with the conversation so far as the prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from datasets.messages import Example, Message, Unusable, text_of
from datasets.words import gettext_noop as _

MAX_TOGETHER = 20_000_000  # characters of all prompts of one conversation


def pairs(messages: Sequence[Message], *, asks: str, answers: str, system: bool) -> Iterator[Example]:
    """Yield a prompt and a completion for each answer that should be learned; raises Unusable.

    `asks` and `answers` are the names before what each side says, and are left out if empty. System messages stand at
    the beginning of each prompt if `system`.
    """
    so_far, together = "", 0
    for number, message in enumerate(messages, 1):
        text = _said(message, number)
        if message["role"] == "assistant":
            prompt = so_far + (f"{answers}:" if answers else "")
            together += len(prompt)
            if together > MAX_TOGETHER:
                raise Unusable("", _("The conversation is too long to give a prompt for each of its answers."))
            if message.get("weight") != 0:
                yield {"prompt": prompt if answers else prompt.rstrip("\n"), "completion": text}
            so_far += _line(answers, text)
        elif message["role"] == "user":
            so_far += _line(asks, text)
        elif system and text:
            so_far += f"{text}\n\n"


def _line(name: str, text: str) -> str:
    return f"{name}: {text}\n" if name else f"{text}\n"


def _said(message: Message, number: int) -> str:
    if message["role"] not in ("system", "developer", "user", "assistant"):
        raise Unusable("", _("Message %(number)s is neither a question nor an answer.", number=number))
    if message.get("tool_calls") or message.get("function_call"):
        raise Unusable("", _("Message %(number)s calls a tool, which no prompt and completion can tell.", number=number))
    text = text_of(message)
    if text is None and message.get("content") is not None:
        raise Unusable("", _("Message %(number)s holds more than text.", number=number))
    return (text or "").strip()
