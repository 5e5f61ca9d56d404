from __future__ import annotations

import numpy as np
import pytest
import tiktoken

from tests.trainer.engines.lessons import VOCABULARY
from trainer.engines.hashing import Hashes
from trainer.engines.spelling import spelling


def stems(encoding: tiktoken.Encoding, text: str) -> Hashes:
    return spelling(VOCABULARY).stems(np.array(encoding.encode_ordinary(text), np.int64))


@pytest.mark.parametrize("other", [" charging", "Charged", " CHARGES", " chargeable", "\nchar"])
def test_words_that_begin_alike_have_one_stem_however_they_were_cut(encoding: tiktoken.Encoding, other: str) -> None:
    assert stems(encoding, " charge").tolist() == stems(encoding, other).tolist()


@pytest.mark.parametrize("other", [" change", " cha", " discharge", " chra"])
def test_others_have_another(encoding: tiktoken.Encoding, other: str) -> None:
    assert set(stems(encoding, " charge").tolist()).isdisjoint(stems(encoding, other).tolist())


def test_four_letters_are_letters_and_not_bytes(encoding: tiktoken.Encoding) -> None:
    assert stems(encoding, " größer").tolist() == stems(encoding, " größte").tolist()
    assert stems(encoding, " größer").tolist() != stems(encoding, " grölen").tolist()


def test_only_words_of_letters_have_a_stem(encoding: tiktoken.Encoding) -> None:
    assert len(stems(encoding, " two words 12345 ...")) == 2
    assert len(stems(encoding, "")) == 0


def test_a_stem_is_no_word(encoding: tiktoken.Encoding) -> None:
    tokens = np.array(encoding.encode_ordinary(" char"), np.int64)
    known = spelling(VOCABULARY)
    assert known.stems(tokens).tolist() != known.words(tokens).tolist()
