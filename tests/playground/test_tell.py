from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openai_api.types import Choice, Completion, Token, Usage
from playground import tell
from playground.answers import Answer
from playground.question import Question
from tests.playground.conftest import CLASSES, picked

TOP = ((" hockey", math.log(0.6)), (" baseball", math.log(0.2)))


def answered(*choices: Choice, usage: Usage | None = None) -> Answer:
    answer = Answer()
    answer.add(Completion(id="c", model="m", choices=choices, usage=usage))
    answer.end()
    return answer


def told(answer: Answer, *, body: dict[str, Any] | None = None, **trained: Any) -> dict[str, Any]:
    """Tell the answer, with common spaces for ones that do not break."""
    found = tell.end(Question(picked=picked(**trained), body=body or {}), answer)
    plain: dict[str, Any] = json.loads(json.dumps(found, ensure_ascii=False).replace("\N{NO-BREAK SPACE}", " "))
    return plain


def choice(text: str = " hockey", *, offset: int = 0, top: tuple[tuple[str, float], ...] = TOP) -> Choice:
    return Choice(
        index=0, text=text, finish_reason="length", tokens=(Token(text=text, logprob=-0.5, alternatives=top, offset=offset),)
    )


def test_a_classifiers_answer_has_a_bar_for_each_class_with_its_share_and_raw_probability() -> None:
    bars = told(answered(choice()), **CLASSES)["bars"]
    assert [(row["name"], row["value"], row["raw"], row["width"]) for row in bars["rows"]] == [
        ("hockey", "75.0 %", "raw 60.0 %", 75.0),
        ("baseball", "25.0 %", "raw 20.0 %", 25.0),
    ]
    assert "80.0 %" in bars["note"]


def test_a_class_that_was_not_reported_is_called_unknown() -> None:
    row = told(answered(choice()), **{**CLASSES, "labels": [" hockey", " golf"]})["bars"]["rows"][1]
    assert (row["name"], row["value"], row["raw"]) == ("golf", "unknown", "not reported: at most 20.0 %")


def test_other_models_show_the_likeliest_tokens_with_their_spaces() -> None:
    bars = told(answered(choice()))["bars"]
    assert [row["name"] for row in bars["rows"]] == ["␣hockey", "␣baseball"]
    assert bars["rows"][0]["value"] == "60.0 %"


def test_without_log_probabilities_there_are_no_bars() -> None:
    assert told(answered(Choice(index=0, text="a")), **CLASSES)["bars"] is None


def test_the_echoed_prompt_is_not_taken_for_the_answer() -> None:
    prompt = "Go Leafs"
    echoed = Token(text="Go", logprob=None, alternatives=((" baseball", -0.01),), offset=0)
    whole = Choice(index=0, text="Go Leafs hockey", tokens=(echoed, *(choice(offset=len(prompt)).tokens or ())))
    bars = told(answered(whole), body={"prompt": prompt, "echo": True}, **CLASSES)["bars"]
    assert bars["rows"][0]["name"] == "hockey"


def test_facts_are_measured_or_said_to_be_missing() -> None:
    facts = dict(told(answered(choice()))["facts"])
    assert facts["Tokens"] == "not reported"
    assert facts["Time"].endswith("ms")
    counted = answered(choice(), usage=Usage(prompt_tokens=1200, completion_tokens=1))
    assert dict(told(counted)["facts"])["Tokens"] == "1,200 in, 1 out"


def test_the_time_to_the_first_token_is_a_fact_only_of_a_stream() -> None:
    assert "First token" not in dict(told(answered(choice()))["facts"])
    assert "First token" in dict(told(answered(choice()), body={"stream": True})["facts"])


def test_the_reason_of_the_end_knows_the_limit_that_was_set() -> None:
    assert told(answered(choice()), body={"max_tokens": 1})["samples"][0]["why"] == "One token, as set."
    assert "Cut off" in told(answered(choice()), body={"max_tokens": 9})["samples"][0]["why"]


@pytest.mark.parametrize(
    ("part", "words"),
    [(0.0, "0.0 %"), (1e-9, "< 0.1 %"), (0.001, "0.1 %"), (0.5, "50.0 %"), (0.99999, "> 99.9 %"), (1.0, "100.0 %")],
)
def test_a_percentage_neither_loses_the_small_nor_rounds_up_to_certainty(part: float, words: str) -> None:
    assert tell.percent(part).replace("\N{NO-BREAK SPACE}", " ") == words


@given(st.text(min_size=1))
def test_a_token_is_shown_without_white_space(text: str) -> None:
    assert not any(letter.isspace() for letter in tell.visible(text))


def test_a_request_is_shown_readable_in_every_script() -> None:
    assert "Қазақстан" in tell.body({"prompt": "Қазақстан"})


USED = Usage(prompt_tokens=1000, completion_tokens=100)


def cost(usage: Usage | None, **prices: dict[str, str]) -> str:
    model = picked(**CLASSES)
    model.connection.answer_prices = prices
    found = dict(tell.end(Question(picked=model, body={}), answered(choice(), usage=usage))["facts"])["Cost"]
    return str(found).replace("\N{NO-BREAK SPACE}", " ")


def test_an_answer_costs_its_tokens_if_somebody_wrote_down_what_they_cost() -> None:
    assert cost(USED, **{"ft:ada": {"input": "1.6", "output": "4"}}) == "0.0020 USD"


def test_a_cost_that_nobody_knows_is_called_unknown() -> None:
    assert cost(USED) == "unknown: no price is written down"
    assert cost(USED, ada={"input": "1", "output": "1"}) == "unknown: no price is written down"
    assert cost(None, **{"ft:ada": {"input": "1", "output": "1"}}) == "unknown: the tokens were not reported"


@pytest.mark.parametrize(
    ("amount", "said"),
    [("0", "0.00"), ("0.0000016", "0.0000016"), ("0.00234", "0.0023"), ("0.5", "0.50"), ("1234.567", "1,234.57")],
)
def test_an_amount_shows_two_digits_of_the_smallest(amount: str, said: str) -> None:
    assert tell.money(Decimal(amount), "EUR") == f"{said}\N{NO-BREAK SPACE}EUR"


def test_tokens_are_told_with_a_whole_answer_if_they_are_the_text() -> None:
    question = Question(picked=picked(), body={})
    found = answered(choice(" it"))
    assert [token["text"] for token in tell.with_tokens(tell.end(question, found), found)["samples"][0]["tokens"]] == [" it"]
    cut = answered(Choice(index=0, text="it", tokens=(Token(text=" it", logprob=-1.0),)))
    assert tell.with_tokens(tell.end(question, cut), cut)["samples"][0]["tokens"] == []
