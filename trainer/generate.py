"""Write an answer to a prompt, token by token.

`pieces` is the only place where text is generated; a whole answer is its pieces joined, so that a streamed
answer and one in a single piece cannot differ. Log-probabilities are the network's own, before temperature,
bias and penalties.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from trainer import tokens
from trainer.engines.interface import Cursor, Network
from trainer.sample import Alternative, Sampling, best, choose
from trainer.writing import Placed, Writing


class Choice(NamedTuple):
    """One token that was written (or read, when a prompt is echoed)."""

    token: int
    logprob: float | None
    top: tuple[Alternative, ...]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to write: how much, how, until when, and how many alternatives to tell."""

    encoding: str
    max_tokens: int
    sampling: Sampling = field(default_factory=Sampling)
    stops: tuple[str, ...] = ()
    top: int = 0
    chat: bool = False

    @property
    def ends(self) -> tuple[int, ...]:
        end = tokens.end_of_text(self.encoding)
        return (end, tokens.MESSAGE_END) if self.chat else (end,)


@dataclass(frozen=True)
class Piece:
    text: str
    tokens: tuple[Placed[Choice], ...]
    finish: str | None = None
    written: int = 0
    """Tokens written so far, those of a stop sequence included."""


def pieces(network: Network, prompt: Sequence[int], order: Order, rng: np.random.Generator) -> Iterator[Piece]:
    """Yield the answer in pieces; the last one says why it ended: `stop` or `length`."""
    writing: Writing[Choice] = Writing(order.stops)
    written = 0
    for choice in _choices(network, prompt, order, rng):
        if choice is None:
            break
        written += 1
        shown = writing.push(tokens.bytes_of(choice.token, order.encoding), choice)
        if shown.stopped:
            yield Piece(shown.text, shown.tokens, "stop", written)
            return
        if shown.text or shown.tokens:
            yield Piece(shown.text, shown.tokens, None, written)
    rest = writing.finish()
    ended = rest.stopped or written < order.max_tokens
    yield Piece(rest.text, rest.tokens, "stop" if ended else "length", written)


def whole(network: Network, prompt: Sequence[int], order: Order, rng: np.random.Generator) -> Piece:
    parts = list(pieces(network, prompt, order, rng))
    placed = tuple(placed for part in parts for placed in part.tokens)
    return Piece("".join(part.text for part in parts), placed, parts[-1].finish, parts[-1].written)


def likeliest(answers: Sequence[Piece], count: int) -> list[Piece]:
    """Return the `count` answers with the highest mean log-probability per token, the best first."""
    return sorted(answers, key=_mean, reverse=True)[:count]


def read(network: Network, prompt: Sequence[int], top: int) -> list[Choice]:
    """Return the prompt's tokens with the log-probability of each after those before it."""
    if not prompt:
        return []
    cursor = network.prompt(prompt[:1])
    choices = [Choice(prompt[0], None, ())]
    for token in prompt[1:]:
        logprobs = cursor.logprobs()
        choices.append(Choice(token, float(logprobs[token]), best(logprobs, top)))
        cursor.push(token)
    return choices


def _choices(network: Network, prompt: Sequence[int], order: Order, rng: np.random.Generator) -> Iterator[Choice | None]:
    """Yield up to `max_tokens` tokens, and None where the network ends the text itself."""
    if not order.max_tokens:
        return
    cursor: Cursor = network.prompt(prompt)
    allowed = tokens.known(order.encoding).copy()
    allowed[list(order.ends)] = True
    used: Counter[int] = Counter()
    for _ in range(order.max_tokens):
        logprobs = cursor.logprobs()
        token = choose(logprobs, allowed, used, order.sampling, rng)
        if token in order.ends:
            yield None
            return
        used[token] += 1
        yield Choice(token, float(logprobs[token]), best(logprobs, order.top))
        cursor.push(token)


def _mean(answer: Piece) -> float:
    logprobs = [placed.mark.logprob or 0.0 for placed in answer.tokens]
    return sum(logprobs) / len(logprobs) if logprobs else -np.inf
