"""The page with its columns, and what is done with each answer there."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datasets.models import Version
from finetunes.models import Model
from playground.models import Side, Trial, Vote
from playground.sides import ask, columns
from playground.sides.urls import urlpatterns
from teams.models import AuditEntry, Role
from tests.conftest import People
from tests.forgetting.forgotten import forgotten
from tests.playground.conftest import Place, model_on
from tests.playground.provider import Refusal, Whole, completion
from tests.playground.sides.conftest import answered, begun

PAGE = "/playground/side-by-side/"


def form(*models: Model | str, **fields: Any) -> dict[str, Any]:
    keys = [one if isinstance(one, str) else str(one.pk) for one in models]
    return {"model": keys, "token": str(uuid.uuid4()), "source": "typed", "prompt": "Who won?", **fields}


def page(client: Client, *models: Model | str, **query: Any) -> str:
    keys = [one if isinstance(one, str) else str(one.pk) for one in models]
    answer = client.get(PAGE, {"model": keys, **query})
    assert answer.status_code == 200
    return answer.content.decode()


def held_out(version: Version, number: int) -> None:
    lines = [{"prompt": f"post {place}{version.separator}", "completion": " hockey"} for place in range(number)]
    version.validation.save("rows.jsonl", ContentFile("\n".join(map(json.dumps, lines)).encode()), save=False)
    version.validation_rows = number
    version.save()


class TestColumns:
    def test_the_address_holds_the_columns(self, viewer_client: Client, place: Place, sport: Model, ads: Model) -> None:
        html = page(viewer_client, sport, f"c{place.connection.pk}:davinci-002", ads)
        chosen = html[html.index("Chosen models") : html.index("Add</button>")]
        assert chosen.index(sport.name) < chosen.index(">davinci-002<") < chosen.index(ads.name)
        assert f"?model={sport.pk}&amp;model=c{place.connection.pk}%3Adavinci-002&amp;model={ads.pk}" in html

    def test_each_column_can_be_taken_away(self, viewer_client: Client, sport: Model, ads: Model) -> None:
        html = page(viewer_client, sport, ads)
        assert f'href="{PAGE}?model={ads.pk}"' in html
        assert f'href="{PAGE}?model={sport.pk}"' in html

    def test_a_model_stands_there_once_and_six_are_the_most(self, people: People, place: Place, sport: Model) -> None:
        keys = [str(sport.pk), str(sport.pk), "", *(f"c{place.connection.pk}:base-{number}" for number in range(9))]
        found = columns.chosen(people.organization, keys)
        assert [one.key for one in found][:2] == [str(sport.pk), f"c{place.connection.pk}:base-0"]
        assert len(found) == columns.MOST

    def test_a_model_is_compared_with_its_base(self, viewer_client: Client, place: Place, ads: Model) -> None:
        answer = viewer_client.get(PAGE, {"with_base": ads.pk})
        assert answer["Location"] == f"{PAGE}?model=c{place.connection.pk}%3Adavinci-002&model={ads.pk}"

    def test_a_model_that_went_on_from_a_tuned_one_is_compared_with_that(
        self, people: People, place: Place, ads: Model
    ) -> None:
        further = model_on(place.connection, ads.version, name="ft:further", base_model=ads.name)
        assert columns.with_base(people.organization, str(further.pk)) == [str(ads.pk), str(further.pk)]

    def test_a_model_whose_base_nobody_knows_stands_alone(self, people: People, place: Place) -> None:
        alone = model_on(place.connection, None, name="ft:alone", base_model="")
        assert columns.with_base(people.organization, str(alone.pk)) == [str(alone.pk)]

    @pytest.mark.parametrize("key", ["x", "999999", "²", "c1", "c999:ada", "9" * 40])
    def test_nonsense_is_not_found(self, viewer_client: Client, people: People, key: str) -> None:
        assert viewer_client.get(PAGE, {"model": key}).status_code == 404
        assert viewer_client.get(PAGE, {"with_base": key}).status_code == 404

    def test_another_organization_finds_nothing(self, outsider_client: Client, sport: Model, ads: Model) -> None:
        assert outsider_client.get(PAGE, {"model": sport.pk}).status_code == 404
        assert outsider_client.post(reverse("playground:sides_ask"), form(sport, ads)).status_code == 404
        assert sport.name not in page(outsider_client)

    def test_base_models_are_listed_without_scripts_too(self, viewer_client: Client, place: Place, sport: Model) -> None:
        place.provider.models = [{"id": "davinci-002"}]
        assert f'value="c{place.connection.pk}:davinci-002"' in page(viewer_client, sport, bases=1)

    def test_the_queries_of_the_page_do_not_grow_with_models_or_trials(
        self, member_client: Client, people: People, sport: Model, ads: Model, django_assert_max_num_queries: Any
    ) -> None:
        begun(people.member, [sport, ads], "one", "two")
        page(member_client, sport)
        with django_assert_max_num_queries(40) as few:
            page(member_client, sport)
        for number in range(5):
            begun(people.member, [sport, ads], f"{number}", "more")
            model_on(sport.connection, sport.version, name=f"ft:{number}")
        with django_assert_max_num_queries(len(few)):
            page(member_client, sport)


class TestAsking:
    def test_it_is_written_down_and_leads_to_the_answers(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        answer = member_client.post(reverse("playground:sides_ask"), form(sport, ads, live="on", n="2"))
        trial = Trial.objects.get()
        assert answer["Location"] == f"{trial.get_absolute_url()}#rounds"
        assert (trial.person, trial.live, trial.settings) == (people.member, True, {"n": 2})
        assert Side.objects.due().count() == 2
        assert AuditEntry.objects.filter(action="side_by_side.asked").count() == 1

    def test_a_double_click_asks_once(self, member_client: Client, sport: Model, ads: Model) -> None:
        sent = form(sport, ads)
        places = {member_client.post(reverse("playground:sides_ask"), sent)["Location"] for _ in range(3)}
        assert len(places) == 1
        assert Side.objects.count() == 2
        assert AuditEntry.objects.filter(action="side_by_side.asked").count() == 1

    def test_several_prompts_stand_one_a_line_if_a_person_says_so(
        self, member_client: Client, sport: Model, ads: Model
    ) -> None:
        text = "one\r\n two \r\n\r\none\r\n"
        member_client.post(reverse("playground:sides_ask"), form(sport, ads, prompt=text, lines="on"))
        assert [round.question for round in Trial.objects.get().rounds.all()] == ["one", "two"]
        member_client.post(reverse("playground:sides_ask"), form(sport, ads, prompt=text))
        assert [round.question for round in Trial.objects.first().rounds.all()] == ["one\n two \n\none\n"]  # type: ignore[union-attr]

    def test_prompts_can_be_rows_that_were_held_out(self, member_client: Client, sport: Model, ads: Model) -> None:
        assert sport.version
        held_out(sport.version, 40)
        sent = form(sport, ads, source=str(sport.version.pk), number="20", prompt="", blind="1")
        assert member_client.post(reverse("playground:sides_ask"), sent).status_code == 302
        rounds = list(Trial.objects.get().rounds.all())
        assert len(rounds) == 20
        assert (rounds[1].question, rounds[1].expected) == ("post 2", " hockey")

    def test_rows_that_a_model_has_learned_are_no_prompts(self, member_client: Client, sport: Model, ads: Model) -> None:
        assert "Number of rows" not in page(member_client, sport, ads)
        sent = form(sport, ads, source=str(sport.version_id), number="5")
        assert member_client.post(reverse("playground:sides_ask"), sent).status_code == 422

    def test_rows_whose_file_is_gone_are_said_to_be(self, member_client: Client, sport: Model, ads: Model) -> None:
        Version.objects.filter(tuned_models=sport).update(validation="gone.jsonl", validation_rows=5)
        answer = member_client.post(reverse("playground:sides_ask"), form(sport, ads, source=str(sport.version_id)))
        assert answer.status_code == 422
        assert "There is no row to ask." in answer.content.decode()

    def test_another_organizations_rows_are_no_choice(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        assert member_client.post(reverse("playground:sides_ask"), form(sport, ads, source="424242")).status_code == 422

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"prompt": "  \n"}, "Write a text first."),
            ({"prompt": "\n".join(map(str, range(21))), "lines": "on"}, "These are 21 prompts, and at most 20"),
            ({"n": "6"}, "Use a number from 1 to 5."),
            ({"temperature": "9"}, "Use a number from 0 to 2."),
            ({"max_tokens": "0"}, "Use a number from 1 to 1,000,000."),
            ({"n": "2", "blind": "1"}, "A vote is between one answer of each model."),
        ],
    )
    def test_what_is_missing_is_said_where_it_is_missing_and_what_was_typed_stays(
        self, member_client: Client, sport: Model, ads: Model, fields: dict[str, str], sentence: str
    ) -> None:
        answer = member_client.post(reverse("playground:sides_ask"), form(sport, ads, **fields))
        assert answer.status_code == 422
        html = answer.content.decode()
        assert sentence in html
        assert fields.get("prompt", "Who won?").strip() in html
        assert not Trial.objects.exists()

    def test_one_model_alone_is_not_asked(self, member_client: Client, sport: Model) -> None:
        answer = member_client.post(reverse("playground:sides_ask"), form(sport))
        assert answer.status_code == 422
        assert "Choose at least two models" in answer.content.decode()

    def test_viewers_see_and_do_not_ask(self, viewer_client: Client, sport: Model, ads: Model) -> None:
        html = page(viewer_client, sport, ads)
        assert "You can look, but not ask." in html
        assert viewer_client.post(reverse("playground:sides_ask"), form(sport, ads)).status_code == 403


class TestAnswers:
    def shown(self, client: Client, trial: Trial, **headers: str) -> str:
        answer = client.get(trial.get_absolute_url(), headers=headers)
        assert answer.status_code == 200
        return answer.content.decode()

    def test_without_javascript_workers_ask_and_the_page_can_be_loaded_again_until_all_is_there(
        self, member_client: Client, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads])
        html = self.shown(member_client, trial)
        assert "Load again" in html
        assert "0 of 2 are there" in html
        place.provider.will(Whole(completion(" the Leafs")), Whole(completion(" the Sox")))
        for side in Side.objects.all():
            ask.ask(side.pk)
        html = self.shown(member_client, trial)
        assert "Load again" not in html
        assert "2 of 2 are there" in html
        assert "the Leafs" in html
        assert "the <mark>Sox</mark>" in html

    def test_the_fragment_is_the_rounds_alone(self, member_client: Client, people: People, sport: Model, ads: Model) -> None:
        trial = begun(people.member, [sport, ads])
        html = self.shown(member_client, trial, **{"HX-Request": "true", "HX-Target": "rounds"})
        assert "<html" not in html
        assert 'hx-trigger="every 2s"' in html
        live = begun(people.member, [sport, ads], "live", live=True)
        html = self.shown(member_client, live, **{"HX-Request": "true", "HX-Target": "rounds"})
        assert "data-live" in html
        assert "hx-trigger" not in html

    def test_a_page_that_is_loaded_during_a_wait_knows_how_long_it_still_is(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads], live=True)
        assert "data-wait" not in self.shown(member_client, trial)
        Side.objects.filter(place=1).update(due_at=timezone.now() + timedelta(seconds=20))
        assert self.shown(member_client, trial).count('data-wait="20"') == 1

    def test_answers_that_say_the_same_are_said_to(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads])
        answered(trial, {str(sport.pk): " hockey", str(ads.pk): "hockey"})
        assert "All answers say the same." in self.shown(member_client, trial)

    def test_the_form_is_filled_in_again_under_a_new_token(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        token = uuid.uuid4()
        trial = begun(people.member, [sport, ads], "one", "two", token=token, settings={"n": 2})
        html = self.shown(member_client, trial)
        assert "one\ntwo" in html
        assert 'name="n" value="2"' in html
        assert str(token) not in html

    def test_answers_stay_when_a_model_or_its_connection_is_gone(
        self, member_client: Client, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads, f"c{place.connection.pk}:ada"])
        answered(trial)
        Model.objects.filter(pk=sport.pk).update(deleted_at=timezone.now())
        assert f"{sport.name} says so" in self.shown(member_client, trial)
        place.connection.archived_at = timezone.now()
        place.connection.save()
        html = self.shown(member_client, trial)
        assert "ada says so" in html
        assert "Choose the first model" in html

    def test_what_is_asked_openly_is_a_persons_own(
        self, owner_client: Client, outsider_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads])
        for client in (owner_client, outsider_client):
            assert client.get(trial.get_absolute_url()).status_code == 404
        assert "Asked before" not in page(owner_client)

    def test_answers_and_prompts_are_hostile_text(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads], "<script>alert(1)</script>")
        answered(trial, {str(sport.pk): "<img src=x onerror=alert(1)>", str(ads.pk): "<b>x</b>"})
        html = self.shown(member_client, trial)
        assert "<img src=x" not in html
        assert "<script>alert" not in html
        assert "<b>x" not in html

    def test_what_was_asked_before_is_found_again(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads], "who won it?")
        html = page(member_client)
        assert trial.get_absolute_url() in html
        assert "who won it?" in html


class TestStoppingAndAskingAgain:
    def place(self, side: Side, what: str) -> str:
        return reverse(f"playground:side_{what}", args=[side.round.trial_id, side.round.place, side.place])

    def test_a_wait_is_ended_and_nobody_asks_any_more(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        first, second = Side.objects.filter(round__trial=begun(people.member, [sport, ads]))
        assert member_client.post(self.place(first, "stop")).status_code == 302
        first.refresh_from_db()
        assert first.stopped
        assert not ask.ask(first.pk)
        assert Side.objects.due().get() == second

    def test_what_somebody_is_writing_is_not_ended_behind_their_back(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads]))[0]
        ask.claim(side.pk)
        member_client.post(self.place(side, "stop"))
        side.refresh_from_db()
        assert side.ended_at is None

    def test_a_failed_one_is_asked_again_once_for_each_press(
        self, member_client: Client, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads]))[0]
        place.provider.will(Refusal(404, "gone"), Whole(completion("back")))
        ask.ask(side.pk)
        for _ in range(2):
            member_client.post(self.place(side, "again"))
        assert ask.ask(side.pk)
        assert not ask.ask(side.pk)
        side.refresh_from_db()
        assert (side.text, side.problem) == ("back", {})

    def test_an_answer_that_is_there_is_not_asked_again(
        self, member_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads])
        answered(trial)
        member_client.post(self.place(Side.objects.all()[0], "again"))
        assert not Side.objects.due().exists()

    def test_others_may_not(
        self, viewer_client: Client, owner_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads]))[0]
        for what in ("stop", "again"):
            assert owner_client.post(self.place(side, what)).status_code == 404
            assert viewer_client.post(self.place(side, what)).status_code == 403
            assert owner_client.get(self.place(side, what)).status_code == 405


def test_old_trials_are_forgotten_unless_somebody_voted(people: People, sport: Model, ads: Model, settings: Any) -> None:
    settings.HISTORY_DAYS = 30
    voted, old, new = (begun(people.member, [sport, ads], question, blind=True) for question in ("a", "b", "c"))
    Vote.objects.create(round=voted.rounds.get(), person=people.member, verdict=Vote.Verdict.TIE)
    Trial.objects.filter(pk__in=[voted.pk, old.pk]).update(created_at=timezone.now() - timedelta(days=31))
    forgotten(people.organization)
    assert set(Trial.objects.all()) == {voted, new}
    settings.HISTORY_DAYS = 0
    Trial.objects.update(created_at=timezone.now() - timedelta(days=3100))
    forgotten(people.organization)
    assert Trial.objects.count() == 2


def test_the_list_of_models_and_a_models_page_lead_here(member_client: Client, sport: Model, ads: Model) -> None:
    listed = member_client.get(reverse("models:list")).content.decode()
    assert f'name="model" value="{sport.pk}"' in listed
    assert f'action="{PAGE}"' in listed
    assert f"{PAGE}?with_base={ads.pk}" in member_client.get(ads.get_absolute_url()).content.decode()


def test_every_address_here_names_its_gate() -> None:
    gates = {str(pattern.name): getattr(pattern.callback, "least_role", None) for pattern in urlpatterns}
    assert {name for name, role in gates.items() if role == Role.VIEWER} == {"sides", "votes", "trial", "sitting", "round"}
    assert {name for name, role in gates.items() if role == Role.MEMBER} == {
        *("sides_ask", "vote"),
        *("side_stream", "side_stop", "side_again"),
    }
    assert all(gates.values())
