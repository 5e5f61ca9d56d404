"""What a count of votes can say."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from playground.sides.odds import FAR, FEWEST, Says, by_chance, odds, wilson


@pytest.mark.parametrize(("won", "all"), [(0, 1), (1, 1), (14, 20), (5, 10), (0, 7), (380, 400), (5001, 10_000)])
def test_the_interval_is_wilsons_as_scipy_has_it(won: int, all: int) -> None:
    expected = binomtest(won, all).proportion_ci(0.95, method="wilson")
    assert wilson(won, all) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("won", "all"), [(14, 20), (6, 6), (5, 10), (200, 350)])
def test_chance_is_that_of_the_sign_test(won: int, all: int) -> None:
    assert by_chance(won, all) == pytest.approx(binomtest(won, all, alternative="greater").pvalue)


def test_without_votes_everything_is_possible() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert odds(0, 0).says == Says.NOTHING


@pytest.mark.parametrize(
    ("won", "all", "says"),
    [
        (3, 3, Says.TOO_FEW),  # all of three is no proof
        (5, 5, Says.TOO_FEW),
        (6, 6, Says.BETTER),
        (14, 20, Says.PROBABLY),
        (15, 20, Says.BETTER),
        (11, 20, Says.TOO_FEW),
        (13, 20, Says.TOO_FEW),
        (10, 20, Says.EVEN),
        (51, 100, Says.EVEN),
        (201, 400, Says.EVEN),
        (2200, 4000, Says.BETTER),
        (1, 2, Says.TOO_FEW),
    ],
)
def test_what_is_said_of_a_lead(won: int, all: int, says: Says) -> None:
    assert odds(won, all).says == says


@pytest.mark.parametrize(("won", "all"), [(4, 5), (7, 11), (11, 20), (60, 100)])
def test_so_many_more_votes_at_the_same_share_would_tell(won: int, all: int) -> None:
    found = odds(won, all)
    total = all + found.more
    assert wilson(round(won / all * total) + 1, total)[0] > 0.5
    assert total >= FEWEST


def test_a_tie_of_few_votes_asks_for_the_fewest_and_not_for_a_billion() -> None:
    assert odds(2, 4).more == FEWEST - 4


def test_a_difference_that_would_take_too_many_votes_is_none() -> None:
    found = odds(53, 100)
    assert found.all + found.more > FAR
    assert found.says == Says.EVEN


def test_a_great_many_votes_are_judged_at_once() -> None:
    assert odds(500_100, 1_000_000).says == Says.EVEN
