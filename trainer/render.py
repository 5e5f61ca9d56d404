"""From rows of text to what an engine learns: prompt tokens and completion tokens.

A completion ends with the end-of-text token, so that an answer knows where to stop, unless the file has
an ending of its own or its completions are classes. A chat answer always ends with the end of its message.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trainer import tokens
from trainer.bases import Base
from trainer.engines.interface import Example
from trainer.examples import Chat, Message, PromptCompletion

CLASS_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Lesson:
    """One example of a file: a completion to learn, or several turns of one conversation."""

    packed: tuple[tuple[bytes, bytes], ...]
    """Prompt and completion of each turn at four bytes a token: as numbers, a large file would not fit the memory."""
    tokens: int
    """Tokens of the whole example, each counted once."""
    cut: bool
    """Whether the start of a prompt had to go, to fit the context."""

    @classmethod
    def of(cls, examples: Iterable[Example], *, tokens: int, cut: bool) -> Lesson:
        return cls(tuple((_packed(example.prompt), _packed(example.completion)) for example in examples), tokens, cut)

    @property
    def examples(self) -> tuple[Example, ...]:
        return tuple(Example(_unpacked(prompt), _unpacked(completion)) for prompt, completion in self.packed)


def _packed(tokens: tuple[int, ...]) -> bytes:
    return array("I", tokens).tobytes()


def _unpacked(packed: bytes) -> tuple[int, ...]:
    return tuple(array("I", packed))


def lessons(rows: Iterable[PromptCompletion | Chat], base: Base, closing: tuple[int, ...]) -> list[Lesson]:
    return [_chat(row, base) if isinstance(row, Chat) else _pair(row, base, closing) for row in rows]


def closing(completions: Sequence[str], base: Base) -> tuple[int, ...]:
    """Return the tokens that are added to each completion of a file: the end of text, or nothing."""
    distinct = set(completions)
    endings = {tokens.encode(text[-40:], base.encoding)[-1] for text in distinct}
    if len(endings) == 1 or len(distinct) * CLASS_REPEATS <= len(completions):
        return ()
    return (tokens.end_of_text(base.encoding),)


def conversation(messages: Sequence[Message], base: Base) -> list[int]:
    """Return a conversation up to where the assistant speaks next."""
    spoken = [token for message in messages for token in _spoken(message, base)]
    return spoken + _opening("assistant", "", base)


def _pair(row: PromptCompletion, base: Base, closing: tuple[int, ...]) -> Lesson:
    prompt = tokens.encode(row.prompt, base.encoding)
    completion = [*tokens.encode(row.completion, base.encoding), *closing]
    example, cut = _fitted(prompt, completion, base.context)
    return Lesson.of([example], tokens=len(example.prompt) + len(example.completion), cut=cut)


def _chat(row: Chat, base: Base) -> Lesson:
    said: list[int] = []
    fitted: list[tuple[Example, bool]] = []
    for message in row.messages:
        if message.role == "assistant" and message.weight:
            opening = _opening(message.role, message.name, base)
            fitted.append(_fitted(said + opening, _content(message, base), base.context))
        said += _spoken(message, base)
    examples, cuts = [example for example, _ in fitted], [cut for _, cut in fitted]
    return Lesson.of(examples, tokens=min(len(said), base.context), cut=any(cuts))


def _fitted(prompt: list[int], completion: list[int], context: int) -> tuple[Example, bool]:
    """Cut what is too long from the start of the prompt, where it matters least."""
    kept = completion[:context]
    room = context - len(kept)
    cut = len(prompt) > room or len(completion) > context
    return Example(tuple(prompt[max(len(prompt) - room, 0) :]), tuple(kept)), cut


def _spoken(message: Message, base: Base) -> list[int]:
    return _opening(message.role, message.name, base) + _content(message, base) + tokens.encode("\n", base.encoding)


def _opening(role: str, name: str, base: Base) -> list[int]:
    return [tokens.MESSAGE_START, *tokens.encode(f"{role} {name}\n" if name else f"{role}\n", base.encoding)]


def _content(message: Message, base: Base) -> list[int]:
    return [*tokens.encode(message.content, base.encoding), tokens.MESSAGE_END]
