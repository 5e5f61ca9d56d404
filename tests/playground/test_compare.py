"""Two models are asked the same, and what they answer is kept for the day when one of them answers no more."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datasets.models import Version
from finetunes.archive.bundle import _answers
from finetunes.models import Model, RecordedAnswer
from playground import record, tasks
from teams.models import AuditEntry
from tests.conftest import People
from tests.playground.conftest import CLASSES, Place, model_on, trained_on
from tests.playground.provider import Refusal, Whole, chat_whole, completion

PAGE = "/playground/compare/"


def rows(version: Version, part: str, number: int) -> None:
    """Give a version rows whose numbers tell their place."""
    ending = version.ending
    lines = [
        {"prompt": f"post {place}{version.separator}", "completion": f" {'hockey' if place % 2 else 'baseball'}{ending}"}
        for place in range(number)
    ]
    content = ContentFile("".join(json.dumps(line) + "\n" for line in lines).encode())
    getattr(version, part).save("rows.jsonl", content, save=False)
    setattr(version, f"{part}_rows", number)
    version.save()


@pytest.fixture
def old(place: Place, people: People) -> Model:
    model = model_on(place.connection, trained_on(people.organization, **CLASSES))
    assert model.version
    rows(model.version, "validation", 40)
    return model


@pytest.fixture
def new(place: Place, people: People) -> Model:
    talk = {"format": "chat", "task": "chat", "system_message": "Name the sport."}
    return model_on(place.connection, trained_on(people.organization, **talk), name="ft:gpt-4o:new", base_model="gpt-4o")


def asked(client: Client, old: Model, new: Model | None = None, **given: Any) -> Any:
    chosen = {"old": old.pk, **({"new": new.pk} if new else {})}
    return client.post(reverse("playground:record"), {**chosen, **given})


def answer_all(place: Place, *answers: Any) -> None:
    """Let workers ask all that is due."""
    place.provider.will(*answers)
    for pk in RecordedAnswer.objects.due().order_by("pk").values_list("pk", flat=True):
        assert record.ask(pk)


def page(client: Client, old: Model, new: Model | None = None, **headers: str) -> str:
    answer = client.get(PAGE, {"old": old.pk, **({"new": new.pk} if new else {})}, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


class TestAsking:
    def test_rows_are_spread_over_what_the_model_has_not_learned_from(self, old: Model) -> None:
        assert old.version
        prompts = record.of_rows(old.version, 10)
        assert [prompt.thread[0]["content"] for prompt in prompts] == [f"post {place}" for place in range(0, 40, 4)]
        assert prompts[0].expected == " baseball"
        rows(old.version, "evaluation", 3)
        assert len(record.of_rows(old.version, 10)) == 3, "what was held out for evaluation comes first"

    def test_both_are_asked_the_same_each_in_its_own_way(
        self, member_client: Client, place: Place, old: Model, new: Model, people: People
    ) -> None:
        asked(member_client, old, new, source="rows", number="10")
        assert RecordedAnswer.objects.count() == 20
        answer_all(place, *[Whole(completion(" baseball"))] * 10, Whole(chat_whole("hockey")))
        first, second = RecordedAnswer.objects.filter(key=RecordedAnswer.objects.all()[0].key).order_by("model_id")
        assert first.request["prompt"] == "post 0\n\n###\n\n"
        assert first.request["model"] == old.name
        assert second.request["messages"] == [
            {"role": "system", "content": "Name the sport."},
            {"role": "user", "content": "post 0"},
        ]
        assert first.answer == " baseball"
        assert first.answered_at
        assert first.took is not None
        assert first.asked_by == people.member
        assert AuditEntry.objects.filter(action="model.recorded").count() == 2

    def test_asked_again_nothing_is_sent_twice(self, member_client: Client, place: Place, old: Model) -> None:
        for _ in range(2):
            asked(member_client, old, source="typed", prompts="one\ntwo\n\none\n")
        answer_all(place, Whole(completion(" hockey")))
        asked(member_client, old, source="typed", prompts="one\ntwo")
        assert RecordedAnswer.objects.count() == 2
        assert not RecordedAnswer.objects.due().exists()
        assert len(place.provider.received) == 2

    def test_a_refusal_is_kept_and_asked_about_again_only_if_a_person_wishes(
        self, member_client: Client, place: Place, old: Model
    ) -> None:
        asked(member_client, old, source="typed", prompts="one")
        answer_all(place, Refusal(404, "The model does not exist"))
        row = RecordedAnswer.objects.get()
        assert (row.due_at, row.answered_at) == (None, None)
        assert "does not exist" in row.problem
        asked(member_client, old, source="typed", prompts="one")
        answer_all(place, Whole(completion(" hockey")))
        row.refresh_from_db()
        assert (row.answer, row.problem) == (" hockey", "")

    def test_a_provider_that_is_busy_is_asked_later_and_not_for_ever(
        self, member_client: Client, place: Place, old: Model
    ) -> None:
        asked(member_client, old, source="typed", prompts="one")
        for attempt in range(1, record.MOST_ATTEMPTS + 1):
            RecordedAnswer.objects.update(due_at=timezone.now())
            answer_all(place, Refusal(503, "busy"))
            row = RecordedAnswer.objects.get()
            assert (row.due_at is None) == (attempt == record.MOST_ATTEMPTS)
        assert row.problem == "busy"

    def test_a_killed_worker_is_followed_by_another(self, member_client: Client, place: Place, old: Model) -> None:
        asked(member_client, old, source="typed", prompts="one")
        past = timezone.now() - timedelta(seconds=1)
        assert RecordedAnswer.objects.claim(RecordedAnswer.objects.get().pk, 30)
        assert not record.ask(RecordedAnswer.objects.get().pk), "somebody is at it"
        RecordedAnswer.objects.update(lease_until=past)
        answer_all(place, Whole(completion(" hockey")))
        assert RecordedAnswer.objects.get().answer == " hockey"

    def test_the_ring_finds_what_is_due(self, member_client: Client, old: Model, monkeypatch: pytest.MonkeyPatch) -> None:
        rung: list[Any] = []
        asked(member_client, old, source="typed", prompts="one")
        monkeypatch.setattr(tasks.answer, "apply_async", lambda args=(), **how: rung.append(args))
        tasks.ring()
        assert rung == [(RecordedAnswer.objects.get().pk,)]


class TestPage:
    def test_it_shows_answers_side_by_side_and_counts(
        self, member_client: Client, viewer_client: Client, place: Place, old: Model, new: Model
    ) -> None:
        asked(member_client, old, new, source="rows", number="10")
        html = page(viewer_client, old, new, **{"HX-Request": "true", "HX-Target": "answers"})
        assert "Being asked" in html
        assert 'hx-trigger="every 2s"' in html
        assert "<html" not in html
        answer_all(place, *[Whole(completion(" baseball"))] * 10, Whole(chat_whole("hockey")))
        html = page(viewer_client, old, new)
        assert "every 2s" not in html
        assert "0 of 10 the same" in html
        assert "10 of 10 as in the data" in html
        assert "differs" in html

    def test_an_old_model_that_answers_no_more_is_compared_by_what_was_recorded(
        self, member_client: Client, place: Place, old: Model, new: Model
    ) -> None:
        asked(member_client, old, source="typed", prompts="who won?")
        answer_all(place, Whole(completion(" the visitors")))
        Model.objects.filter(pk=old.pk).update(shutdown_date=date(2020, 1, 1), deleted_at=timezone.now())
        html = page(member_client, old, new)
        assert "The old model answers no more." in html
        assert "the visitors" in html
        assert "Ask the new model what the old one was asked" in html
        before = len(place.provider.received)
        asked(member_client, old, new, source="recorded")
        answer_all(place, Whole(chat_whole("the visitors")))
        assert len(place.provider.received) == before + 1, "only the new one was asked"
        assert "1 of 1 the same" in page(member_client, old, new)

    def test_without_anybody_to_ask_it_says_so(self, member_client: Client, old: Model) -> None:
        Model.objects.update(shutdown_date=date(2020, 1, 1))
        answer = asked(member_client, old, source="typed", prompts="one")
        assert not RecordedAnswer.objects.exists()
        assert "Neither of the two answers any more." in member_client.get(answer["Location"]).content.decode()

    def test_without_a_prompt_it_says_so(self, member_client: Client, old: Model) -> None:
        answer = asked(member_client, old, source="typed", prompts="  \n ")
        assert "There is nothing to ask." in member_client.get(answer["Location"]).content.decode()

    def test_empty_it_offers_the_models(self, viewer_client: Client, old: Model) -> None:
        html = viewer_client.get(PAGE).content.decode()
        assert old.name in html
        assert "Ask both" not in html

    def test_viewers_see_and_do_not_ask(self, viewer_client: Client, old: Model) -> None:
        assert "Ask both" not in page(viewer_client, old)
        assert asked(viewer_client, old, source="typed", prompts="one").status_code == 403

    def test_another_organization_finds_nothing(self, outsider_client: Client, old: Model) -> None:
        assert outsider_client.get(PAGE, {"old": old.pk}).status_code == 404
        assert asked(outsider_client, old, source="typed", prompts="one").status_code == 404
        assert old.name not in outsider_client.get(PAGE).content.decode()

    @pytest.mark.parametrize("key", ["x", "-1", "²", "9" * 40, "1e3"])
    def test_nonsense_is_not_found(self, viewer_client: Client, people: People, key: str) -> None:
        assert viewer_client.get(PAGE, {"old": key}).status_code == 404

    def test_answers_are_hostile_text(self, member_client: Client, place: Place, old: Model) -> None:
        asked(member_client, old, source="typed", prompts="<script>alert(1)</script>")
        answer_all(place, Whole(completion("<img src=x onerror=alert(1)>")))
        html = page(member_client, old)
        assert "<img src=x" not in html
        assert "<script>alert" not in html


def test_recorded_answers_are_in_the_archive_of_their_connection(member_client: Client, place: Place, old: Model) -> None:
    asked(member_client, old, source="typed", prompts="one")
    answer_all(place, Whole(completion(" hockey")))
    (line,) = _answers(place.connection)
    told = json.loads(line)
    assert (told["model"], told["answer"], told["thread"][0]["content"]) == (old.name, " hockey", "one")
    assert told["request"]["prompt"] == "one\n\n###\n\n"
