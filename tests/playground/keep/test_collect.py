"""From an answer to an example, and from examples to a version that can be trained on."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datasets.models import Dataset, Version
from finetunes.models import Model
from playground.keep import collect
from playground.models import Asked, Collected
from teams.models import AuditEntry
from tests.conftest import People
from tests.datasets.made import jsonl_of, lines_of, prepared, version_of, worked
from tests.playground.conftest import Place, model_on
from tests.playground.keep.conftest import question
from tests.playground.provider import Whole, completion

HX = {"HX-Request": "true", "HX-Target": "judging"}
HOSTILE = "</textarea><script>alert('hi')</script>"


@pytest.fixture
def version(people: People) -> Version:
    return version_of(prepared(people.organization), held_out=10)


@pytest.fixture
def model(place: Place, version: Version) -> Model:
    return model_on(place.connection, version)


def answered(
    people: People, model: Model | None, text: str = "A lamp is dark", said: str = " billing", **given: Any
) -> Asked:
    fields: dict[str, Any] = {"model": model, "name": "ada:ft", "answer": said, **given}
    samples = [{"text": said, "finish_reason": "stop"}]
    return question(people.organization, people.member, **{"question": text, "samples": samples, **fields})


def post(client: Client, name: str, row: Asked | Collected | Dataset | None, /, hx: bool = True, **fields: Any) -> Any:
    args = [row.pk] if row else []
    return client.post(reverse(f"playground:{name}", args=args), fields, headers=HX if hx else None)


def said(response: Any) -> str:
    return str(response.content.decode())


def only() -> Collected:
    return Collected.objects.get()


class TestJudging:
    def test_a_good_answer_is_collected_for_the_dataset_that_the_model_learned_from(
        self, people: People, member_client: Client, model: Model, version: Version
    ) -> None:
        row = answered(people, model, said=" repair")
        page = said(post(member_client, "judge", row, verdict="good"))
        assert "It waits for the next version of tickets" in page
        assert only().thread == [{"role": "user", "content": "A lamp is dark"}], "without the separator"
        example = only()
        assert (example.answer, example.dataset, example.asked) == (" repair", version.dataset, row)
        assert not example.is_corrected
        assert Asked.objects.get().verdict == "good"
        assert AuditEntry.objects.get(action="example.collected").details == {"corrected": False}

    def test_a_bad_one_asks_for_what_it_should_have_said(
        self, people: People, member_client: Client, model: Model, version: Version
    ) -> None:
        row = answered(people, model)
        page = said(post(member_client, "judge", row, verdict="bad"))
        assert "<details open>" in page
        assert '<option value="repair">' in page
        assert not Collected.objects.exists()
        page = said(post(member_client, "correct", row, answer="repair", dataset=version.dataset_id))
        assert "Collected." in page
        assert (only().answer, only().said, only().is_corrected) == ("repair", " billing", True)
        assert Asked.objects.get().verdict == "bad"

    def test_a_change_of_mind_takes_it_back(self, people: People, member_client: Client, model: Model) -> None:
        row = answered(people, model, said=" repair")
        post(member_client, "judge", row, verdict="good")
        post(member_client, "judge", row, verdict="bad")
        assert not Collected.objects.exists()
        post(member_client, "judge", row, verdict="good")
        assert "not collected any more" in said(post(member_client, "let_go", row))
        assert not Collected.objects.exists()
        assert AuditEntry.objects.filter(action="example.removed").count() == 2

    def test_collected_twice_it_is_one_example(self, people: People, member_client: Client, model: Model) -> None:
        row = answered(people, model, said=" repair")
        for _time in range(2):
            post(member_client, "judge", row, verdict="good")
        token = only().token
        post(member_client, "correct", row, answer="billing")
        assert only().answer == "billing"
        assert only().token != token, "what a version holds already is another example"

    @pytest.mark.parametrize("part", ["validation", "evaluation"])
    def test_what_a_held_out_row_asks_is_refused_with_a_sentence(
        self, part: str, people: People, member_client: Client, model: Model, version: Version
    ) -> None:
        held = lines_of(getattr(version, part))[0]["prompt"]
        row = answered(people, model, held.removesuffix(" ->").upper(), said=" repair")
        response = post(member_client, "judge", row, verdict="good")
        assert response.status_code == 422
        assert "tickets v1 holds out to judge models by asks the same" in said(response)
        assert not Collected.objects.exists()

    def test_what_is_trained_on_already_is_refused_with_a_sentence(
        self, people: People, member_client: Client, model: Model, version: Version
    ) -> None:
        row = lines_of(version.training)[0]
        asked = answered(people, model, row["prompt"].removesuffix(" ->"), said=row["completion"])
        assert "exactly this example" in said(post(member_client, "judge", asked, verdict="good"))

    def test_a_class_that_nobody_knows_has_to_be_meant(self, people: People, member_client: Client, model: Model) -> None:
        row = answered(people, model)
        response = post(member_client, "correct", row, answer="praise")
        assert response.status_code == 422
        assert "tickets knows no such class: it has “billing”, “repair”." in said(response)
        assert 'value="praise"' in said(response)
        post(member_client, "correct", row, answer="praise", new_class="on")
        assert only().answer == "praise"

    def test_another_dataset_or_a_new_one_can_be_chosen(
        self, people: People, member_client: Client, model: Model, version: Version
    ) -> None:
        other = version_of(prepared(people.organization))
        row = answered(people, model)
        post(member_client, "correct", row, answer="repair", dataset=other.dataset_id)
        assert only().dataset == other.dataset
        post(member_client, "correct", row, answer="anything at all", dataset="new")
        assert only().dataset is None

    def test_a_base_models_answer_goes_where_the_last_one_went(
        self, people: People, member_client: Client, model: Model, version: Version
    ) -> None:
        base = answered(people, None, "Another lamp")
        assert collect.usual(base) is None
        post(member_client, "judge", answered(people, model, said=" repair"), verdict="good")
        assert collect.usual(base) == version.dataset

    def test_a_model_that_is_gone_still_says_what_it_learned_from(
        self, people: People, member_client: Client, model: Model, version: Version
    ) -> None:
        row = answered(people, model, said=" repair")
        Model.objects.update(deleted_at=timezone.now())
        post(member_client, "judge", row, verdict="good")
        assert only().dataset == version.dataset

    def test_a_version_whose_files_are_gone_is_said(
        self, people: People, member_client: Client, model: Model, version: Version
    ) -> None:
        version.training.storage.delete(version.training.name or "")
        response = post(member_client, "judge", answered(people, model, said=" repair"), verdict="good")
        assert response.status_code == 422
        assert "The files of tickets v1 are gone" in said(response)

    def test_of_several_answers_one_is_meant(self, people: People, member_client: Client, model: Model) -> None:
        samples = [{"text": text, "finish_reason": "stop"} for text in (" billing", " repair")]
        row = answered(people, model, samples=samples)
        assert 'id="judged-sample"' in said(member_client.get(reverse("playground:judging", args=[row.pk]), headers=HX))
        post(member_client, "judge", row, verdict="good", sample="1")
        assert (only().answer, only().said) == (" repair", " repair")
        assert post(member_client, "judge", row, verdict="good", sample="99").status_code == 200

    def test_an_empty_answer_has_to_be_written_first(self, people: People, member_client: Client, model: Model) -> None:
        row = answered(people, model, said="")
        assert "Write the answer" in said(post(member_client, "judge", row, verdict="good"))
        assert "Write the answer" in said(post(member_client, "correct", row, answer=" ", dataset="new"))

    def test_without_a_script_the_history_shows_it(self, people: People, member_client: Client, model: Model) -> None:
        row = answered(people, model, said=HOSTILE)
        response = post(member_client, "judge", row, hx=False, verdict="bad")
        assert response["Location"] == row.get_absolute_url()
        page = said(member_client.get(row.get_absolute_url()))
        assert "What the model should answer" in page
        assert HOSTILE not in page
        refused = post(member_client, "correct", row, hx=False, answer="praise")
        assert refused.status_code == 422
        assert "knows no such class" in said(refused)
        assert "<html" in said(refused)

    def test_the_playgrounds_page_offers_it_below_the_answer(
        self, member_client: Client, model: Model, place: Place
    ) -> None:
        place.provider.will(Whole(completion(" repair")))
        page = member_client.post(reverse("playground:answer"), {"model": model.pk, "prompt": "A lamp"})
        assert "Good: collect it" in said(page)
        assert Asked.objects.get().answer == " repair"

    def test_a_conversation_is_collected_whole(self, people: People, member_client: Client) -> None:
        turns = [{"messages": [{"role": "system", "content": "Pirate."}, *turn(str(number))]} for number in range(12)]
        version = version_of(prepared(people.organization, content=jsonl_of(turns), name="talk.jsonl"))
        messages = [{"role": "system", "content": "Be nice."}, *turn("a"), {"role": "user", "content": "And b?"}]
        row = answered(people, None, "And b?", said="Arr, b.", request={"messages": messages}, format="chat")
        post(member_client, "correct", row, answer="Arr, it is b.", dataset=version.dataset_id)
        post_version(member_client, version)
        found = lines_of(newest(version).training)[-1]["messages"]
        assert [message["content"] for message in found] == ["Pirate.", "a?", "Arr, a.", "And b?", "Arr, it is b."]


def turn(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"{text}?"}, {"role": "assistant", "content": f"Arr, {text}."}]


def post_version(client: Client, version: Version, to: int | str = 1) -> Any:
    newest = version.dataset.versions.first()
    assert newest is not None
    return post(client, "make_version", version.dataset, hx=False, to=to, newest=newest.number)


def newest(version: Version) -> Version:
    found = worked(version.dataset).versions.first()
    assert found is not None
    return found


def collected(people: People, version: Version | None, text: str, answer: str = "repair", **given: Any) -> Collected:
    thread = [{"role": "user", "content": text}]
    dataset = version.dataset if version else None
    return Collected.objects.create(
        organization=people.organization, dataset=dataset, thread=thread, answer=answer, created_by=people.member, **given
    )


class TestVersions:
    def test_one_button_makes_a_version_in_the_shape_of_the_others(
        self, people: People, member_client: Client, version: Version
    ) -> None:
        collected(people, version, "A lamp is dark")
        collected(people, version, "Too dear", "billing")
        assert "v1: 2 new examples" in page_of(member_client, version)
        response = post_version(member_client, version)
        assert response["Location"] == reverse("datasets:versions", args=[version.dataset_id])
        made = newest(version)
        assert lines_of(made.training)[-2:] == [
            {"prompt": "A lamp is dark ->", "completion": " repair"},
            {"prompt": "Too dear ->", "completion": " billing"},
        ]
        assert (made.parent, made.created_by) == (version, people.member)
        assert made.validation_sha256 == version.validation_sha256
        assert "2 examples that were collected in the playground were added" in said(
            member_client.get(made.get_absolute_url())
        )
        assert AuditEntry.objects.get(action="version.requested").details == {"to": 1, "collected": True}

    def test_what_a_version_holds_is_not_added_again_but_to_an_older_one(
        self, people: People, member_client: Client, version: Version
    ) -> None:
        collected(people, version, "A lamp is dark")
        post_version(member_client, version)
        page = page_of(member_client, version)
        assert "in v2" in page
        assert "v2: 0 new examples" in page
        assert "v1: 1 new example" in page
        response = post_version(member_client, version, to=2)
        assert "There is no new example" in said(member_client.get(response["Location"]))
        collected(people, version, "Another lamp")
        post_version(member_client, version, to=2)
        assert newest(version).training_rows == version.training_rows + 2
        assert newest(version).number == 3

    def test_a_new_version_can_be_fine_tuned_as_any_other(
        self, people: People, member_client: Client, version: Version, model: Model
    ) -> None:
        collected(people, version, "A lamp is dark")
        post_version(member_client, version)
        page = member_client.get(reverse("finetunes:new"), {"version": newest(version).pk})
        assert f'<option value="{newest(version).pk}" selected' in said(page)

    def test_a_button_that_is_pressed_twice_makes_one_version(
        self, people: People, member_client: Client, version: Version
    ) -> None:
        collected(people, version, "A lamp is dark")
        for _time in range(2):
            response = post(member_client, "make_version", version.dataset, hx=False, to=1, newest=1)
        assert "There is a new version since" in said(member_client.get(response["Location"]))
        assert version.dataset.versions.count() == 2

    def test_of_too_many_examples_the_oldest_are_added_first(
        self, people: People, member_client: Client, version: Version, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for text in ("First", "Second", "Third"):
            collected(people, version, f"{text} lamp")
        monkeypatch.setattr("datasets.extend.MOST", 2)
        assert "2 examples at once are the most" in page_of(member_client, version)
        post_version(member_client, version)
        assert [row["prompt"] for row in lines_of(newest(version).training)[-2:]] == ["First lamp ->", "Second lamp ->"]
        assert "v2: 1 new example" in page_of(member_client, version)

    def test_an_example_that_no_row_can_be_made_of_is_named(
        self, people: People, member_client: Client, version: Version
    ) -> None:
        collected(people, version, "A lamp -> dark")
        response = post_version(member_client, version)
        page = said(member_client.get(response["Location"]))
        assert "“A lamp -&gt; dark”: The text holds the separator" in page

    @pytest.mark.parametrize("number", ["0", "x", "", "9" * 30])
    def test_a_version_that_is_not_there_is_not_found(
        self, number: str, people: People, member_client: Client, version: Version
    ) -> None:
        collected(people, version, "A lamp is dark")
        assert post_version(member_client, version, to=number).status_code == 404

    def test_examples_for_no_dataset_become_a_new_one(self, people: People, member_client: Client) -> None:
        for number in range(12):
            collected(people, None, f"Question {number}?", f"Answer {number}")
        assert "12 examples become a dataset" in said(member_client.get(reverse("playground:collected"), {"dataset": "new"}))
        response = post(member_client, "make_dataset", None, hx=False, name="From people")
        dataset = Dataset.objects.get()
        assert response["Location"] == dataset.get_absolute_url()
        assert (worked(dataset).name, dataset.row_count, dataset.state) == ("From people", 12, "ready")
        again = post(member_client, "make_dataset", None, hx=False, name="Once more")
        assert "There is no example to begin" in said(member_client.get(again["Location"]))
        assert "in the uploaded rows" in said(member_client.get(reverse("playground:collected"), {"dataset": dataset.pk}))

    def test_a_conversation_among_them_makes_all_of_them_conversations(self, people: People, member_client: Client) -> None:
        collected(people, None, "One?", "Yes")
        longer = collected(people, None, "x")
        Collected.objects.filter(pk=longer.pk).update(thread=[*turn("a"), {"role": "user", "content": "b?"}])
        post(member_client, "make_dataset", None, hx=False, name="Talk")
        assert worked(Dataset.objects.get()).format == "chat"

    def test_after_its_dataset_is_deleted_an_example_waits_for_a_new_one(
        self, people: People, member_client: Client, version: Version
    ) -> None:
        collected(people, version, "A lamp is dark")
        version.dataset.delete()
        assert only().dataset is None
        assert "waiting" in said(member_client.get(reverse("playground:collected"), {"dataset": "new"}))


def page_of(client: Client, version: Version) -> str:
    return said(client.get(reverse("playground:collected"), {"dataset": version.dataset_id}))


class TestExamples:
    def test_they_are_listed_for_everybody_in_the_organization(
        self, people: People, viewer_client: Client, outsider_client: Client, version: Version
    ) -> None:
        example = collected(people, version, HOSTILE, said="billing")
        page = page_of(viewer_client, version)
        assert "&lt;script&gt;" in page
        assert HOSTILE not in page
        assert "corrected" in page
        assert "Make the new version" not in page
        assert outsider_client.get(reverse("playground:collected"), {"dataset": version.dataset_id}).status_code == 404
        assert (
            "script"
            not in said(outsider_client.get(reverse("playground:collected"))).split("</nav>")[-1].split("<script")[0]
        )
        for name in ("change_example", "remove_example"):
            assert post(outsider_client, name, example).status_code == 404
            assert post(viewer_client, name, example).status_code == 403

    def test_a_list_costs_the_same_however_long_it_is(
        self, people: People, member_client: Client, version: Version, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(30):
            collected(people, version, f"Lamp {number}")
        with django_assert_max_num_queries(16):
            page = page_of(member_client, version)
        assert "Page 1 of 2" in page

    def test_one_is_changed(self, people: People, member_client: Client, version: Version) -> None:
        example = collected(people, version, "A lamp is dark")
        assert "A lamp is dark" in said(member_client.get(reverse("playground:example", args=[example.pk])))
        token = example.token
        post(member_client, "change_example", example, hx=False, answer="billing", dataset=version.dataset_id)
        assert (only().answer, only().dataset) == ("billing", version.dataset)
        assert only().token != token
        response = post(member_client, "change_example", example, hx=False, answer="praise", dataset=version.dataset_id)
        assert response.status_code == 422
        assert 'value="praise"' in said(response)

    def test_one_is_removed(self, people: People, member_client: Client, version: Version) -> None:
        post(member_client, "remove_example", collected(people, version, "A lamp is dark"), hx=False)
        assert not Collected.objects.exists()
        assert AuditEntry.objects.get(action="example.removed").target_name == "tickets"

    def test_an_empty_page_says_what_comes_here(self, viewer_client: Client) -> None:
        assert "Nothing is collected here." in said(viewer_client.get(reverse("playground:collected")))


class TestAddresses:
    POSTED = ("judge", "correct", "let_go", "change_example", "remove_example", "make_version", "make_dataset")

    @pytest.mark.parametrize("name", POSTED)
    def test_changing_is_posting_and_for_members(
        self, name: str, people: People, member_client: Client, viewer_client: Client, client: Client, version: Version
    ) -> None:
        targets = {"make_dataset": [], "make_version": [version.dataset_id]}
        one = collected(people, version, "A lamp").pk if "example" in name else answered(people, None).pk
        address = reverse(f"playground:{name}", args=targets.get(name, [one]))
        assert member_client.get(address).status_code == 405
        assert viewer_client.post(address).status_code == 403
        assert client.post(address)["Location"].startswith(reverse("account_login"))

    @pytest.mark.parametrize("name", ["judging", "judge", "correct", "let_go"])
    def test_only_who_asked_judges(self, name: str, people: People, owner_client: Client) -> None:
        row = answered(people, None)
        address = reverse(f"playground:{name}", args=[row.pk])
        response = owner_client.get(address) if name == "judging" else owner_client.post(address, {"verdict": "good"})
        assert response.status_code == 404

    def test_a_strange_verdict_or_dataset_is_not_found(
        self, people: People, member_client: Client, version: Version
    ) -> None:
        row = answered(people, None)
        assert post(member_client, "judge", row, verdict="excellent").status_code == 404
        for key in ("x", "9" * 30, "4000000", ""):
            assert post(member_client, "correct", row, answer="a", dataset=key).status_code == 404
