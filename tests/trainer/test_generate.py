from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from trainer import generate, tokens
from trainer.engines.interface import Network
from trainer.generate import Choice, Order, Piece
from trainer.sample import Sampling
from trainer.writing import Placed

R50K = "r50k_base"
END = tokens.end_of_text(R50K)


class Reciting:
    """Says given tokens one after the other, and then the end of text; it is almost sure of each."""

    def __init__(self, said: list[int]) -> None:
        self.said, self.pushed = said, list[int]()

    def prompt(self, prompt: object) -> Reciting:
        return Reciting(self.said)

    def logprobs(self) -> NDArray[np.float64]:
        logprobs = np.full(tokens.vocabulary(R50K), -20.0)
        place = len(self.pushed)
        logprobs[self.said[place] if place < len(self.said) else END] = -0.01
        return logprobs

    def push(self, token: int) -> None:
        self.pushed.append(token)


def recited(text: str) -> Network:
    return Reciting(tokens.encode(text, R50K))  # type: ignore[return-value]


def order(max_tokens: int = 100, stops: tuple[str, ...] = (), top: int = 0) -> Order:
    return Order(encoding=R50K, max_tokens=max_tokens, sampling=Sampling(temperature=0), stops=stops, top=top)


def answer(text: str, asked: Order) -> Piece:
    return generate.whole(recited(text), [1], asked, np.random.default_rng(0))


def test_an_answer_ends_where_the_network_ends_it() -> None:
    found = answer("one two three", order())
    assert (found.text, found.finish, found.written) == ("one two three", "stop", 3)


def test_an_answer_ends_at_its_greatest_length() -> None:
    found = answer("one two three", order(max_tokens=2))
    assert (found.text, found.finish, found.written) == ("one two", "length", 2)


def test_no_tokens_at_all_is_an_empty_answer() -> None:
    found = answer("one", order(max_tokens=0))
    assert (found.text, found.finish, found.written) == ("", "length", 0)


def test_a_stop_sequence_is_cut_off_and_its_tokens_are_counted() -> None:
    found = answer("yes\n\n###\n\nmore", order(stops=("###",)))
    assert (found.text, found.finish) == ("yes\n\n", "stop")
    assert found.written > len(found.tokens)


def test_log_probabilities_are_the_networks_own() -> None:
    found = answer("one two", order(top=3))
    assert [placed.mark.logprob for placed in found.tokens] == pytest.approx([-0.01, -0.01])
    assert all(len(placed.mark.top) == 3 for placed in found.tokens)
    token, logprob = found.tokens[0].mark.top[0]
    assert (token, logprob) == (tokens.encode("one", R50K)[0], -0.01)


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=3), max_size=4), st.integers(0, 30))
def test_pieces_join_to_the_whole_answer(text: str, stops: list[str], max_tokens: int) -> None:
    asked = order(max_tokens, tuple(stops))
    parts = list(generate.pieces(recited(text), [1], asked, np.random.default_rng(0)))
    whole = answer(text, asked)
    assert "".join(part.text for part in parts) == whole.text
    assert [part.finish for part in parts[:-1]] == [None] * (len(parts) - 1)
    assert parts[-1].finish in ("stop", "length")
    assert not any(stop in whole.text for stop in stops)
    assert text.startswith(whole.text.rstrip("\N{REPLACEMENT CHARACTER}"))


def test_the_best_answer_is_the_surest_per_token() -> None:
    def sure(*logprobs: float) -> Piece:
        return Piece("", tuple(Placed(Choice(1, logprob, ()), 0) for logprob in logprobs))

    long_and_sure, short_and_unsure, empty = sure(-0.1, -0.1, -0.1), sure(-0.2), sure()
    assert generate.likeliest([short_and_unsure, empty, long_and_sure], 2) == [long_and_sure, short_and_unsure]


class TestRead:
    def test_the_first_token_of_a_prompt_has_no_log_probability(self) -> None:
        prompt = tokens.encode("one two three", R50K)
        choices = generate.read(recited(" two three"), prompt, 1)
        assert [choice.token for choice in choices] == prompt
        assert choices[0].logprob is None
        assert [choice.logprob for choice in choices[1:]] == pytest.approx([-0.01, -0.01])

    def test_an_empty_prompt_has_nothing_to_read(self) -> None:
        assert generate.read(recited("x"), [], 1) == []


class TestTokens:
    def test_a_part_of_a_character_is_spelt_in_bytes(self) -> None:
        first = tokens.encode("🙂", R50K)[0]
        assert tokens.text_of(first, R50K).startswith("bytes:\\xf0")

    def test_specials_and_numbers_without_a_token_are_not_text(self) -> None:
        known = tokens.known("cl100k_base")
        assert not known[[100256, 100257, 100264, 100265, 100270, 100276]].any()
        assert known[:100256].all()

    def test_every_number_of_the_vocabulary_can_be_shown(self) -> None:
        assert tokens.text_of(tokens.MESSAGE_END, "cl100k_base") == "<|im_end|>"
        assert tokens.text_of(100270, "cl100k_base") == ""
        assert tokens.text_of(END, R50K) == "<|endoftext|>"
