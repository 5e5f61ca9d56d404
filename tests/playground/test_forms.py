from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from playground.fields import LONGEST_TEXT
from playground.forms import Asking, ChatForm, CompletionForm, form_for
from tests.playground.conftest import CLASSES, TALK, picked

WRITER = picked()
TALKER = picked(base="gpt-3.5-turbo-0613", **TALK)


def errors(**fields: Any) -> dict[str, list[str]]:
    return listed(form_for(WRITER, {"prompt": "Hello", **fields}))


def chat_errors(**fields: Any) -> dict[str, list[str]]:
    thread = fields.pop("thread", [{"role": "user", "content": "Hello"}])
    return listed(form_for(TALKER, {"thread": thread, **fields}))


def listed(form: Asking) -> dict[str, list[str]]:
    return {name: [str(sentence) for sentence in sentences] for name, sentences in form.errors.items()}


def test_the_model_decides_which_form_there_is() -> None:
    assert isinstance(form_for(WRITER), CompletionForm)
    assert isinstance(form_for(TALKER), ChatForm)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("max_tokens", 0, 1_000_000),
        ("temperature", 0, 2),
        ("top_p", 0, 1),
        ("n", 1, 128),
        ("logprobs", 0, 5),
        ("presence_penalty", -2, 2),
        ("frequency_penalty", -2, 2),
        ("seed", -(2**63 - 1), 2**63 - 1),
    ],
)
def test_a_number_outside_its_range_is_refused_with_the_range(name: str, least: int, most: int) -> None:
    assert errors(**{name: str(least)}) == {}
    assert errors(**{name: str(most)}) == {}
    for outside in (least - 1, most + 1):
        assert errors(**{name: str(outside)}) == {name: [f"Use a number from {least:,} to {most:,}."]}


@pytest.mark.parametrize("name", ["temperature", "top_p", "presence_penalty", "frequency_penalty"])
@pytest.mark.parametrize("typed", ["warm", "nan", "inf", "1e999"])
def test_a_number_must_be_one(name: str, typed: str) -> None:
    assert name in errors(**{name: typed})


@pytest.mark.parametrize("name", ["max_tokens", "n", "logprobs", "best_of", "seed"])
def test_a_whole_number_must_be_whole(name: str) -> None:
    assert errors(**{name: "1.5"}) == {name: ["Use a whole number."]}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"best_of": "21"}, "Use a number from 0 to 20."),
        ({"best_of": "2", "n": "3"}, "Best of must be at least the number of samples, 3."),
        ({"best_of": "0"}, "Best of must be at least the number of samples, 1."),
        ({"best_of": "3", "stream": "on"}, "The best of several answers is known only at the end"),
    ],
)
def test_best_of_is_refused_where_it_makes_no_sense(fields: dict[str, str], sentence: str) -> None:
    (said,) = errors(**fields)["best_of"]
    assert said.startswith(sentence)


@pytest.mark.parametrize("fields", [{"best_of": "3", "n": "3"}, {"best_of": "3"}, {"best_of": "1", "stream": "on"}])
def test_best_of_is_accepted_where_it_does(fields: dict[str, str]) -> None:
    assert errors(**fields) == {}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("{", "This is not JSON"),
        ("[" * 5000, "This is not JSON"),
        ("[1]", "Write an object"),
        ('{"the": 1}', "'the' is not a token id"),
        ('{"٣": 1}', "'٣' is not a token id"),
        ('{"5": 101}', "The bias of token 5"),
        ('{"5": -100.5}', "The bias of token 5"),
        ('{"5": true}', "The bias of token 5"),
        ('{"5": NaN}', "The bias of token 5"),
        ('{"5": "1"}', "The bias of token 5"),
        ("{" + ",".join(f'"{token}": 1' for token in range(1001)) + "}", "At most 1000 tokens"),
    ],
)
def test_a_logit_bias_that_no_provider_takes_is_refused(typed: str, sentence: str) -> None:
    (said,) = errors(logit_bias=typed)["logit_bias"]
    assert said.startswith(sentence)


def test_five_stop_sequences_are_one_too_many() -> None:
    assert errors(stop="a\nb\nc\nd") == {}
    assert errors(stop="a\r\nb\r\nc\r\nd\r\ne") == {"stop": ["The API takes at most four stop sequences. Remove 1."]}


def test_the_same_stop_sequence_twice_counts_once() -> None:
    assert errors(stop="a\na\nb\nc\nd") == {}


def test_a_stop_sequence_keeps_its_spaces() -> None:
    form = form_for(WRITER, {"prompt": "Hello", "stop": " END"})
    assert form.is_valid()
    assert form.cleaned_data["stop"] == [" END"]


def test_an_endless_stop_sequence_is_refused() -> None:
    assert "stop" in errors(stop="x" * 201)


def test_a_text_is_needed_unless_the_model_writes_out_of_nothing() -> None:
    assert errors(prompt=" \n") == {"prompt": ["Write a text first."]}
    assert form_for(picked(task="open-ended"), {"prompt": ""}).is_valid()


def test_a_text_has_a_longest_length() -> None:
    assert errors(prompt="x" * LONGEST_TEXT) == {}
    assert "prompt" in errors(prompt="x" * (LONGEST_TEXT + 1))


class TestChat:
    def test_a_conversation_needs_a_message(self) -> None:
        assert chat_errors(thread=[]) == {"thread": ["Write a message first."]}
        assert chat_errors(thread=[{"role": "user", "content": " "}]) == {"thread": ["Write a message first."]}

    def test_the_model_does_not_answer_itself(self) -> None:
        thread = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": ""}]
        assert chat_errors(thread=thread) == {"thread": ["The last message is the model's own. Write the next one."]}

    def test_a_role_that_does_not_exist_is_refused(self) -> None:
        assert "thread" in chat_errors(thread=[{"role": "root", "content": "a"}])

    def test_a_conversation_has_a_longest_length_and_a_most_of_messages(self) -> None:
        assert "thread" in chat_errors(thread=[{"role": "user", "content": "x" * (LONGEST_TEXT + 1)}])
        assert "thread" in chat_errors(thread=[{"role": "user", "content": "x"}] * 201)

    def test_the_two_limits_exclude_each_other(self) -> None:
        assert "max_completion_tokens" in chat_errors(max_tokens="1", max_completion_tokens="1")
        assert chat_errors(max_completion_tokens="1") == {}

    def test_top_log_probabilities_need_log_probabilities(self) -> None:
        assert "top_logprobs" in chat_errors(top_logprobs="3")
        assert chat_errors(top_logprobs="3", logprobs="on") == {}
        assert "top_logprobs" in chat_errors(top_logprobs="21", logprobs="on")

    def test_the_page_sends_the_conversation_as_pairs_of_role_and_content(self) -> None:
        form = form_for(TALKER, QueryDict("role=user&content=a%0D%0Ab&role=assistant&content=c&role=user&content=d"))
        assert form.is_valid(), form.errors
        assert [message["content"] for message in form.cleaned_data["thread"]] == ["a\nb", "c", "d"]

    def test_an_answer_format_that_does_not_exist_is_refused(self) -> None:
        assert "response_format" in chat_errors(response_format="xml")


@pytest.mark.parametrize("model", [WRITER, picked(**CLASSES), TALKER])
def test_every_setting_has_a_name_and_one_plain_sentence(model: Any) -> None:
    form = form_for(model)
    for field in [*form.simple_fields(), *form.advanced_fields()]:
        assert field.label, field.name
        assert str(field.help_text).endswith("."), field.name
        assert str(field.help_text).count(". ") == 0, field.name


@pytest.mark.parametrize("model", [WRITER, TALKER])
def test_every_setting_is_shown_exactly_once(model: Any) -> None:
    form = form_for(model)
    shown = [field.name for field in [*form.simple_fields(), *form.advanced_fields()]]
    assert sorted([*shown, *form.text_fields, "way"]) == sorted(form.fields)


def test_every_parameter_of_the_completions_api_has_a_field() -> None:
    documented = (
        "prompt suffix max_tokens temperature top_p n stream logprobs echo stop "
        "presence_penalty frequency_penalty best_of logit_bias user seed"
    )
    assert set(documented.split()) <= set(form_for(WRITER).fields)


def test_the_fold_opens_when_it_hides_an_error() -> None:
    assert form_for(WRITER, {"prompt": "a", "top_p": "7"}).advanced_wrong()
    assert not form_for(WRITER, {"prompt": "a", "n": "0"}).advanced_wrong()
