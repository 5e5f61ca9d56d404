from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.trainer.conftest import JSON, Caller, model, pairs
from trainer import tokens
from trainer.shelf import shelf

pytestmark = pytest.mark.django_db

STORIES = [
    {"prompt": f"{animal} ->", "completion": f" the {animal} says {sound} → twice ###"}
    for animal, sound in {"cat": "meow", "dog": "woof", "cow": "moo", "owl": "hoot", "duck": "quack", "bee": "buzz"}.items()
] * 2


@pytest.fixture
def classifier(owner: Caller) -> str:
    return model(owner, "ada", pairs())


@pytest.fixture
def teller(owner: Caller) -> str:
    return model(owner, "ada", STORIES)


class Ask:
    def __init__(self, caller: Caller, model: str) -> None:
        self.caller, self.model = caller, model

    def __call__(self, **body: Any) -> JSON:
        return self.caller.post("completions", {"model": self.model, **body})

    def refused(self, **body: Any) -> JSON:
        return self.caller.refused("completions", {"model": self.model, **body})

    def text(self, **body: Any) -> str:
        return str(self(temperature=0, **body)["choices"][0]["text"])

    def streamed(self, **body: Any) -> list[JSON]:
        lines = self.caller.stream("completions", {"model": self.model, "stream": True, **body})
        assert lines[-1] == "[DONE]"
        return [json.loads(line) for line in lines[:-1]]


@pytest.fixture
def ask(owner: Caller, teller: str) -> Ask:
    return Ask(owner, teller)


@pytest.fixture
def ask_ada(owner: Caller) -> Ask:
    """Ask a base model, which needs no training to have a shape."""
    return Ask(owner, "ada")


class TestAnswer:
    def test_it_has_the_shape_of_a_text_completion(self, owner: Caller, classifier: str) -> None:
        answer = owner.post("completions", {"model": classifier, "prompt": "number 3 is ->", "max_tokens": 1})
        assert set(answer) == {"id", "object", "created", "model", "choices", "usage"}
        assert (answer["object"], answer["model"]) == ("text_completion", classifier)
        assert answer["id"].startswith("cmpl-")
        (choice,) = answer["choices"]
        assert set(choice) == {"text", "index", "logprobs", "finish_reason"}
        assert (choice["index"], choice["logprobs"], choice["finish_reason"]) == (0, None, "length")
        assert answer["usage"] == {"prompt_tokens": 4, "completion_tokens": 1, "total_tokens": 5}

    def test_what_was_learned_is_said(self, ask: Ask) -> None:
        assert ask.text(prompt="cat ->", max_tokens=30, stop=" ###") == " the cat says meow → twice"

    def test_sixteen_tokens_are_written_unless_more_are_asked_for(self, ask_ada: Ask) -> None:
        assert ask_ada(prompt="x", logit_bias={"50256": -100})["usage"]["completion_tokens"] == 16

    def test_the_prompt_may_be_left_out(self, ask_ada: Ask) -> None:
        assert ask_ada(max_tokens=1)["usage"]["prompt_tokens"] == 1

    def test_a_seed_makes_the_answer_the_same_each_time(self, ask_ada: Ask) -> None:
        first, second, other = (ask_ada(prompt="x", seed=seed)["choices"][0]["text"] for seed in (1, 1, 2))
        assert first == second != other

    def test_answers_of_one_request_differ(self, ask_ada: Ask) -> None:
        texts = {choice["text"] for choice in ask_ada(prompt="x", n=3, seed=1)["choices"]}
        assert len(texts) == 3


class TestPrompts:
    @pytest.mark.parametrize(
        ("prompt", "choices", "prompt_tokens"),
        [
            ("one two", 1, 2),
            (["one two", "three"], 2, 3),
            (tokens.encode("one two", "r50k_base"), 1, 2),
            ([tokens.encode("one two", "r50k_base"), tokens.encode("three", "r50k_base")], 2, 3),
            ("", 1, 0),
        ],
    )
    def test_texts_and_tokens_alone_and_in_lists(self, ask_ada: Ask, prompt: Any, choices: int, prompt_tokens: int) -> None:
        answer = ask_ada(prompt=prompt, max_tokens=1)
        assert [choice["index"] for choice in answer["choices"]] == list(range(choices))
        assert answer["usage"]["prompt_tokens"] == prompt_tokens

    def test_choices_of_several_prompts_are_counted_through(self, ask_ada: Ask) -> None:
        answer = ask_ada(prompt=["a", "b"], n=2, max_tokens=1, echo=True)
        assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2, 3]
        assert [choice["text"][0] for choice in answer["choices"]] == ["a", "a", "b", "b"]
        assert answer["usage"]["completion_tokens"] == 4

    def test_tokens_say_what_their_text_says(self, ask: Ask) -> None:
        encoded = tokens.encode("dog ->", "r50k_base")
        assert ask.text(prompt=encoded, max_tokens=6) == ask.text(prompt="dog ->", max_tokens=6)

    @pytest.mark.parametrize("prompt", [7, {}, [], [[]], [1, "a"], [[1], "a", 2], [1.5], [-1], [50257], [True]])
    def test_anything_else_is_refused(self, ask_ada: Ask, prompt: Any) -> None:
        assert ask_ada.refused(prompt=prompt)["param"] == "prompt"

    def test_a_prompt_over_the_context_is_refused_with_the_numbers(self, ask_ada: Ask) -> None:
        error = ask_ada.refused(prompt=" word" * 2040, max_tokens=9)
        assert error["message"].startswith(
            "This model's maximum context length is 2048 tokens, however you requested 2049 tokens"
        )
        assert error["code"] == "context_length_exceeded"
        assert len(ask_ada(prompt=" word" * 2047, max_tokens=1)["choices"]) == 1


class TestStop:
    def test_the_stop_sequence_is_not_part_of_the_answer(self, ask: Ask) -> None:
        answer = ask(prompt="cow ->", max_tokens=30, temperature=0, stop=["###"])
        (choice,) = answer["choices"]
        assert choice["text"] == " the cow says moo → twice "
        assert choice["finish_reason"] == "stop"

    def test_the_first_of_four_counts(self, ask: Ask) -> None:
        assert ask.text(prompt="cow ->", max_tokens=30, stop=["###", " twice", "moo", "zzz"]) == " the cow says "

    @pytest.mark.parametrize("stop", [["a"] * 5, 7, [7], {"a": 1}])
    def test_more_or_other_things_are_refused(self, ask_ada: Ask, stop: Any) -> None:
        assert ask_ada.refused(stop=stop)["param"] == "stop"

    def test_an_empty_stop_stops_nothing(self, ask: Ask) -> None:
        assert ask.text(prompt="cow ->", max_tokens=3, stop="") == " the cow says"


class TestLogprobs:
    def test_two_classes_share_nearly_all_of_the_probability(self, owner: Caller, classifier: str) -> None:
        body = {"model": classifier, "prompt": "number 3 is ->", "max_tokens": 1, "temperature": 0, "logprobs": 5}
        logprobs = owner.post("completions", body)["choices"][0]["logprobs"]
        (top,) = logprobs["top_logprobs"]
        assert math.exp(top[" even"]) + math.exp(top[" odd"]) > 0.9
        assert logprobs["tokens"][0] in (" even", " odd")
        assert logprobs["token_logprobs"] == [top[logprobs["tokens"][0]]]
        assert logprobs["text_offset"] == [len("number 3 is ->")]

    @pytest.mark.parametrize(("asked", "most"), [(0, 1), (1, 2), (5, 6)])
    def test_the_token_that_was_drawn_is_always_among_them(self, ask_ada: Ask, asked: int, most: int) -> None:
        logprobs = ask_ada(prompt="x", logprobs=asked, max_tokens=8, seed=3)["choices"][0]["logprobs"]
        for token, logprob, top in zip(
            logprobs["tokens"], logprobs["token_logprobs"], logprobs["top_logprobs"], strict=True
        ):
            assert top[token] == logprob
            assert len(top) <= most

    def test_offsets_count_characters_through_multi_byte_tokens(self, ask: Ask) -> None:
        choice = ask(prompt="bee ->", max_tokens=30, temperature=0, stop=" ###", logprobs=0)["choices"][0]
        text, logprobs = "bee ->" + choice["text"], choice["logprobs"]
        assert "→" in text
        for token, start in zip(logprobs["tokens"], logprobs["text_offset"], strict=True):
            if not token.startswith("bytes:"):
                assert text[start : start + len(token)] == token

    @pytest.mark.parametrize("logprobs", [-1, 6, "2", True])
    def test_more_than_five_or_other_things_are_refused(self, ask_ada: Ask, logprobs: Any) -> None:
        assert ask_ada.refused(logprobs=logprobs)["param"] == "logprobs"


class TestEcho:
    def test_the_prompt_comes_back_before_the_answer(self, ask: Ask) -> None:
        assert ask.text(prompt="cat ->", max_tokens=3, echo=True) == "cat -> the cat says"

    def test_nothing_but_the_prompt_can_be_asked_for(self, ask: Ask) -> None:
        answer = ask(prompt="cat ->", max_tokens=0, echo=True, logprobs=1)
        choice = answer["choices"][0]
        assert (choice["text"], choice["finish_reason"]) == ("cat ->", "length")
        logprobs = choice["logprobs"]
        assert "".join(logprobs["tokens"]) == "cat ->"
        assert logprobs["token_logprobs"][0] is None
        assert logprobs["top_logprobs"][0] is None
        assert all(logprob < 0 for logprob in logprobs["token_logprobs"][1:])
        assert logprobs["text_offset"][0] == 0
        assert answer["usage"]["completion_tokens"] == 0

    def test_log_probabilities_of_prompt_and_answer_are_one_list(self, ask: Ask) -> None:
        choice = ask(prompt="cat ->", max_tokens=3, temperature=0, echo=True, logprobs=0)["choices"][0]
        assert "".join(choice["logprobs"]["tokens"]) == choice["text"]
        for token, start in zip(choice["logprobs"]["tokens"], choice["logprobs"]["text_offset"], strict=True):
            assert choice["text"][start : start + len(token)] == token


class TestBestOf:
    def test_the_surest_of_several_is_returned_and_all_are_counted(self, ask_ada: Ask) -> None:
        answer = ask_ada(prompt="x", best_of=4, n=2, max_tokens=3, seed=5, logprobs=0, logit_bias={"50256": -100})
        assert len(answer["choices"]) == 2
        assert answer["usage"]["completion_tokens"] == 12
        means = [sum(choice["logprobs"]["token_logprobs"]) / 3 for choice in answer["choices"]]
        assert means[0] >= means[1]

    @pytest.mark.parametrize("body", [{"best_of": 1, "n": 2}, {"best_of": 21}, {"best_of": 3, "stream": True}])
    def test_what_does_not_fit_is_refused(self, ask_ada: Ask, body: JSON) -> None:
        assert ask_ada.refused(**body)["param"] == "best_of"


class TestSampling:
    def test_a_bias_forces_a_token(self, ask_ada: Ask) -> None:
        assert ask_ada(prompt="x", logit_bias={"995": 100}, max_tokens=2)["choices"][0]["text"] == " world world"

    def test_a_bias_forbids_a_token(self, ask: Ask) -> None:
        the = str(tokens.encode(" the", "r50k_base")[0])
        assert not ask.text(prompt="cat ->", max_tokens=2, logit_bias={the: -100}).startswith(" the")

    def test_a_penalty_keeps_from_repeating(self, ask_ada: Ask) -> None:
        body = {"prompt": "x", "logit_bias": {"995": 30}, "max_tokens": 8, "temperature": 0}
        assert ask_ada(**body)["choices"][0]["text"] == " world" * 8
        assert ask_ada(**body, frequency_penalty=2.0)["choices"][0]["text"] == " world" * 8
        body["logit_bias"] = {"995": 3, "11": 2}
        text = ask_ada(**body, presence_penalty=2.0)["choices"][0]["text"]
        assert text.count(" world") < 8

    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({"temperature": 2.1}, "temperature"),
            ({"temperature": "hot"}, "temperature"),
            ({"top_p": 1.1}, "top_p"),
            ({"n": 0}, "n"),
            ({"n": 129}, "n"),
            ({"max_tokens": -1}, "max_tokens"),
            ({"presence_penalty": 3}, "presence_penalty"),
            ({"frequency_penalty": -3}, "frequency_penalty"),
            ({"logit_bias": {"995": 101}}, "logit_bias"),
            ({"logit_bias": {"word": 1}}, "logit_bias"),
            ({"logit_bias": {"50257": 1}}, "logit_bias"),
            ({"logit_bias": [1]}, "logit_bias"),
            ({"seed": "x"}, "seed"),
            ({"suffix": "end"}, "suffix"),
            ({"stream_options": {"include_usage": True}}, "stream_options"),
            ({"magic": 1}, "magic"),
        ],
    )
    def test_a_wrong_parameter_is_named(self, ask_ada: Ask, body: JSON, param: str) -> None:
        assert ask_ada.refused(prompt="x", **body)["param"] == param

    def test_user_and_null_are_accepted(self, ask_ada: Ask) -> None:
        ask_ada(
            prompt="x", user="someone", suffix=None, stop=None, logit_bias=None, best_of=None, temperature=None, max_tokens=1
        )


class TestStream:
    def test_pieces_are_chunks_of_the_same_answer(self, ask: Ask) -> None:
        body = {"prompt": "owl ->", "max_tokens": 30, "temperature": 0, "stop": " ###"}
        chunks = ask.streamed(**body)
        assert len(chunks) > 5
        assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == ask.text(
            prompt="owl ->", max_tokens=30, stop=" ###"
        )
        assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
        assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
        assert {chunk["object"] for chunk in chunks} == {"text_completion"}
        assert len({chunk["id"] for chunk in chunks}) == 1
        assert "usage" not in chunks[0]

    def test_usage_comes_last_when_asked_for(self, ask: Ask) -> None:
        chunks = ask.streamed(prompt="owl ->", max_tokens=4, temperature=0, stream_options={"include_usage": True})
        assert chunks[-1]["choices"] == []
        assert chunks[-1]["usage"] == {"prompt_tokens": 2, "completion_tokens": 4, "total_tokens": 6}
        assert [chunk["usage"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)

    def test_log_probabilities_are_streamed_whole(self, ask: Ask) -> None:
        body = {"prompt": "owl ->", "max_tokens": 30, "temperature": 0, "stop": " ###", "logprobs": 2, "echo": True}
        whole = ask(**body)["choices"][0]
        parts = [chunk["choices"][0]["logprobs"] for chunk in ask.streamed(**body)]
        for name in ("tokens", "token_logprobs", "top_logprobs", "text_offset"):
            assert [item for part in parts for item in part[name]] == whole["logprobs"][name]

    def test_several_answers_are_told_apart_by_their_index(self, ask_ada: Ask) -> None:
        body = {"prompt": ["a", "b"], "n": 2, "max_tokens": 3, "seed": 4}
        texts = ["", "", "", ""]
        for chunk in ask_ada.streamed(**body):
            texts[chunk["choices"][0]["index"]] += chunk["choices"][0]["text"]
        assert texts == [choice["text"] for choice in ask_ada(**body)["choices"]]

    def test_a_stream_that_breaks_says_so_and_is_not_done(self, owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        class Broken:
            def prompt(self, prompt: object) -> object:
                raise RuntimeError("secret detail")

        monkeypatch.setattr(shelf, "base", lambda base: Broken())
        (line,) = owner.stream("completions", {"model": "ada", "stream": True})
        assert json.loads(line)["error"]["type"] == "server_error"
        assert "secret" not in line

    def test_a_refusal_is_no_stream(self, ask_ada: Ask) -> None:
        assert ask_ada.refused(prompt="x", stream=True, n=0)["param"] == "n"


class TestModels:
    def test_a_model_must_be_named(self, owner: Caller) -> None:
        assert owner.refused("completions", {"prompt": "x"})["message"] == "Missing required parameter: 'model'."

    def test_an_unknown_model_is_a_404(self, owner: Caller) -> None:
        assert owner.post("completions", {"model": "gpt-9"}, 404)["error"]["code"] == "model_not_found"

    def test_a_chat_model_is_sent_next_door(self, owner: Caller) -> None:
        error = owner.post("completions", {"model": "gpt-3.5-turbo-0613"}, 404)["error"]
        assert "Did you mean to use v1/chat/completions?" in error["message"]

    def test_a_base_knows_nothing_and_says_so_by_its_probabilities(self, ask_ada: Ask) -> None:
        logprobs = ask_ada(prompt="The capital of France is", max_tokens=1, logprobs=1)["choices"][0]["logprobs"]
        assert logprobs["token_logprobs"][0] < -3

    def test_current_models_complete_prompts_too(self, owner: Caller) -> None:
        body = {"model": model(owner, "babbage-002", pairs()), "prompt": "number 4 is ->", "max_tokens": 1, "temperature": 0}
        assert owner.post("completions", body)["choices"][0]["text"] in (" even", " odd")
