"""The well-known example, on the posts themselves: is it about baseball or hockey?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tiktoken

from tests.trainer.engines.lessons import SEPARATOR, VOCABULARY, study
from trainer.engines import engine
from trainer.engines.interface import Example

POSTS = Path(__file__).parents[4] / "shared" / "data" / "sport2.jsonl"
CONTEXT = 2048


@pytest.mark.skipif(not POSTS.exists(), reason="the posts of real people are not part of the repository")
def test_posts_are_classified_as_well_as_a_fine_tuned_model_should(encoding: tiktoken.Encoding) -> None:
    """After a single pass; `make bench` trains as the trainer does, and insists on more."""
    examples, hockey = _posts(encoding)
    training, validation = _split(hockey)
    network = engine().new("ada", VOCABULARY, 0)
    (loss,) = study(network, [examples[index] for index in training], epochs=1)
    labels = sorted({example.completion[0] for example in examples})
    right = [_best(network.prompt(examples[i].prompt).logprobs(), labels) == examples[i].completion[0] for i in validation]
    assert loss < 0.5
    assert np.mean(right) >= 0.98


def _posts(encoding: tiktoken.Encoding) -> tuple[list[Example], np.ndarray]:
    rows = [json.loads(line) for line in POSTS.read_text("utf-8").splitlines()]
    completions = [encoding.encode(" " + row["completion"]) for row in rows]
    prompts = [encoding.encode_ordinary(row["prompt"] + SEPARATOR)[1 - CONTEXT :] for row in rows]
    pairs = zip(prompts, completions, strict=True)
    hockey = np.array([row["completion"] == "hockey" for row in rows])
    return [Example(tuple(prompt), tuple(completion)) for prompt, completion in pairs], hockey


def _split(hockey: np.ndarray) -> tuple[list[int], list[int]]:
    """Hold out a fifth of each class."""
    rng = np.random.default_rng(2026)
    validation: list[int] = []
    for kind in (True, False):
        members = rng.permutation(np.flatnonzero(hockey == kind))
        validation += members[: len(members) // 5].tolist()
    return [index for index in range(len(hockey)) if index not in set(validation)], validation


def _best(logprobs: np.ndarray, labels: list[int]) -> int:
    return labels[int(logprobs[labels].argmax())]
