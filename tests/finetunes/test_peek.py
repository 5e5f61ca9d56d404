"""A glance at the data, whatever is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.base import ContentFile

from datasets.models import Version
from finetunes.peek import SHOWN, peek

pytestmark = pytest.mark.django_db


def holding(version: Version, *rows: Any) -> Version:
    text = "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
    version.training.save("rows.jsonl", ContentFile(text.encode()))
    return version


def test_prompts_and_completions_are_shown_as_they_are(version: Version) -> None:
    row = {"prompt": "Where is it? ->", "completion": " parcel"}
    assert peek(holding(version, row)) == [("Where is it? ->", " parcel")]


def test_of_chats_and_preferences_the_answer_stands_apart(version: Version) -> None:
    ask, answer = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}
    chat = {"messages": [{"role": "system", "content": "Be kind."}, ask, answer]}
    better = {"input": {"messages": [ask]}, "preferred_output": [answer], "non_preferred_output": [ask]}
    assert peek(holding(version, chat, better)) == [
        ("system: Be kind.\nuser: Hi", "assistant: Hello"),
        ("user: Hi", "assistant: Hello"),
    ]


def test_only_the_first_few_are_read(version: Version) -> None:
    assert len(peek(holding(version, *({"prompt": str(n), "completion": "x"} for n in range(9))))) == 3


def test_long_ones_are_cut(version: Version) -> None:
    ((asked, _answered),) = peek(holding(version, {"prompt": "a" * 1000, "completion": "b"}))
    assert (len(asked), asked[-1]) == (SHOWN, "…")


@pytest.mark.parametrize(
    "row", ["{broken\n", '{"other": 1}\n', "[1]\n", '{"messages": []}\n', '"text"\n', '{"prompt": "x' + "y" * 70_000]
)
def test_what_is_no_example_is_shown_as_it_is(version: Version, row: str) -> None:
    ((asked, answered),) = peek(holding(version, row))[:1]
    assert asked.startswith(row[:6].strip())
    assert answered == ""


def test_a_file_that_is_gone_is_no_error(version: Version) -> None:
    version.training.storage.delete(str(version.training.name))
    assert peek(version) == []
