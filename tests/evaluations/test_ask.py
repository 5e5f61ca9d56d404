"""What is sent for a question, by the kind of model and by what is known of its training."""

from __future__ import annotations

import pytest

from datasets.models import Version
from evaluations.asking.way import Way
from playground.pick import Picked
from playground.speak import CHAT, COMPLETION
from tests.playground.conftest import picked

THREAD = [{"role": "user", "content": "A goal in the last minute"}]
SORTS = (" baseball", " hockey")


def asked(model: Picked, *, labels: tuple[str, ...] = (), wish: str = "", like: Version | None = None) -> Way:
    return Way.to(model, labels, wish, like)


def classifier(base: str = "ada", *, trained: tuple[str, ...] = SORTS, wish: str = "") -> Way:
    model = picked(base=base, task="classification", separator=" ->", labels=list(trained))
    return asked(model, labels=tuple(label.strip() for label in trained), wish=wish)


def test_a_classifier_says_one_token_with_the_probabilities_of_its_classes() -> None:
    assert classifier().body(THREAD) == {
        "model": "ada:ft-example",
        "prompt": "A goal in the last minute ->",
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": 2,
    }


def test_a_generator_stops_where_its_answers_end_and_does_not_vary() -> None:
    body = asked(picked(task="generation", separator=" ->", ending=" END")).body(THREAD)
    assert (body["stop"], body["temperature"], body["prompt"]) == (" END", 0, "A goal in the last minute ->")
    assert asked(picked(task="open-ended")).body(THREAD)["temperature"] == 0


def test_there_is_room_for_answers_as_long_as_the_longest_that_was_trained() -> None:
    assert asked(picked(task="generation", tokens={})).body(THREAD)["max_tokens"] == 256
    tokens = {"r50k_base": {"answer": 300}, "cl100k_base": {"answer": 280}}
    assert asked(picked(task="generation", tokens=tokens)).body(THREAD)["max_tokens"] == 600


def test_a_chat_model_gets_its_system_message_before_the_conversation() -> None:
    body = asked(picked(CHAT, base="gpt-4o-mini", task="chat", system_message="Be brief.")).body(THREAD)
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, *THREAD]
    assert (body["temperature"], "logprobs" in body) == (0, False)


def test_a_chat_model_whose_answers_are_classes_tells_their_probabilities() -> None:
    model = picked(CHAT, base="gpt-4o-mini", task="chat")
    body = asked(model, labels=("yes", "no", "maybe")).body(THREAD)
    assert (body["logprobs"], body["top_logprobs"], body["max_tokens"]) == (True, 3, 256)
    unknown = picked(CHAT, base="someone/llama", task="chat")
    assert "logprobs" not in asked(unknown, labels=("yes", "no")).body(THREAD), "not every provider has them"


def test_a_model_that_nobody_trained_is_asked_like_those_that_were() -> None:
    like = Version(format=COMPLETION, task="classification", separator=" ->", labels=list(SORTS))
    body = asked(picked(base="davinci-002"), labels=("baseball", "hockey"), like=like).body(THREAD)
    assert (body["prompt"], body["max_tokens"], body["logprobs"]) == ("A goal in the last minute ->", 1, 2)
    own = picked(task="generation", separator="\n\n")
    assert asked(own, like=like).body(THREAD)["prompt"].endswith("\n\n"), "what it was trained on comes first"


def test_classes_that_begin_alike_are_written_out() -> None:
    assert classifier(trained=(" new york", " new delhi", " oslo")).body(THREAD)["max_tokens"] >= 2


def test_a_bias_keeps_a_classifier_to_its_labels_where_each_is_one_token() -> None:
    way = classifier(wish="bias")
    assert way.known == "bias"
    bias = way.body(THREAD)["logit_bias"]
    assert (len(bias), set(bias.values()), way.body(THREAD)["max_tokens"]) == (2, {100}, 1)
    assert all(token.isdecimal() for token in bias)


def test_a_bias_leaves_an_untrained_chat_model_one_token_too() -> None:
    way = asked(picked(CHAT, base="gpt-4o"), labels=("yes", "no"), wish="bias")
    body = way.body(THREAD)
    assert (way.known, body["max_tokens"], body["top_logprobs"], len(body["logit_bias"])) == ("bias", 1, 2, 2)


@pytest.mark.parametrize(
    ("base", "trained"),
    [
        ("someone/llama", SORTS),
        ("ada", (" baseball", " antidisestablishmentarianism")),
        ("ada", tuple(f" {number}" for number in range(301))),
    ],
)
def test_where_a_bias_is_not_possible_the_likeliest_label_counts(base: str, trained: tuple[str, ...]) -> None:
    way = classifier(base, trained=trained, wish="bias")
    assert (way.known, "logit_bias" in way.body(THREAD)) == ("normalize", False)


def test_to_find_the_likeliest_label_as_many_tokens_are_asked_for_as_there_can_be() -> None:
    assert classifier(wish="normalize").body(THREAD)["logprobs"] == 5
    assert asked(picked(CHAT, base="gpt-4o"), labels=("yes", "no"), wish="normalize").body(THREAD)["top_logprobs"] == 20


def test_what_nobody_wished_for_or_has_no_labels_is_not_kept_to_any() -> None:
    assert (classifier().known, classifier(wish="normalize").known) == ("", "normalize")
    assert asked(picked(task="generation"), wish="bias").known == ""


def test_labels_are_spelled_as_each_kind_of_model_writes_them() -> None:
    completing, chatting = classifier().classes, asked(picked(CHAT, base="gpt-4o"), labels=("hockey",)).classes
    assert completing
    assert chatting
    assert dict(completing.spelled) == {" baseball": "baseball", " hockey": "hockey"}
    assert dict(chatting.spelled) == {"hockey": "hockey"}


def test_a_label_that_only_the_sheet_knows_is_spelled_like_the_trained_ones() -> None:
    model = picked(task="classification", labels=list(SORTS))
    classes = asked(model, labels=("baseball", "hockey", "cricket")).classes
    assert classes
    assert " cricket" in classes.spelled
