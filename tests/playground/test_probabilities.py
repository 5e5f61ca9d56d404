from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.probabilities import bars, class_bars, probability, token_bars

LABELS = [" baseball", " hockey"]
TOP = [(" hockey", math.log(0.6)), (" baseball", math.log(0.2)), (" golf", math.log(0.1))]


def whole_label(label: str) -> str:
    return label


alternatives = st.lists(st.tuples(st.text(min_size=1, max_size=6), st.floats(min_value=-60, max_value=0)), max_size=6)


class TestClassBars:
    def test_each_label_has_its_own_probability_and_its_share_among_the_labels(self) -> None:
        found = class_bars(TOP, LABELS, whole_label)
        hockey, baseball = found.rows
        assert hockey.names == (" hockey",)
        assert [hockey.probability, hockey.share] == pytest.approx([0.6, 0.75])
        assert [baseball.probability, baseball.share] == pytest.approx([0.2, 0.25])
        assert found.covered == pytest.approx(0.8)

    def test_a_token_that_is_no_label_gets_no_bar(self) -> None:
        assert {bar.token for bar in class_bars(TOP, LABELS, whole_label).rows} == {" hockey", " baseball"}

    def test_a_label_that_was_not_reported_is_unknown_with_an_upper_bound_and_not_zero(self) -> None:
        unknown = class_bars(TOP, [*LABELS, " curling"], whole_label).rows[-1]
        assert unknown.names == (" curling",)
        assert unknown.probability is None
        assert unknown.at_most == pytest.approx(0.1)
        assert unknown.width == 0

    def test_labels_that_begin_with_the_same_token_share_one_bar(self) -> None:
        found = class_bars([(" re", math.log(0.5))], [" refund", " reply"], lambda label: label[:3])
        assert [bar.names for bar in found.rows] == [(" refund", " reply")]

    def test_the_vocabulary_decides_which_token_begins_a_label(self) -> None:
        reported = [(" base", math.log(0.3)), (" baseball", math.log(0.1))]
        known = class_bars(reported, [" baseball"], whole_label).rows[0]
        assert known.probability == pytest.approx(0.1)

    def test_in_an_unknown_vocabulary_the_longest_token_that_begins_the_label_counts(self) -> None:
        reported = [(" ", math.log(0.4)), (" b", math.log(0.3)), (" base", math.log(0.2))]
        assert class_bars(reported, [" baseball"]).rows[0].token == " base"

    def test_a_sampled_token_that_is_listed_twice_counts_once(self) -> None:
        found = class_bars([*TOP, TOP[0]], LABELS, whole_label)
        assert found.covered == pytest.approx(0.8)

    @given(alternatives, st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5))
    def test_shares_are_a_distribution_over_the_reported_labels(
        self, top: list[tuple[str, float]], labels: list[str]
    ) -> None:
        found = class_bars(top, labels, whole_label)
        shares = [bar.share for bar in found.rows if bar.probability is not None and bar.share is not None]
        assert all(0 <= share <= 1 for share in shares)
        assert not shares or sum(shares) == pytest.approx(1)
        assert 0 <= found.covered <= 1

    @given(alternatives, st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5))
    def test_every_label_is_somewhere_exactly_once_and_the_likeliest_comes_first(
        self, top: list[tuple[str, float]], labels: list[str]
    ) -> None:
        rows = class_bars(top, labels).rows
        assert sorted(name for bar in rows for name in bar.names) == sorted(set(labels))
        parts = [bar.probability or 0.0 for bar in rows]
        assert parts == sorted(parts, reverse=True)


class TestTokenBars:
    def test_tokens_keep_their_raw_probability_and_have_no_share(self) -> None:
        first = token_bars(TOP).rows[0]
        assert (first.token, first.share) == (" hockey", None)
        assert first.probability == pytest.approx(0.6)
        assert first.width == pytest.approx(60)

    @given(alternatives)
    def test_the_likeliest_comes_first_and_the_sum_is_a_probability(self, top: list[tuple[str, float]]) -> None:
        found = token_bars(top)
        parts = [bar.probability for bar in found.rows if bar.probability is not None]
        assert parts == sorted(parts, reverse=True)
        assert 0 <= found.covered <= 1


class TestBars:
    def test_without_labels_the_tokens_are_shown(self) -> None:
        assert not bars(TOP, []).classes

    def test_with_labels_the_classes_are_shown(self) -> None:
        assert bars(TOP, LABELS, whole_label).classes

    def test_if_no_label_was_reported_the_tokens_show_what_came_instead(self) -> None:
        found = bars(TOP, [" tennis"], whole_label)
        assert not found.classes
        assert found.rows[0].token == " hockey"


@pytest.mark.parametrize(
    ("logprob", "part"), [(0.0, 1.0), (1e-9, 1.0), (-math.inf, 0.0), (math.nan, 0.0), (-1e6, 0.0), (math.log(0.5), 0.5)]
)
def test_a_probability_stays_between_nothing_and_one(logprob: float, part: float) -> None:
    assert probability(logprob) == pytest.approx(part)
