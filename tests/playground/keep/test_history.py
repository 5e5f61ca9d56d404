"""Every question is kept, however it was asked and however it ended, for its person alone."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finetunes.models import Model
from playground.models import Asked, Collected
from teams.models import AuditEntry, Membership, Organization, Role
from tests.conftest import People, signed_in
from tests.forgetting.forgotten import forgotten
from tests.playground.conftest import Place
from tests.playground.keep.conftest import question
from tests.playground.provider import Refusal, Streamed, Whole, chat_chunk, chat_whole, completion, usage
from tests.playground.test_stream import _leave_after_the_first_piece, posted

HOSTILE = "</textarea></pre><script>alert('hi')</script>"
LIST = "playground:history"


def said(response: Any) -> str:
    return str(response.content.decode()).replace("\N{NO-BREAK SPACE}", " ")


def only() -> Asked:
    return Asked.objects.get()


class TestKeeping:
    def test_a_streamed_answer_is_kept_with_what_was_sent(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Streamed([completion("A fine", finish=None), completion(" bag."), usage(7, 4)]))
        _response, body = posted(member_client, writer, prompt="bag", add_separator="on", stream="on", temperature="0.50")
        row = only()
        assert row.request == place.provider.received[0].body | {"stream": True}
        assert row.entered == {"prompt": ["bag"], "add_separator": ["on"], "stream": ["on"], "temperature": ["0.50"]}
        assert (row.state, row.answer, row.question) == ("answered", "A fine bag.", "bag ->")
        assert (row.prompt_tokens, row.completion_tokens, row.samples[0]["finish_reason"]) == (7, 4, "stop")
        assert row.took is not None
        assert (row.key, row.model, row.connection) == (str(writer.pk), writer, place.connection)
        assert f'event: kept\ndata: {{"judging": "/playground/history/{row.pk}/judging/"}}' in body

    def test_the_connections_key_is_in_none_of_it(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Refusal(401, "Incorrect API key provided: sk-hidden-key"))
        posted(member_client, writer, prompt="bag", stream="on")
        assert "sk-hidden-key" not in json.dumps(list(Asked.objects.values()), default=str)

    def test_a_failed_question_is_kept_with_its_sentence(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Refusal(400, "no such parameter"))
        posted(member_client, writer, prompt="bag", stream="on")
        assert only().state == "failed"
        assert only().problem

    def test_another_attempt_takes_the_place_of_the_one_that_failed(
        self, member_client: Client, writer: Model, place: Place
    ) -> None:
        place.provider.will(Refusal(503, "loading"), Streamed([completion("A bag.")]))
        posted(member_client, writer, prompt="bag", stream="on", attempt="0")
        posted(member_client, writer, prompt="bag", stream="on", attempt="1")
        assert (only().state, only().problem, only().answer) == ("answered", "", "A bag.")

    def test_the_same_question_asked_twice_by_a_person_is_kept_twice(
        self, member_client: Client, writer: Model, place: Place
    ) -> None:
        place.provider.will(Refusal(503, "loading"), Streamed([completion("A bag.")]))
        for _time in range(2):
            posted(member_client, writer, prompt="bag", stream="on")
        assert Asked.objects.count() == 2

    def test_an_answer_that_broke_off_is_kept_as_far_as_it_came(
        self, member_client: Client, writer: Model, place: Place
    ) -> None:
        place.provider.will(Streamed([completion("half an", finish=None)], breaks=True))
        posted(member_client, writer, prompt="bag", stream="on")
        assert (only().state, only().answer) == ("failed", "half an")

    def test_an_answer_without_a_script_is_kept_too(self, member_client: Client, talker: Model, place: Place) -> None:
        place.provider.will(Whole(chat_whole("Ahoy")))
        fields = {"model": talker.pk, "role": "user", "content": "Who?", "system": "You are a pirate."}
        member_client.post(reverse("playground:answer"), fields)
        assert (only().state, only().answer, only().question) == ("answered", "Ahoy", "Who?")
        assert only().thread == [{"role": "user", "content": "Who?"}]

    def test_a_failure_without_a_script_is_kept_too(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Refusal(400, "no"))
        member_client.post(reverse("playground:answer"), {"model": writer.pk, "prompt": "bag"})
        assert only().state == "failed"
        assert only().problem

    def test_what_is_refused_by_the_form_was_never_asked(self, member_client: Client, writer: Model, place: Place) -> None:
        posted(member_client, writer, prompt="")
        member_client.post(reverse("playground:answer"), {"model": writer.pk, "prompt": ""})
        assert not Asked.objects.exists()

    def test_a_preview_is_no_question(self, member_client: Client, writer: Model) -> None:
        member_client.post(reverse("playground:preview"), {"model": writer.pk, "prompt": "bag"})
        assert not Asked.objects.exists()

    def test_text_that_no_database_keeps_is_kept_readable(self, member_client: Client, talker: Model, place: Place) -> None:
        place.provider.will(Streamed([chat_chunk("a\0b"), chat_chunk("", finish="stop")]))
        posted(member_client, talker, role="user", content="c\0d", stream="on", other="e\0f")
        assert "\0" not in json.dumps([only().request, only().entered, only().answer, only().question])
        assert (only().state, only().question) == ("answered", "c\N{REPLACEMENT CHARACTER}d")

    def test_deleted_while_it_runs_a_question_does_not_come_back(
        self, member_client: Client, writer: Model, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place.provider.will(Streamed([completion("A bag.")]))
        monkeypatch.setattr("playground.keep.history.Asked.save", lambda row: setattr(row, "pk", 4_000_000))
        posted(member_client, writer, prompt="bag", stream="on")
        assert not Asked.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_question_that_was_stopped_is_kept_as_far_as_it_came(people: People, writer: Model, place: Place) -> None:
    place.provider.will(Streamed([completion("first", finish=None)], waits=True))
    asyncio.run(_leave_after_the_first_piece(signed_in(people.member), writer, place.provider))
    assert (only().state, only().answer) == ("stopped", "first")


class TestPages:
    def test_a_history_is_a_persons_own(self, people: People, member_client: Client, owner_client: Client) -> None:
        row = question(people.organization, people.member, question="My secret question")
        assert "My secret question" in said(member_client.get(reverse(LIST)))
        assert "My secret question" not in said(owner_client.get(reverse(LIST)))
        for name in ("asked", "asked_request"):
            assert owner_client.get(reverse(f"playground:{name}", args=[row.pk])).status_code == 404
        assert owner_client.get(reverse("playground:home"), {"asked": row.pk}).status_code == 404
        assert owner_client.post(reverse("playground:forget", args=[row.pk])).status_code == 404
        owner_client.post(reverse("playground:forget_all"))
        assert Asked.objects.exists()

    def test_another_organizations_history_of_the_same_person_is_not_shown(
        self, people: People, member_client: Client
    ) -> None:
        other = Organization.objects.create(name="Other", slug="other")
        Membership.objects.create(organization=other, user=people.member, role=Role.OWNER)
        row = question(other, people.member, question="Elsewhere")
        assert "Elsewhere" not in said(member_client.get(reverse(LIST)))
        assert member_client.get(row.get_absolute_url()).status_code == 404

    def test_words_and_models_narrow_the_list(self, people: People, member_client: Client) -> None:
        question(people.organization, people.member, question="About ice", answer="hockey")
        question(people.organization, people.member, question="About bats", key="2", name="babbage:ft")
        assert "About bats" not in said(member_client.get(reverse(LIST), {"q": "HOCK"}))
        assert "About ice" not in said(member_client.get(reverse(LIST), {"model": "2"}))
        assert "Nothing found" in said(member_client.get(reverse(LIST), {"q": "HOCK", "model": "2"}))
        rows = said(member_client.get(reverse(LIST), {"q": "ice"}, headers={"HX-Request": "true", "HX-Target": "rows"}))
        assert "About ice" in rows
        assert "<html" not in rows

    def test_there_are_pages(self, people: People, member_client: Client, django_assert_max_num_queries: Any) -> None:
        for number in range(30):
            question(people.organization, people.member, question=f"Question {number:02}")
        assert "Question 29" in said(member_client.get(reverse(LIST)))
        assert "Question 04" in said(member_client.get(reverse(LIST), {"page": "2"}))
        with django_assert_max_num_queries(10):
            member_client.get(reverse(LIST))

    def test_an_empty_list_says_what_comes_here(self, viewer_client: Client) -> None:
        assert "You have not asked anything yet" in said(viewer_client.get(reverse(LIST)))

    def test_a_question_shows_what_was_sent_and_what_came(self, people: People, member_client: Client) -> None:
        samples = [{"text": HOSTILE, "finish_reason": "length"}, {"text": "", "finish_reason": None}]
        row = question(
            people.organization,
            people.member,
            question=HOSTILE,
            samples=samples,
            answer=HOSTILE,
            took=1.234,
            prompt_tokens=1234,
            completion_tokens=5,
        )
        page = said(member_client.get(row.get_absolute_url()))
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page
        assert "1.23 s" in page
        assert "1,234 in, 5 out" in page
        file = member_client.get(reverse("playground:asked_request", args=[row.pk]))
        assert file.json() == row.request
        assert "attachment" in file["Content-Disposition"]

    def test_a_failed_question_shows_why(self, people: People, member_client: Client) -> None:
        row = question(people.organization, people.member, state="failed", problem="The model is still loading.")
        page = said(member_client.get(row.get_absolute_url()))
        assert "The model is still loading." in page
        assert "No answer" in page

    def test_one_is_deleted_and_then_all(self, people: People, member_client: Client) -> None:
        first, _second = (question(people.organization, people.member) for _time in range(2))
        others = question(people.organization, people.owner)
        member_client.post(reverse("playground:forget", args=[first.pk]))
        assert Asked.objects.count() == 2
        member_client.post(reverse("playground:forget_all"))
        assert list(Asked.objects.all()) == [others]
        assert [entry.details for entry in AuditEntry.objects.filter(action="history.deleted")] == [{"questions": 1}] * 2

    @pytest.mark.parametrize("name", ["forget_all", "forget"])
    def test_deleting_is_posting(self, name: str, people: People, member_client: Client) -> None:
        args = [question(people.organization, people.member).pk] if name == "forget" else []
        assert member_client.get(reverse(f"playground:{name}", args=args)).status_code == 405

    @pytest.mark.parametrize("name", ["history", "forget_all"])
    def test_strangers_sign_in_first(self, name: str, client: Client, db: None) -> None:
        address = reverse(f"playground:{name}")
        assert (client.get(address) if name == "history" else client.post(address)).status_code == 302


class TestOpening:
    def test_everything_is_filled_in_again(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Streamed([completion("A bag.")]))
        fields = {"prompt": "\n  bag\n", "temperature": "0.25", "stop": "\\n\nEND", "n": "2", "stream": "on"}
        posted(member_client, writer, **fields)
        page = member_client.get(reverse("playground:home"), {"asked": only().pk})
        form = page.context["form"]
        assert form["prompt"].value() == "\n  bag\n"
        assert (form["temperature"].value(), form["n"].value(), form["stop"].value()) == ("0.25", "2", "\\n\nEND")
        assert form["add_separator"].value() is False
        assert page.context["picked"].model == writer

    def test_run_again_sends_the_very_same(self, member_client: Client, writer: Model, place: Place) -> None:
        place.provider.will(Whole(completion("A bag.")))
        fields = {"model": writer.pk, "prompt": "\n  bag\n", "temperature": "0.25", "add_separator": "on"}
        member_client.post(reverse("playground:answer"), fields)
        page = said(member_client.get(only().get_absolute_url()))
        assert '<textarea name="prompt" hidden>\n\n  bag\n</textarea>' in page
        again: Any = {"model": only().key, "format": only().format, **only().entered}
        member_client.post(reverse("playground:answer"), again)
        first, second = (received.body for received in place.provider.received)
        assert first == second

    def test_a_chat_goes_on_where_it_stopped(self, member_client: Client, talker: Model, place: Place) -> None:
        place.provider.will(Streamed([chat_chunk("Ahoy"), chat_chunk("", finish="stop")]))
        posted(member_client, talker, role="user", content="Who?", stream="on")
        page = member_client.get(f"{reverse('playground:home')}?asked={only().pk}&continue=1")
        assert page.context["form"]["thread"].value() == [
            {"role": "user", "content": "Who?"},
            {"role": "assistant", "content": "Ahoy"},
            {"role": "user", "content": ""},
        ]

    def test_a_model_that_is_gone_is_replaced_and_that_is_said(
        self, member_client: Client, writer: Model, talker: Model, place: Place
    ) -> None:
        place.provider.will(Streamed([completion("A bag.")]))
        posted(member_client, writer, prompt="bag", stream="on")
        Model.objects.filter(pk=writer.pk).update(deleted_at=timezone.now())
        page = member_client.get(reverse("playground:home"), {"asked": only().pk})
        assert page.context["picked"].model == talker
        assert page.context["form"]["thread"].value() == [{"role": "user", "content": "bag"}]
        assert page.context["form"]["system"].value() == "You are a pirate."
        assert "cannot be asked any more" in said(page)

    def test_without_any_model_there_is_still_a_page(self, people: People, member_client: Client) -> None:
        row = question(people.organization, people.member)
        page = member_client.get(reverse("playground:home"), {"asked": row.pk})
        assert page.status_code == 200
        assert "cannot be asked any more" in said(page)

    @pytest.mark.parametrize("name", ["asked", "preset"])
    @pytest.mark.parametrize("number", ["0", "x", "²", "9" * 30, "-1"])
    def test_what_is_not_there_is_not_found(self, name: str, number: str, member_client: Client) -> None:
        assert member_client.get(reverse("playground:home"), {name: number}).status_code == 404


class TestForgetting:
    def test_questions_grow_old_and_are_deleted_but_examples_stay(self, people: People) -> None:
        old = question(people.organization, people.member, asked_at=timezone.now() - timedelta(days=91))
        kept = question(people.organization, people.member, asked_at=timezone.now() - timedelta(days=89))
        Collected.objects.create(organization=people.organization, thread=[], answer="a", asked=old)
        forgotten(people.organization)
        assert list(Asked.objects.all()) == [kept]
        assert Collected.objects.get().asked is None

    def test_they_are_kept_for_good_where_that_is_set(self, people: People, settings: Any) -> None:
        settings.HISTORY_DAYS = 0
        question(people.organization, people.member, asked_at=timezone.now() - timedelta(days=9_000))
        forgotten(people.organization)
        assert Asked.objects.exists()

    def test_the_page_says_how_long(self, member_client: Client, settings: Any) -> None:
        settings.HISTORY_DAYS = 7
        assert "after 7 days it is deleted" in said(member_client.get(reverse(LIST)))
