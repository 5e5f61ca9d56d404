"""Texts are compared as the libraries compare them, in any script."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu import corpus_bleu, sentence_chrf

from evaluations.scores import texts
from evaluations.scores.figure import NO_ROWS

WORDS = st.lists(st.sampled_from(["the", "a", "cat", "dog", "sat", "ran", "on", "mat"]), max_size=12)
TEXT = st.one_of(st.text(max_size=40), WORDS.map(" ".join))


def table_lcs(first: list[str], second: list[str]) -> int:
    row = [0] * (len(second) + 1)
    for mine in first:
        before = row[:]
        for place, theirs in enumerate(second):
            row[place + 1] = before[place] + 1 if mine == theirs else max(before[place + 1], row[place])
    return row[-1]


@given(WORDS, WORDS)
def test_the_longest_common_subsequence_is_that_of_the_textbook(first: list[str], second: list[str]) -> None:
    assert texts.common(first, second) == table_lcs(first, second) == texts.common(second, first)


@pytest.mark.parametrize(
    ("said", "expected", "score"),
    [  # as Google's rouge-score 0.1.2 gives them
        ("the cat sat on the mat", "the cat was on the mat", 5 / 6),
        ("a quick brown fox", "the quick brown fox jumps", 2 / 3),
        ("Hello, World!", "hello world", 1.0),
        ("one two three", "three two one", 1 / 3),
        ("nothing", "in common", 0.0),
    ],
)
def test_rouge_l_has_the_values_of_the_reference(said: str, expected: str, score: float) -> None:
    assert texts.rouge_l(said, expected) == pytest.approx(score)


def test_rouge_l_knows_other_scripts() -> None:
    assert texts.rouge_l("我喜欢猫", "我喜欢狗") == 0.75
    assert texts.rouge_l("고양이가 좋아요", "고양이가 싫어요") == 0.5
    assert texts.rouge_l("мысық жақсы", "Мысық жақсы.") == 1.0


@given(TEXT, TEXT)
def test_every_measure_lies_between_nothing_and_all(said: str, expected: str) -> None:
    for measure in (texts.rouge_l, texts.chrf):
        assert 0 <= measure(said, expected) <= 1
        assert measure(said, said) == pytest.approx(1.0)


@given(WORDS.filter(bool), WORDS.filter(bool))
def test_chrf_is_that_of_the_library(first: list[str], second: list[str]) -> None:
    said, expected = " ".join(first), " ".join(second)
    assert texts.chrf(said, expected) == pytest.approx(sentence_chrf(said, [expected]).score / 100)


@settings(max_examples=20)
@given(st.lists(st.tuples(WORDS.filter(bool), WORDS.filter(bool)), min_size=1, max_size=8))
def test_bleu_is_that_of_the_library_on_all_rows_together(rows: list[tuple[list[str], list[str]]]) -> None:
    said, expected = ([" ".join(pair[side]) for pair in rows] for side in (0, 1))
    assert texts.bleu(said, expected).value == pytest.approx(corpus_bleu(said, [expected]).score / 100)


def test_bleu_of_chinese_goes_by_signs() -> None:
    said, expected = ["今天天气很好"] * 20, ["今天天气不好"] * 20
    assert texts.bleu(said, expected).value == pytest.approx(corpus_bleu(said, [expected], tokenize="char").score / 100)
    assert not texts.unspaced(["today the weather is fine"])


def test_bleu_has_an_interval_around_it() -> None:
    rng = np.random.default_rng(8)
    words = np.array(["the", "a", "cat", "dog", "sat", "ran", "on", "mat"])
    expected = [" ".join(rng.choice(words, 12)) for _ in range(100)]
    said = [text if rng.random() < 0.5 else " ".join(rng.choice(words, 12)) for text in expected]
    figure = texts.bleu(said, expected)
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    assert 0 < figure.low < figure.value < figure.high < 1


@pytest.mark.parametrize(
    ("said", "expected", "exact", "normalized"),
    [
        (" Yes\n", "Yes", True, True),
        ("yes.", "Yes", False, True),
        ("Ｙｅｓ", "yes", False, True),
        ("two  words", "two words", False, True),
        ("no", "yes", False, False),
        ("", "", True, True),
        ("!!!", "???", False, False),
        ("a_b", "a b", False, True),
    ],
)
def test_equal_and_nearly_equal_are_told_apart(said: str, expected: str, exact: bool, normalized: bool) -> None:
    assert (texts.exact(said, expected), texts.normalized(said, expected)) == (exact, normalized)


def test_the_mean_leaves_out_what_is_unknown() -> None:
    assert texts.mean([1.0, 0.0, float("nan")]).value == 0.5
    assert texts.mean([]).why == texts.mean([float("nan")]).why == texts.bleu([], []).why == NO_ROWS


def test_a_hostile_answer_takes_no_longer_than_a_long_one() -> None:
    assert texts.rouge_l("a " * 500_000, "a b " * 100_000) > 0
    assert texts.chrf("a" * 200_000, "ab" * 100_000) >= 0
