from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.sample import Sampling, best, choose

ALL = np.ones(4, dtype=bool)
LOGPROBS = np.log(np.array([0.5, 0.3, 0.15, 0.05]))


def drawn(sampling: Sampling, used: dict[int, int] | None = None, count: int = 2000) -> Counter[int]:
    rng = np.random.default_rng(7)
    return Counter(choose(LOGPROBS, ALL, used or {}, sampling, rng) for _ in range(count))


def test_temperature_zero_takes_the_likeliest() -> None:
    assert drawn(Sampling(temperature=0), count=10) == {0: 10}


def test_temperature_one_draws_with_the_networks_own_chances() -> None:
    counts = drawn(Sampling())
    assert [counts[token] / 2000 for token in range(4)] == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.04)


def test_a_high_temperature_evens_out_and_a_low_one_sharpens() -> None:
    assert drawn(Sampling(temperature=2))[3] > drawn(Sampling())[3] > drawn(Sampling(temperature=0.3))[3]


@pytest.mark.parametrize(("top_p", "tokens"), [(0.0, {0}), (0.5, {0}), (0.51, {0, 1}), (0.79, {0, 1}), (0.9, {0, 1, 2})])
def test_top_p_keeps_the_fewest_tokens_that_reach_it(top_p: float, tokens: set[int]) -> None:
    assert set(drawn(Sampling(top_p=top_p))) == tokens


def test_top_p_counts_more_tokens_than_it_guesses_at_first() -> None:
    flat = np.full(5000, -np.log(5000))
    rng = np.random.default_rng(1)
    several = {choose(flat, np.ones(5000, dtype=bool), {}, Sampling(top_p=0.9), rng) for _ in range(8000)}
    assert len(several) > 3000


def test_a_bias_forbids_and_forces() -> None:
    assert 0 not in drawn(Sampling(bias={0: -100}))
    assert drawn(Sampling(bias={3: 100}), count=50) == {3: 50}


def test_a_presence_penalty_counts_once_and_a_frequency_penalty_each_time() -> None:
    often = {0: 5}
    assert drawn(Sampling(presence_penalty=1), often)[0] > drawn(Sampling(frequency_penalty=1), often)[0]
    assert drawn(Sampling(presence_penalty=1), often)[0] < drawn(Sampling(), often)[0]


def test_what_is_not_allowed_is_never_chosen_even_with_a_bias() -> None:
    allowed = np.array([False, True, True, False])
    rng = np.random.default_rng(3)
    chosen = {choose(LOGPROBS, allowed, {}, Sampling(bias={0: 100}), rng) for _ in range(200)}
    assert chosen == {1, 2}


def test_the_same_source_of_chance_draws_the_same() -> None:
    assert drawn(Sampling()) == drawn(Sampling())


def test_the_log_probabilities_are_left_alone() -> None:
    before = LOGPROBS.copy()
    drawn(Sampling(bias={1: 5}, presence_penalty=1), {0: 1}, count=1)
    assert np.array_equal(LOGPROBS, before)


class TestBest:
    def test_the_likeliest_come_first(self) -> None:
        assert [token for token, _ in best(LOGPROBS, 3)] == [0, 1, 2]

    def test_none_and_more_than_there_are(self) -> None:
        assert best(LOGPROBS, 0) == ()
        assert len(best(LOGPROBS, 9)) == 4

    @given(st.lists(st.floats(-50, 0), min_size=1, max_size=40), st.integers(1, 6))
    def test_nothing_left_out_is_likelier(self, values: list[float], count: int) -> None:
        logprobs = np.array(values)
        kept = best(logprobs, count)
        assert [logprob for _, logprob in kept] == sorted(values, reverse=True)[:count]
