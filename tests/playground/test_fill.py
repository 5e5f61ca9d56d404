from __future__ import annotations

from typing import Any

import pytest

from playground.fill import values
from tests.playground.conftest import CLASSES, ENDED, TALK, picked


def filled(**trained: Any) -> dict[str, Any]:
    return values(picked(**trained))


def test_a_classifier_is_asked_for_one_token_with_a_log_probability_for_each_class() -> None:
    found = filled(**CLASSES)
    assert (found["max_tokens"], found["logprobs"], found["temperature"]) == (1, 2, 0)
    assert found["add_separator"] is True


@pytest.mark.parametrize(("classes", "logprobs"), [(1, 2), (3, 3), (5, 5), (9, 5)])
def test_no_more_log_probabilities_are_asked_for_than_the_api_gives(classes: int, logprobs: int) -> None:
    labels = [f" {number}" for number in range(classes)]
    assert filled(**{**CLASSES, "labels": labels})["logprobs"] == logprobs


def test_a_generator_stops_at_the_ending_it_was_trained_with() -> None:
    found = filled(**ENDED)
    assert found["stop"] == "\\n"
    assert found["max_tokens"] > 16
    assert "logprobs" not in found


def test_open_ended_text_keeps_the_providers_variety_and_gets_no_separator() -> None:
    found = filled(task="open-ended")
    assert "temperature" not in found
    assert found["add_separator"] is False


def test_a_chat_model_gets_the_system_message_of_its_training() -> None:
    found = filled(**TALK)
    assert found["system"] == "You are a pirate."
    assert found["thread"] == [{"role": "user", "content": ""}]


def test_a_chat_classifier_is_asked_for_top_log_probabilities() -> None:
    found = filled(**{**TALK, "labels": ["yes", "no", "maybe"]})
    assert (found["logprobs"], found["top_logprobs"], found["max_tokens"]) == (True, 3, 1)


def test_a_base_model_knows_nothing_of_separators_or_endings() -> None:
    found = values(picked(base="davinci-002"))
    assert found["add_separator"] is False
    assert "stop" not in found
    assert "temperature" not in found


def test_a_legacy_server_is_not_sent_what_it_has_never_heard_of() -> None:
    legacy = picked()
    legacy.connection.dialect = "legacy"
    assert values(legacy)["include_usage"] is False
    assert values(picked())["include_usage"] is True
