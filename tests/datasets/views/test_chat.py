"""A dataset of conversations, from upload to version, on the same pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from datasets.models import Dataset
from tests.conftest import People
from tests.datasets.made import jsonl_of, lines_of, prepared, uploaded, version_of, worked

SYSTEM = {"role": "system", "content": "Answer <b>kindly</b>."}


def conversation(number: int, **answer: Any) -> dict[str, Any]:
    return {
        "messages": [
            SYSTEM,
            {"role": "user", "content": f"Question number {number}?"},
            {"role": "assistant", "content": f"Answer {number}.", **answer},
        ]
    }


def chats(*odd: dict[str, Any], good: int = 60) -> bytes:
    return jsonl_of([*(conversation(number) for number in range(good)), *odd])


@pytest.fixture
def dataset(people: People) -> Dataset:
    return prepared(people.organization, content=chats(), name="chats.jsonl")


def page(client: Client, dataset: Dataset, tail: str = "") -> str:
    return client.get(f"/datasets/{dataset.pk}/{tail}").content.decode()


def test_good_conversations_have_nothing_left_to_decide(viewer_client: Client, dataset: Dataset) -> None:
    shown = page(viewer_client, dataset)
    assert "Nothing left to decide" in shown
    assert "conversations" in shown
    assert "60 examples of about 50." in shown
    assert "counted with cl100k_base" in shown


def test_neither_separator_nor_ending_is_spoken_of(viewer_client: Client, dataset: Dataset) -> None:
    version_of(dataset)
    for tail in ("", "versions/1/"):
        shown = page(viewer_client, dataset, tail)
        assert "Separator" not in shown
        assert "Ending" not in shown


def test_examples_name_who_says_what(viewer_client: Client, dataset: Dataset) -> None:
    shown = page(viewer_client, dataset, "examples/")
    for seen in ("1 system", "2 user", "3 assistant", "Question number 0?", "Answer &lt;b&gt;kindly&lt;/b&gt;."):
        assert seen in shown


def test_the_version_remembers_the_system_message_and_shows_it_as_text(viewer_client: Client, dataset: Dataset) -> None:
    made = version_of(dataset)
    assert made.system_message == "Answer <b>kindly</b>."
    assert "Answer &lt;b&gt;kindly" in page(viewer_client, dataset, "versions/1/")


def test_what_a_provider_would_refuse_is_told_with_the_message_it_is_about(people: People, member_client: Client) -> None:
    odd = {"messages": [{"role": "user", "content": "Is anybody there?"}]}
    dataset = worked(uploaded(people.organization, content=chats(odd), name="chats.jsonl"))
    shown = page(member_client, dataset)
    assert "1 conversation has no message of the assistant" in shown
    assert "Cannot be trained like this" in shown
    assert "Is anybody there?" in shown


def test_removing_what_is_wrong_leaves_the_rest(people: People, member_client: Client) -> None:
    odd = {"messages": [{"role": "user", "content": "Is anybody there?"}]}
    dataset = worked(uploaded(people.organization, content=chats(odd), name="chats.jsonl"))
    member_client.post(f"/datasets/{dataset.pk}/decision/", {"code": "no-answer", "choice": "accepted"})
    dataset.refresh_from_db()
    assert dataset.prepared_count == 60
    assert "Conversations without a message of the assistant were removed." in page(member_client, dataset)


def test_rows_come_out_as_they_came_in(people: People) -> None:
    rows = [
        conversation(0, weight=0),
        {**conversation(1), "tools": [{"type": "function", "function": {"name": "look"}}], "parallel_tool_calls": False},
        {"messages": [*conversation(2)["messages"], {"role": "tool", "tool_call_id": "1", "content": "{}"}]},
    ]
    dataset = worked(uploaded(people.organization, content=jsonl_of(rows), name="chats.jsonl"))
    assert lines_of(version_of(dataset, share=0.0).training) == rows


def test_few_conversations_are_told_from_the_first_one(people: People, viewer_client: Client) -> None:
    dataset = worked(uploaded(people.organization, content=chats(good=3), name="chats.jsonl"))
    assert "needs at least 10" in page(viewer_client, dataset)


def test_broken_conversations_are_bad_rows_with_reasons(people: People, viewer_client: Client) -> None:
    odd: list[dict[str, Any]] = [{"messages": []}, {"messages": "hello"}, {"messages": [{"content": "x"}]}, {"other": 1}]
    dataset = worked(uploaded(people.organization, content=chats(*odd), name="chats.jsonl"))
    shown = page(viewer_client, dataset)
    assert dataset.bad_count == 4
    assert "The list of messages is empty." in shown
    assert "Message 1 has no role." in shown
