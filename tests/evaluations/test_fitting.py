"""A question that is longer than the model reads is asked as it has learned such rows."""

from __future__ import annotations

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.asking.fitting import fitted, is_cut
from tests.playground.conftest import CLASSES, TALK, picked

ENCODING = tiktoken.get_encoding("r50k_base")
LONG = " ".join(f"word{number}" for number in range(2000)) + CLASSES["separator"]


def test_the_end_is_kept_with_the_separator_and_room_for_the_answer() -> None:
    body = fitted({"prompt": LONG, "max_tokens": 1, "logprobs": 2}, picked(**CLASSES))
    assert LONG.endswith(body["prompt"])
    assert len(ENCODING.encode_ordinary(body["prompt"])) == 2047
    assert body["logprobs"] == 2
    assert is_cut(body, [{"role": "user", "content": LONG.removesuffix(CLASSES["separator"])}])


@settings(max_examples=25)
@given(st.text(alphabet="aé한🏒 \n", min_size=1, max_size=40).map(lambda text: text * 300))
def test_whatever_the_script_it_fits_and_is_text(prompt: str) -> None:
    body = fitted({"prompt": prompt, "max_tokens": 1}, picked(**CLASSES))
    assert prompt.endswith(body["prompt"])
    assert len(ENCODING.encode_ordinary(body["prompt"])) <= 2047


def test_what_fits_is_sent_as_it_is() -> None:
    body = {"prompt": "A post" + CLASSES["separator"], "max_tokens": 1}
    assert fitted(body, picked(**CLASSES)) == body
    assert not is_cut(body, [{"role": "user", "content": "A post"}])


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({"prompt": LONG, "max_tokens": 1}, picked()),  # nobody knows what it has learned
        ({"prompt": LONG, "max_tokens": 1}, picked(base="qwen", **CLASSES)),  # nor its vocabulary
        ({"messages": [{"role": "user", "content": LONG}]}, picked(**TALK)),
        ({"max_tokens": 1}, picked(**CLASSES)),
    ],
)
def test_others_are_left_to_the_provider(body: dict[str, object], target: object) -> None:
    assert fitted(body, target) == body  # type: ignore[arg-type]
    assert not is_cut({}, [])
