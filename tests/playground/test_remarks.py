from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from finetunes.models import Model
from playground import compose
from playground.remarks import remarks
from tests.playground.conftest import CLASSES, ENDED, TALK, picked

CLASSIFIER = picked(**CLASSES)
WRITER = picked(**ENDED)


def said(model: Any, **entered: Any) -> str:
    return " ".join(remark.sentence for remark in remarks(model, entered))


def test_a_question_like_the_trained_ones_is_not_remarked_upon() -> None:
    assert said(CLASSIFIER, prompt="a post", add_separator=True) == ""
    assert said(WRITER, prompt="a handbag", add_separator=True, stop=["\n"]) == ""


def test_a_separator_that_is_turned_off_is_missed() -> None:
    assert "\\n\\n###\\n\\n, and yours does not" in said(CLASSIFIER, prompt="a post", add_separator=False)


def test_a_separator_that_was_typed_is_pointed_out() -> None:
    assert "already ends" in said(CLASSIFIER, prompt="a post\n\n###\n\n", add_separator=True)
    assert said(CLASSIFIER, prompt="a post\n\n###\n\n", add_separator=False) == ""


def test_a_separator_within_the_text_is_pointed_out() -> None:
    assert "within your text" in said(CLASSIFIER, prompt="one\n\n###\n\ntwo", add_separator=True)


def test_white_space_at_the_end_is_pointed_out() -> None:
    assert "ends with a space" in said(WRITER, prompt="a handbag ", add_separator=True, stop=["\n"])
    assert "ends with a space" in said(picked(), prompt="a handbag\n")


def test_another_system_message_than_in_training_is_pointed_out() -> None:
    talker = picked(**TALK)
    assert "another system message" in said(talker, system="You are a parrot.")
    assert said(talker, system="You are a pirate.") == ""
    assert "another system message" in said(talker, system="You are a pirate. ")


def test_a_missing_stop_sequence_is_pointed_out_where_answers_have_an_ending() -> None:
    assert "ends its answers with \\n" in said(WRITER, prompt="a", add_separator=True, stop=["###"])
    assert said(picked(**CLASSES, ending="\n"), prompt="a", add_separator=True) == ""


def test_a_base_model_has_nothing_to_differ_from() -> None:
    assert said(picked(), prompt="a") == ""


def mended(model: Any, prompt: str, *, added: bool) -> tuple[str, dict[str, Any]]:
    """Make every change that is offered, as often as one is; return what is sent then, and what was entered."""
    entered: dict[str, Any] = {"prompt": prompt, "add_separator": added}
    for _ in range(3):
        for remark in remarks(model, entered):
            entered |= remark.changes
    return compose.prompt(model, entered), entered


@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("separator", ["\n\n###\n\n", " ->", "\nSupported:", "###"])
@pytest.mark.parametrize(
    "typed",
    [
        "a post",
        "a post{separator}",
        "a post{separator}{separator}",
        "a post{separator} ",
        "a post{separator}\n\n",
        "a post {separator}",
        "a post\n{core}",
        "a post{separator}\n{separator}",
        "a post \n",
    ],
)
def test_whatever_is_wrong_with_the_end_is_mended_to_the_end_of_training(typed: str, separator: str, added: bool) -> None:
    model = picked(task="classification", separator=separator, labels=[" a", " b"])
    prompt = typed.format(separator=separator, core=separator.strip())
    sent, entered = mended(model, prompt, added=added)
    assert sent == "a post" + separator
    assert [remark.code for remark in remarks(model, entered) if remark.code] == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("bag -> ->", "stands more than once"),
        ("bag -> ", "ends with  -> . In training"),
        ("bag->", "ends with ->. In training"),
        ("bag ->\n", "ends with  ->\\n. In training"),
    ],
)
def test_a_separator_that_is_not_the_trained_one_to_the_letter_is_pointed_out(typed: str, sentence: str) -> None:
    for added in (True, False):
        assert sentence in said(WRITER, prompt=typed, add_separator=added, stop=["\n"])


def test_a_word_within_the_text_is_no_separator() -> None:
    model = picked(task="classification", separator="\nSupported:", labels=[" yes", " no"])
    assert said(model, prompt="Not Supported: by me", add_separator=True) == ""


def test_the_trained_system_message_and_the_ending_are_offered() -> None:
    (other,) = remarks(picked(**TALK), {"system": ""})
    assert other.changes == {"system": "You are a pirate."}
    (ending,) = remarks(WRITER, {"prompt": "a", "add_separator": True, "stop": ["###"]})
    assert ending.changes == {"stop": "###\n\\n"}


def test_a_fifth_stop_sequence_is_not_offered() -> None:
    (ending,) = remarks(WRITER, {"prompt": "a", "add_separator": True, "stop": ["a", "b", "c", "d"]})
    assert (ending.code, ending.changes) == ("", {})


def test_a_long_run_of_white_space_takes_no_time() -> None:
    model = picked(task="generation", separator="\n" * 5 + "#" * 5 + "\n" * 5, ending="\n")
    assert "ends with a space" in said(model, prompt="a" + "\n " * 100_000, add_separator=True, stop=["\n"])


def test_a_kept_limit_asks_for_log_probabilities() -> None:
    for kind, entered, changes in (
        (CLASSES, {"prompt": "a", "add_separator": True}, {"logprobs": "5"}),
        (TALK | {"labels": ["yes", "no"]}, {"system": "You are a pirate."}, {"logprobs": True, "top_logprobs": "5"}),
    ):
        model = replace(picked(**kind), model=Model(threshold={"label": "hockey", "threshold": 0.4}))
        (remark,) = remarks(model, entered)
        assert remark.changes == changes
        assert remarks(model, entered | {"logprobs": 2, "top_logprobs": 2}) == []
