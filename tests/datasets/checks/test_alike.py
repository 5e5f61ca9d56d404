from __future__ import annotations

import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.checks import alike
from datasets.checks.alike import bands, first_alike, pairs, signatures

WORDS = [f"word{number}" for number in range(200)]
TEXT = st.lists(st.sampled_from(WORDS), max_size=60).map(lambda words: " ".join(words).encode())


def runs(text: bytes) -> set[tuple[bytes, ...]]:
    words = text.split(b" ")
    if len(words) < alike.FEWEST:
        return {(text,)}
    return {tuple(words[at : at + alike.RUN]) for at in range(len(words) - alike.RUN + 1)}


def jaccard(one: bytes, other: bytes) -> float:
    """The share of runs, the slow and exact way."""
    here, there = runs(one), runs(other)
    return len(here & there) / len(here | there)


def estimate(one: bytes, other: bytes) -> float:
    first, second = signatures([one, other])
    return float((first == second).mean())


def random_text(chance: random.Random, length: int) -> list[str]:
    return chance.choices(WORDS, k=length)


def changed(text: bytes, places: list[int]) -> bytes:
    words = text.split(b" ")
    for place in places:
        words[place % len(words)] = b"other%d" % place
    return b" ".join(words)


@given(st.lists(TEXT, max_size=8))
def test_signatures_are_the_same_alone_and_among_others(texts: list[bytes]) -> None:
    together = signatures(texts)
    assert together.shape == (len(texts), alike.HASHES)
    for text, signature in zip(texts, together, strict=True):
        assert (signatures([text])[0] == signature).all()


def test_signatures_are_the_same_on_every_machine_and_in_every_run() -> None:
    signed = signatures([b"the quick brown fox jumps over the lazy dog and then it sleeps for an hour", b"short"])
    assert [int(signed[0].sum()), int(signed[1].sum())] == [18296967691, 131688332027]


@given(TEXT, TEXT)
def test_the_estimate_is_about_the_exact_share_of_common_runs(one: bytes, other: bytes) -> None:
    assert abs(estimate(one, other) - jaccard(one, other)) < 0.35


@given(TEXT, st.lists(st.integers(0, 59), max_size=8))
def test_the_estimate_is_about_right_for_texts_with_some_words_changed(text: bytes, places: list[int]) -> None:
    other = changed(text, places) if text else b""
    assert abs(estimate(text, other) - jaccard(text, other)) < 0.35


def test_on_average_the_estimate_is_a_twentieth_off() -> None:
    chance = random.Random(1)
    off = []
    for _turn in range(200):
        text = " ".join(random_text(chance, 60)).encode()
        other = changed(text, chance.sample(range(60), chance.randint(0, 10)))
        off.append(abs(estimate(text, other) - jaccard(text, other)))
    assert np.mean(off) < 0.05


@pytest.mark.parametrize("text", [b"", b"a", b"a b", b"a b c", b"a b c d e f g h i j k"])
def test_a_short_text_is_like_itself_alone(text: bytes) -> None:
    assert estimate(text, text) == 1
    assert estimate(text, text + b" x") < 0.2


def test_a_long_text_is_looked_at_up_to_a_length() -> None:
    text = b" ".join(b"word%d" % number for number in range(20_000))
    assert estimate(text, text[: alike.LONGEST]) == 1
    assert signatures([text] * 50).shape == (50, alike.HASHES)


def some_texts(seed: int, rows: int = 60) -> list[bytes]:
    """Texts of which many are an earlier one with a few words changed."""
    chance, texts = random.Random(seed), list[bytes]()
    for _row in range(rows):
        if texts and chance.random() < 0.5:
            texts.append(changed(chance.choice(texts), chance.sample(range(60), chance.randint(0, 12))))
        else:
            texts.append(" ".join(random_text(chance, chance.randint(12, 60))).encode())
    return texts


@given(st.integers(0, 10_000))
def test_what_is_found_is_alike_and_what_is_much_alike_is_found(seed: int) -> None:
    texts = some_texts(seed)
    found = first_alike(signatures(texts))
    for row, first in enumerate(found.tolist()):
        earlier = [at for at in range(row) if found[at] < 0]
        if first >= 0:
            assert first in earlier
            assert jaccard(texts[first], texts[row]) > 0.4
        else:
            assert all(jaccard(texts[at], texts[row]) < 0.95 for at in earlier)


@given(st.integers(0, 10_000))
def test_pairs_join_what_is_much_alike_and_nothing_that_is_not(seed: int) -> None:
    texts = some_texts(seed)
    one, other = pairs(signatures(texts))
    assert all(jaccard(texts[a], texts[b]) > 0.4 for a, b in zip(one.tolist(), other.tolist(), strict=True))
    group = list(range(len(texts)))
    for _turn in texts:
        for a, b in zip(one.tolist(), other.tolist(), strict=True):
            group[a] = group[b] = min(group[a], group[b])
    for a in range(len(texts)):
        for b in range(a):
            if jaccard(texts[a], texts[b]) > 0.95:
                assert group[a] == group[b]


def test_no_texts_have_no_pairs() -> None:
    nothing = signatures([])
    assert (first_alike(nothing).size, pairs(nothing)[0].size, bands(nothing).size) == (0, 0, 0)


def test_a_template_that_all_rows_share_takes_no_longer_than_a_look_at_each() -> None:
    asked = (
        b"please answer this long question of mine about the number %d in a few words that anybody can understand, thank you"
    )
    texts = [asked % number for number in range(20_000)]
    signed = signatures(texts)
    begun = time.process_time()
    assert (first_alike(signed) >= 0).mean() > 0.5
    pairs(signed)
    assert time.process_time() - begun < 20
