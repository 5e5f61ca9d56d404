from __future__ import annotations

from typing import Any

import pytest

from openai_api import errors
from playground.explain import LONGEST_WAIT, MOST_ATTEMPTS, Trouble, finish, trouble


def refused(status: int, message: str = "Their own words.", **told: Any) -> Trouble:
    about = {name: told.pop(name) for name in ("attempt", "fresh", "begun") if name in told}
    return trouble(errors.for_status(status)(message, status=status, **told), **about)


LOADING = "The model is still loading at the provider."


@pytest.mark.parametrize(
    ("status", "told", "sentence", "retried"),
    [
        (404, {"fresh": True}, LOADING, True),
        (404, {}, "The provider does not know this model.", False),
        (429, {}, "The provider asks for fewer requests at a time.", True),
        (429, {"fresh": True}, LOADING, True),
        (429, {"message": "That model is currently loading"}, LOADING, True),
        (429, {"message": "That model is still being loaded. Please try again shortly."}, LOADING, True),
        (429, {"code": "insufficient_quota"}, "The account at the provider has no credit left.", False),
        (503, {}, LOADING, True),
        (409, {"message": "The model is warming up"}, LOADING, True),
        (500, {}, "The provider had an error of its own.", True),
        (502, {"fresh": True}, LOADING, True),
        (401, {}, "The provider does not accept the connection's key.", False),
        (403, {}, "The provider does not allow this.", False),
        (400, {}, "The provider refuses the request.", False),
        (422, {}, "The provider refuses the request.", False),
        (400, {"code": "context_length_exceeded"}, "The text is too long for this model.", False),
        (
            400,
            {"message": "This model's maximum context length is 2049 tokens"},
            "The text is too long for this model.",
            False,
        ),
    ],
)
def test_a_refusal_becomes_a_sentence_and_is_retried_only_if_it_may_pass(
    status: int, told: dict[str, Any], sentence: str, retried: bool
) -> None:
    found = refused(status, **told)
    assert found.sentence == sentence
    assert found.advice
    assert (found.retry_in is not None) == retried


@pytest.mark.parametrize(
    ("error", "begins", "retried"),
    [
        (errors.Timeout("slow"), "No answer came in time", True),
        (errors.ConnectionFailed("down"), "The provider cannot be reached", True),
        (errors.ConnectionLost("lost"), "The provider cannot be reached", True),
        (errors.StreamFailed("broke"), "The provider broke off before it answered", False),
        (errors.BadAnswer("a web page"), "The provider's answer makes no sense", False),
    ],
)
def test_no_answer_becomes_a_sentence_too(error: errors.APIError, begins: str, retried: bool) -> None:
    found = trouble(error)
    assert found.sentence.startswith(begins)
    assert (found.retry_in is not None) == retried


@pytest.mark.parametrize("error", [errors.Timeout("slow"), errors.ConnectionLost("lost"), errors.StreamFailed("broke")])
def test_an_answer_that_broke_off_is_not_asked_for_again_by_itself(error: errors.APIError) -> None:
    found = trouble(error, begun=True)
    assert found.sentence == "The answer broke off."
    assert found.retry_in is None


def test_the_providers_own_words_and_what_support_asks_for_are_kept() -> None:
    found = refused(
        400, "No such <b>token</b>.", code="bad", param="logit_bias", type="invalid_request_error", request_id="req_1"
    )
    assert found.words == "No such <b>token</b>."
    assert dict(found.details) == {
        "Status": "400",
        "Type": "invalid_request_error",
        "Code": "bad",
        "Parameter": "logit_bias",
        "Request": "req_1",
    }


def test_waiting_grows_and_ends_after_some_attempts() -> None:
    waits = [refused(503, attempt=attempt).retry_in for attempt in range(MOST_ATTEMPTS + 1)]
    assert waits == [2, 4, 8, 16, 32, 60, None]


def test_the_provider_may_ask_for_a_longer_wait_but_not_for_any() -> None:
    assert refused(429, retry_after=7.0).retry_in == 7
    assert refused(429, retry_after=0.1).retry_in == 2
    assert refused(429, retry_after=LONGEST_WAIT + 1).retry_in is None


@pytest.mark.parametrize(
    ("reason", "limit", "words"),
    [
        ("stop", 16, "Complete"),
        ("length", 16, "Cut off at the longest answer"),
        ("length", 1, "One token, as set"),
        ("content_filter", None, "Cut off by the provider's content filter"),
        ("tool_calls", None, "The model asks for a tool"),
        (None, None, "The provider did not say"),
        ("eos", None, "Ended: eos"),
    ],
)
def test_the_reason_of_an_end_is_told_in_words(reason: str | None, limit: int | None, words: str) -> None:
    assert finish(reason, limit=limit).startswith(words)
