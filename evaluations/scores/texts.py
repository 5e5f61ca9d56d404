"""How near a text is to the one that is expected.

BLEU and chrF are sacrebleu's. ROUGE-L follows from the longest common subsequence of words, in any script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from evaluations.scores import bootstrap
from evaluations.scores.figure import NO_ROWS, Figure

Floats = NDArray[np.float64]

# A sign of Chinese or Japanese stands for itself: these scripts put no space between words.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
ORDERS = 4  # BLEU looks at one to so many words in a row
LONGEST = 20_000
"""Signs of a text that are compared: time grows with the square of the length."""


def exact(said: str, expected: str) -> bool:
    """Equal but for space around it."""
    return said.strip() == expected.strip()


def normalized(said: str, expected: str) -> bool:
    """Equal but for letter case, space, punctuation and the spelling of the same sign."""
    return normal(said) == normal(expected)


def normal(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = re.sub(r"[^\w\s]|_", " ", folded).split()
    return " ".join(words) or folded.strip()


def words(text: str) -> list[str]:
    return WORD.findall(text[:LONGEST].casefold())


def rouge_l(said: str, expected: str) -> float:
    """Return the F-measure of the longest common subsequence of words, 0 to 1."""
    mine, theirs = words(said), words(expected)
    if not mine or not theirs:
        return float(mine == theirs)
    return 2 * common(mine, theirs) / (len(mine) + len(theirs))


def common(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, a word of the one against all of the other at once.

    Each bit of a big number is a place of `first` (Hyyrö 2004): a thousand words take a millisecond.
    """
    places: dict[str, int] = {}
    for place, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << place
    full = (1 << len(first)) - 1
    row = full
    for word in second:
        met = row & places.get(word, 0)
        row = ((row + met) | (row - met)) & full
    return len(first) - row.bit_count()


def chrf(said: str, expected: str) -> float:
    """Return chrF2 of one text, 0 to 1."""
    if not said.strip() or not expected.strip():
        return float(said.strip() == expected.strip())
    return float(_chrf().sentence_score(said[:LONGEST], [expected[:LONGEST]]).score) / 100


quality = chrf
"""The one number by which texts are sorted: it takes any language, and short answers too."""


def mean(values: Sequence[float] | Floats) -> Figure:
    """The mean of one number for each row."""
    array = np.asarray(values, dtype=np.float64)
    array = array[np.isfinite(array)]
    if not len(array):
        return Figure.missing(NO_ROWS)
    return Figure(float(array.mean()), len(array), *bootstrap.mean(array))


def bleu(said: Sequence[str], expected: Sequence[str]) -> Figure:
    """BLEU of all rows together, 0 to 1, as it is defined: not the mean of the rows'."""
    if not said:
        return Figure.missing(NO_ROWS)
    metric = _bleu("char" if unspaced(expected) else "13a")
    pairs = zip(said, expected, strict=True)
    scores = [metric.sentence_score(mine[:LONGEST], [theirs[:LONGEST]]) for mine, theirs in pairs]
    table = np.array([[*score.counts, *score.totals, score.sys_len, score.ref_len] for score in scores], dtype=np.float64)
    drawn = bootstrap.of_rows(len(said), lambda weights: _bleu_of(weights @ table))
    return Figure(float(_bleu_of(table.sum(axis=0)[None, :])[0]), len(said), *bootstrap.interval(drawn))


def unspaced(texts: Sequence[str]) -> bool:
    """Whether these texts are mostly of a script without spaces between words."""
    sample = "".join(texts[:1000])[:100_000]
    return len(UNSPACED.findall(sample)) * 2 > len(re.sub(r"\s", "", sample))


def _bleu_of(sums: Floats) -> Floats:
    rows = sums.astype(np.int64).tolist()
    counts = ((row[:ORDERS], row[ORDERS:-2], row[-2], row[-1]) for row in rows)
    scores = [BLEU.compute_bleu(*four, smooth_method="exp").score for four in counts]
    return np.array(scores) / 100


@cache
def _chrf() -> CHRF:
    return CHRF()


@cache
def _bleu(tokenize: str) -> BLEU:
    return BLEU(tokenize=tokenize, effective_order=True)
