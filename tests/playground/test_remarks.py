from __future__ import annotations

from typing import Any

from playground.remarks import remarks
from tests.playground.conftest import CLASSES, ENDED, TALK, picked

CLASSIFIER = picked(**CLASSES)
WRITER = picked(**ENDED)


def said(model: Any, **entered: Any) -> str:
    return " ".join(remarks(model, entered))


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
    assert said(talker, system="You are a pirate. ") == ""


def test_a_missing_stop_sequence_is_pointed_out_where_answers_have_an_ending() -> None:
    assert "ends its answers with \\n" in said(WRITER, prompt="a", add_separator=True, stop=["###"])
    assert said(picked(**CLASSES, ending="\n"), prompt="a", add_separator=True) == ""


def test_a_base_model_has_nothing_to_differ_from() -> None:
    assert said(picked(), prompt="a") == ""
