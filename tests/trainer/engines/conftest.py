from __future__ import annotations

import os
from pathlib import Path

import pytest
import tiktoken

from tests.trainer.engines.lessons import Course, letters, sentiment
from trainer.engines.interface import Example

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session", autouse=True)
def _carried_encodings() -> None:
    """Take the encodings that the repository carries, never the network's."""
    os.environ["TIKTOKEN_CACHE_DIR"] = str(ROOT / "encodings")


@pytest.fixture(scope="session")
def encoding(_carried_encodings: None) -> tiktoken.Encoding:
    return tiktoken.get_encoding("r50k_base")


@pytest.fixture(scope="session")
def course(encoding: tiktoken.Encoding) -> Course:
    return Course(encoding)


@pytest.fixture(scope="session")
def examples(course: Course) -> list[Example]:
    """Sixty short texts with their sentiment, and twenty letters to copy from."""
    return course.examples(sentiment(60, 1) + letters(20, 1))
