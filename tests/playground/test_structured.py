"""Tools, schemas and notes: what no provider takes is refused with a sentence at its field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground import compose
from playground.fields import Told
from playground.forms import form_for
from tests.playground.conftest import TALK, picked

TALKER = picked(base="gpt-3.5-turbo-0613", **TALK)
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
TIME = {"type": "function", "function": {"name": "time"}}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}}


def asked(**fields: Any) -> Any:
    written = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    return form_for(TALKER, {"thread": [{"role": "user", "content": "Hello"}], **written})


def errors(**fields: Any) -> dict[str, list[str]]:
    return {name: list(sentences) for name, sentences in asked(**fields).errors.items()}


def sent(**fields: Any) -> dict[str, Any]:
    form = asked(**fields)
    assert form.is_valid(), form.errors
    body = compose.body(TALKER, form.cleaned_data)
    return {name: value for name, value in body.items() if name not in ("model", "messages")}


def test_tools_go_out_as_they_were_written() -> None:
    assert sent(tools=[WEATHER, TIME]) == {"tools": [WEATHER, TIME]}


@pytest.mark.parametrize("way", ["auto", "none", "required"])
def test_a_way_to_choose_a_tool_is_a_word(way: str) -> None:
    assert sent(tools=[WEATHER], tool_choice=way)["tool_choice"] == way


def test_a_tools_name_chooses_that_tool() -> None:
    assert sent(tools=[WEATHER, TIME], tool_choice=" time ")["tool_choice"] == {
        "type": "function",
        "function": {"name": "time"},
    }


@pytest.mark.parametrize(("said", "meant"), [("true", True), ("false", False)])
def test_several_tools_at_once_are_allowed_or_not(said: str, meant: bool) -> None:
    assert sent(tools=[WEATHER], parallel_tool_calls=said)["parallel_tool_calls"] is meant
    assert "parallel_tool_calls" not in sent(tools=[WEATHER], parallel_tool_calls="")


def test_a_bare_schema_gets_a_name_and_a_named_one_stays() -> None:
    named = {"name": "place", "strict": True, "schema": CITY}
    for written, meant in ((CITY, {"name": "answer", "schema": CITY}), (named, named)):
        body = sent(response_format="json_schema", json_schema=written)
        assert body == {"response_format": {"type": "json_schema", "json_schema": meant}}


def test_notes_and_storing_are_sent_only_if_wanted() -> None:
    assert sent() == {}
    assert sent(metadata={"project": "support"}, store="on") == {"metadata": {"project": "support"}, "store": True}


@pytest.mark.parametrize(
    ("name", "written", "sentence"),
    [
        ("tools", "{", "This is not JSON: something is wrong in line 1, at character 2."),
        ("tools", '[\n{"type"}]', "This is not JSON: something is wrong in line 2, at character 8."),
        ("tools", "[" * 5000, "This is not JSON."),
        ("tools", "[NaN]", "This is not JSON."),
        ("tools", "[1e999]", "This is not JSON."),
        ("tools", {}, "Tools are a list."),
        ("tools", [], "Tools are a list."),
        ("tools", [1], 'Tool 1 must be an object with "type": "function"'),
        ("tools", [WEATHER, {"type": "function"}], "Tool 2 must be an object"),
        ("tools", [{"type": "web", "function": {"name": "a"}}], "Tool 1 must be an object"),
        ("tools", [{"type": "function", "function": {"name": "a b"}}], "The function of tool 1 needs a name"),
        ("tools", [{"type": "function", "function": {"name": "a", "parameters": []}}], "The parameters of tool 1"),
        ("tools", [TIME, TIME], "Two tools have the name time."),
        ("tools", [{"type": "function", "function": {"name": f"f{n}"}} for n in range(129)], "At most 128 tools"),
        ("json_schema", [], "A schema is an object."),
        ("json_schema", {"schema": CITY}, "The schema's name must have"),
        ("json_schema", {"name": "a", "schema": []}, "The part named schema"),
        ("metadata", [], "Write an object of texts"),
        ("metadata", {"a": 1}, "The value of a must be a text"),
        ("metadata", {"": "x"}, "A name has at most 64"),
        ("metadata", {"a": "x" * 513}, "A name has at most 64"),
        ("metadata", {str(n): "x" for n in range(17)}, "At most 16 pairs"),
    ],
)
def test_what_no_provider_takes_is_refused(name: str, written: Any, sentence: str) -> None:
    more = {"response_format": "json_schema"} if name == "json_schema" else {}
    (said,) = errors(**{name: written}, **more)[name]
    assert said.startswith(sentence)


@pytest.mark.parametrize(
    ("fields", "name", "sentence"),
    [
        ({"tool_choice": "auto"}, "tool_choice", "There are no tools"),
        ({"parallel_tool_calls": "true"}, "parallel_tool_calls", "There are no tools"),
        ({"tools": [TIME], "tool_choice": "clock"}, "tool_choice", "Write auto, none, required or one of: time."),
        ({"response_format": "json_schema"}, "json_schema", "Write the schema"),
        ({"json_schema": CITY}, "json_schema", "Choose JSON by a schema"),
        ({"json_schema": CITY, "response_format": "json_object"}, "json_schema", "Choose JSON by a schema"),
    ],
)
def test_what_makes_no_sense_together_is_refused(fields: dict[str, Any], name: str, sentence: str) -> None:
    (said,) = errors(**fields)[name]
    assert said.startswith(sentence)


def test_one_wrong_field_is_said_once() -> None:
    assert set(errors(tools="{", tool_choice="auto")) == {"tools"}
    assert set(errors(json_schema="{", response_format="json_schema")) == {"json_schema"}


def test_every_parameter_of_the_chat_api_has_a_field() -> None:
    documented = (
        "temperature top_p n max_tokens max_completion_tokens stop presence_penalty frequency_penalty logit_bias logprobs "
        "top_logprobs seed tools tool_choice parallel_tool_calls response_format stream user metadata store"
    )
    assert set(documented.split()) <= set(asked().fields)


def test_every_setting_says_its_range_and_its_default() -> None:
    for model in (TALKER, picked()):
        form = form_for(model)
        for bound in [*form.simple_fields(), *form.advanced_fields()]:
            assert isinstance(bound.field, Told), bound.name
            assert "default" in str(bound.field.facts), bound.name
