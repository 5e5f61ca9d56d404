from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.asking.verdict import Classes, Verdict, judged, overlap
from openai_api.types import Choice, Completion, Token
from playground.answers import Answer
from playground.labels import first_token

SPELLED = {" baseball": "baseball", " hockey": "hockey"}


def said(text: str, top: dict[str, float] | None = None, finish: str | None = "length") -> Answer:
    """An answer of one token whose alternatives have these probabilities."""
    alternatives = tuple((token, math.log(part)) for token, part in (top or {}).items())
    tokens = (Token(text=text, logprob=None, alternatives=alternatives, offset=None),) if top else None
    choice = Choice(index=0, text=text, finish_reason=finish, tokens=tokens)
    answer = Answer()
    answer.add(Completion(id="", model="", created_at=None, choices=(choice,), usage=None, raw={}))
    return answer


def classified(answer: Answer, expected: str = "", *, likeliest_only: bool = False, base: str = "ada") -> Verdict:
    return judged(answer, expected, Classes(SPELLED, first_token(base), likeliest_only=likeliest_only))


def test_a_label_counts_without_the_space_around_it() -> None:
    found = classified(said(" hockey", {" hockey": 0.75, " baseball": 0.125}), " hockey\n")
    assert (found.label, found.right, found.text, found.finish_reason) == ("hockey", True, " hockey", "length")
    assert found.probabilities == {"hockey": pytest.approx(0.75), "baseball": pytest.approx(0.125)}
    assert found.quality == pytest.approx(0.75)


def test_the_quality_of_a_wrong_answer_is_what_it_gave_the_right_one() -> None:
    found = classified(said(" hockey", {" hockey": 0.9, " baseball": 0.1}), "baseball")
    assert found.right is False
    assert found.quality == pytest.approx(0.1)


def test_a_label_that_was_not_reported_has_no_probability() -> None:
    found = classified(said(" hockey", {" hockey": 0.9, " the": 0.05}), "baseball")
    assert found.probabilities == {"hockey": pytest.approx(0.9)}
    assert found.quality == 0.0


@pytest.mark.parametrize("text", ["Hockey.", " hockey\n", "“hockey", '"HOCKEY"', "*hockey*"])
def test_the_case_of_a_label_and_the_marks_around_it_do_not_matter(text: str) -> None:
    assert classified(said(text.replace("“", '"'))).label == "hockey"


@pytest.mark.parametrize("text", ["", " the", "hockey or baseball", "hock"])
def test_what_is_no_label_counts_as_none(text: str) -> None:
    found = classified(said(text), "hockey")
    assert (found.label, found.right, found.quality) == ("", False, 0.0)


def test_among_known_labels_only_the_likeliest_counts_whatever_was_written() -> None:
    top = {" the": 0.6, " baseball": 0.3, " hockey": 0.1}
    assert classified(said(" the", top)).label == ""
    assert classified(said(" the", top), likeliest_only=True).label == "baseball"
    assert classified(said(" the"), likeliest_only=True).label == "", "without probabilities, what was written"


def test_the_first_token_of_a_longer_label_is_enough() -> None:
    classes = Classes({" icehockey": "icehockey", " baseball": "baseball"}, first_token("ada"))
    begins = first_token("ada")
    assert begins
    token = begins(" icehockey")
    assert token != " icehockey"
    found = judged(said(token, {token: 0.5, " baseball": 0.25}), "icehockey", classes)
    assert (found.label, found.probabilities) == ("icehockey", {"icehockey": 0.5, "baseball": 0.25})


def test_labels_that_begin_alike_have_no_probability_of_their_own() -> None:
    classes = Classes({" new york": "new york", " new delhi": "new delhi"}, first_token("ada"))
    found = judged(said(" new york", {" new": 0.9}), "new york", classes)
    assert (found.label, found.probabilities, found.right) == ("new york", {}, True)


def test_a_text_is_right_if_it_is_the_expected_one_but_for_space() -> None:
    assert judged(said(" Dear customer,\n"), "Dear customer, ", None).right is True
    found = judged(said("Dear client,"), "Dear customer,", None)
    assert (found.right, found.quality, found.label) == (False, 0.5, "")


def test_where_nothing_is_expected_nothing_is_right_or_wrong() -> None:
    for found in (judged(said("anything"), " ", None), classified(said(" hockey", {" hockey": 1.0}))):
        assert (found.right, found.quality) == (None, None)


def test_an_answer_without_a_choice_is_empty() -> None:
    assert judged(Answer(), "hockey", Classes(SPELLED)) == Verdict(text="", right=False, quality=0.0)


@given(st.text(), st.text())
def test_what_texts_have_in_common_is_a_share(one: str, other: str) -> None:
    assert 0.0 <= overlap(one, other) <= 1.0
    assert overlap(one, other) == pytest.approx(overlap(other, one))
    assert overlap(one, one) == 1.0
