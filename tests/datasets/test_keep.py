"""What was accepted once is kept under a name, replayed on the next upload, and travels as a file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from datasets import keep, words
from datasets.models import Dataset, SavedRecipe
from teams.models import AuditEntry
from tests.conftest import People
from tests.datasets.made import TICKETS, csv_of, jsonl_of, prepared, uploaded, worked

STEPS = [{"code": "separator", "params": {"separator": " =>"}}, {"code": "leading-space", "params": {}}]
GOOD = {"tunedeck_recipe": 1, "name": "Tickets", "format": "prompt-completion", "steps": STEPS}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def kept(people: People) -> SavedRecipe:
    return keep.keep(prepared(people.organization), "Tickets", people.member)


def fresh(people: People) -> Dataset:
    return worked(uploaded(people.organization, people.member, csv_of(TICKETS)))


def test_what_was_accepted_is_kept_in_its_order(kept: SavedRecipe) -> None:
    assert [step["code"] for step in kept.steps] == ["leading-space", "separator"]
    assert kept.format == "prompt-completion"


def test_a_recipe_of_the_same_name_is_replaced(people: People, kept: SavedRecipe) -> None:
    again = keep.keep(prepared(people.organization), " Tickets ", people.owner)
    assert (again.pk, SavedRecipe.objects.count()) == (kept.pk, 1)


def test_where_nothing_was_accepted_there_is_nothing_to_keep(people: People) -> None:
    with pytest.raises(words.Refused, match="Nothing has been accepted"):
        keep.keep(fresh(people), "Tickets", people.member)


def test_replayed_on_the_next_upload_the_rows_come_out_the_same(people: People, kept: SavedRecipe) -> None:
    by_hand, dataset = prepared(people.organization), fresh(people)
    assert keep.replay(dataset, kept, by="Mia") == 2
    dataset = worked(dataset)
    assert dataset.prepared.open("rb").read() == by_hand.prepared.open("rb").read()
    assert [made["by"] for made in dataset.decisions] == ["Mia", "Mia"]


def test_steps_that_are_there_already_are_not_done_twice(people: People, kept: SavedRecipe) -> None:
    dataset = fresh(people)
    keep.replay(dataset, kept, by="Mia")
    assert keep.replay(worked(dataset), kept, by="Mia") == 0
    assert len(worked(dataset).decisions) == 2


def test_a_recipe_for_another_format_is_refused(people: People, kept: SavedRecipe) -> None:
    chats = [
        {"messages": [{"role": "user", "content": f"{n}?"}, {"role": "assistant", "content": "yes"}]} for n in range(20)
    ]
    dataset = worked(uploaded(people.organization, content=jsonl_of(chats), name="chats.jsonl"))
    with pytest.raises(words.Refused, match="another format"):
        keep.replay(dataset, kept, by="Mia")


def test_a_recipe_goes_out_as_a_file_and_comes_in_again(people: People, kept: SavedRecipe) -> None:
    content = keep.to_file(kept)
    before = (kept.name, kept.format, kept.steps)
    SavedRecipe.objects.all().delete()
    taken = keep.from_file(content, people.organization, people.owner)
    assert (taken.name, taken.format, taken.steps) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"tunedeck_recipe": 2},
        {"name": ""},
        {"name": 5},
        {"format": "poem"},
        {"steps": []},
        {"steps": "all"},
        {"steps": STEPS * 30},
        {"steps": [{"code": "no-such-fix", "params": {}}]},
        {"steps": [{"code": "few-examples", "params": {}}]},
        {"steps": [{"code": "unknown-roles", "params": {}}]},
        {"steps": [{"code": ["separator"], "params": {}}]},
        {"steps": [{"code": "separator", "params": {"separator": "x" * 10_000}}]},
        {"steps": [{"code": "too-long", "params": {"limit": 10, "encoding": "../etc"}}]},
        {"steps": ["separator"]},
    ],
)
def test_a_file_that_says_anything_else_is_refused_in_words(people: People, wrong: dict[str, Any]) -> None:
    with pytest.raises(words.Refused):
        keep.from_file(json.dumps(GOOD | wrong).encode(), people.organization, people.owner)
    assert not SavedRecipe.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b'{"tunedeck_recipe": 1', b" " * 200_000])
def test_a_file_that_is_no_json_is_refused(people: People, content: bytes) -> None:
    with pytest.raises(words.Refused):
        keep.from_file(content, people.organization, people.owner)


@given(JSON)
def test_whatever_a_step_is_it_is_taken_or_refused(step: Any) -> None:
    with pytest.raises(words.Refused):
        keep._step(step, "prompt-completion")


class TestOnThePages:
    def test_it_is_kept_from_the_dataset_s_page_and_offered_on_the_next(self, people: People, member_client: Client) -> None:
        dataset = prepared(people.organization)
        member_client.post(f"/datasets/{dataset.pk}/recipe/keep/", {"name": "<b>Tickets</b>"})
        recipe = SavedRecipe.objects.get()
        following = fresh(people)
        page = member_client.get(f"/datasets/{following.pk}/").content.decode()
        assert "&lt;b&gt;Tickets&lt;/b&gt;</option>" in page
        said = member_client.post(f"/datasets/{following.pk}/recipe/replay/", {"recipe": recipe.pk}, follow=True)
        assert "2 steps of “&lt;b&gt;Tickets&lt;/b&gt;” were replayed." in said.content.decode()
        assert len(worked(following).decisions) == 2
        actions = set(AuditEntry.objects.values_list("action", flat=True))
        assert {"recipe.kept", "recipe.replayed"} <= actions

    def test_the_list_says_what_each_one_does(self, member_client: Client, kept: SavedRecipe) -> None:
        page = member_client.get("/datasets/recipes/").content.decode()
        assert "Tickets" in page
        assert "A space was put before completions." in page

    def test_a_file_is_taken_in_and_a_bad_one_is_explained(self, member_client: Client, people: People) -> None:
        good = SimpleUploadedFile("r.json", json.dumps(GOOD).encode())
        assert member_client.post("/datasets/recipes/", {"file": good}).status_code == 302
        assert SavedRecipe.objects.of(people.organization).get().steps == STEPS
        bad = member_client.post("/datasets/recipes/", {"file": SimpleUploadedFile("r.json", b"{}")})
        assert bad.status_code == 422
        assert "no recipe of Tunedeck" in bad.content.decode()

    def test_it_is_downloaded_and_deleted(self, member_client: Client, kept: SavedRecipe) -> None:
        response = member_client.get(f"/datasets/recipes/{kept.pk}.json")
        assert response.json()["steps"] == kept.steps
        assert 'filename="tickets.json"' in response["Content-Disposition"]
        member_client.post(f"/datasets/recipes/{kept.pk}/delete/")
        assert not SavedRecipe.objects.exists()

    def test_a_recipe_of_another_organization_is_not_there(
        self, people: People, kept: SavedRecipe, outsider_client: Client
    ) -> None:
        elsewhere = people.outsider.memberships.get().organization
        dataset = worked(uploaded(elsewhere, people.outsider, csv_of(TICKETS)))
        said = outsider_client.post(f"/datasets/{dataset.pk}/recipe/replay/", {"recipe": kept.pk}, follow=True)
        assert "That recipe is gone." in said.content.decode()
        assert worked(dataset).decisions == []
