"""The page of an evaluation: how far it is, what stands in its way, what can be done about it."""

from __future__ import annotations

import pytest
from django.test import Client

from evaluations import reading
from evaluations.asking import rounds
from evaluations.models import Answer, Evaluation, Question, Run
from finetunes.models import Model
from teams.models import AuditEntry
from tests.conftest import People, signed_in
from tests.evaluations.conftest import Place, classes_of, model_on
from tests.evaluations.paged import answer, asked, at, filled, uploaded
from tests.playground.provider import Refusal, Whole, completion

pytestmark = pytest.mark.django_db

BASEBALL = Whole(completion(" baseball", finish="length", top={" baseball": -0.1, " hockey": -2.5}))


def shown(client: Client, evaluation: Evaluation, **query: str | int) -> str:
    response = client.get(evaluation.get_absolute_url(), query)
    assert response.status_code == 200
    return response.content.decode()


def begun(client: Client, model: Model) -> Evaluation:
    evaluation = uploaded(client)
    client.post(at("start", evaluation.pk), filled(model))
    evaluation.refresh_from_db()
    return evaluation


def test_the_page_follows_an_evaluation_from_its_questions_to_its_answers(
    member_client: Client, place: Place, sorter: Model
) -> None:
    place.provider.will(BASEBALL)
    evaluation = begun(member_client, sorter)
    assert "The questions are being read." in shown(member_client, evaluation)
    assert reading.read(evaluation.pk)
    page = shown(member_client, evaluation)
    assert "0 of 3" in page
    assert "not asked yet" in page
    assert rounds.ask(place.connection.pk)
    page = shown(member_client, evaluation)
    assert "3 of 3" in page
    assert page.count("badge bad") == 2
    assert at("progress", evaluation.pk) not in page  # nothing more comes by itself


def test_the_page_is_told_when_there_is_something_new_to_show(member_client: Client, place: Place, sorter: Model) -> None:
    place.provider.will(BASEBALL)
    evaluation = begun(member_client, sorter)
    poll = at("progress", evaluation.pk)
    first = member_client.get(poll, {"was": "reading"})
    assert "HX-Trigger-After-Settle" not in first
    assert f"{poll}?was=reading" in first.content.decode()
    reading.read(evaluation.pk)
    assert member_client.get(poll, {"was": "reading"})["HX-Trigger-After-Settle"] == "evaluation-changed"
    assert "HX-Trigger-After-Settle" not in member_client.get(poll, {"was": "ready"})
    rounds.ask(place.connection.pk)
    last = member_client.get(poll, {"was": "ready"})
    assert last["HX-Trigger-After-Settle"] == "evaluation-changed"
    assert "every 2s" not in last.content.decode()


def test_an_evaluation_is_cancelled_and_resumed(member_client: Client, place: Place, sorter: Model) -> None:
    place.provider.will(BASEBALL)
    evaluation = begun(member_client, sorter)
    reading.read(evaluation.pk)
    response = member_client.post(at("cancel", evaluation.pk), follow=True)
    assert "Nothing more is asked." in response.content.decode()
    assert Run.objects.get().state == "cancelled"
    again = member_client.post(at("cancel", evaluation.pk), follow=True)
    assert "Nothing was being asked any more." in again.content.decode()
    member_client.post(at("resume", evaluation.pk))
    rounds.ask(place.connection.pk)
    assert Run.objects.get().state == "done"
    nothing = member_client.post(at("resume", evaluation.pk), follow=True)
    assert "There is nothing to go on with." in nothing.content.decode()
    actions = AuditEntry.objects.filter(action__startswith="evaluation.").order_by("pk").values_list("action", flat=True)
    assert [one.partition(".")[2] for one in actions] == ["uploaded", "started", "cancelled", "resumed"]


def test_what_the_provider_said_is_shown_with_what_to_do(member_client: Client, place: Place, sorter: Model) -> None:
    place.provider.will(Refusal(401, "Incorrect API key provided."))
    evaluation = begun(member_client, sorter)
    reading.read(evaluation.pk)
    rounds.ask(place.connection.pk)
    page = shown(member_client, evaluation)
    assert "Incorrect API key provided." in page
    assert "then press Resume" in page
    assert at("resume", evaluation.pk) in page


def test_how_answers_are_kept_to_the_labels_is_said_for_each_model(
    member_client: Client, people: People, sorter: Model
) -> None:
    evaluation = asked(people, sorter)
    assert "The likeliest of the labels counts" not in shown(member_client, evaluation)
    evaluation.runs.update(known="normalize")
    assert "The likeliest of the labels counts, whatever was written" in shown(member_client, evaluation)


def test_rows_without_an_answer_are_asked_again_on_demand(member_client: Client, place: Place, sorter: Model) -> None:
    place.provider.will(Refusal(400, "Too long."))
    evaluation = begun(member_client, sorter)
    reading.read(evaluation.pk)
    rounds.ask(place.connection.pk)
    run = Run.objects.get()
    assert (run.state, run.problem_count) == ("done", 3)
    page = shown(member_client, evaluation)
    assert "Ask these again" in page
    assert "3 without an answer" in page
    place.provider.will(BASEBALL)
    member_client.post(at("resume", evaluation.pk), {"run": run.pk})
    rounds.ask(place.connection.pk)
    assert Answer.objects.filter(run=run, problem="").count() == 3


def test_more_models_are_asked_the_same_rows(member_client: Client, place: Place, sorter: Model, people: People) -> None:
    place.provider.will(BASEBALL)
    evaluation = begun(member_client, sorter)
    reading.read(evaluation.pk)
    rounds.ask(place.connection.pk)
    page = member_client.get(at("again", evaluation.pk)).content.decode()
    base = f"c{place.connection.pk}:ada"
    assert f'value="{base}"' in page  # what it is compared with stands at the top
    assert f'value="{sorter.pk}"' not in page
    assert member_client.post(at("again", evaluation.pk), {"models": []}).status_code == 422
    estimate = member_client.post(at("estimate", evaluation.pk), {"models": [base]}).content.decode()
    assert "No price of answers" in estimate
    assert member_client.post(at("again", evaluation.pk), {"models": [base]}).status_code == 302
    assert rounds.ask(place.connection.pk)
    assert [run.done_count for run in Run.objects.all()] == [3, 3]
    assert AuditEntry.objects.get(action="evaluation.extended").details == {"models": ["ada"]}


def test_what_could_not_be_read_is_listed_with_its_reasons(member_client: Client, sorter: Model) -> None:
    evaluation = uploaded(member_client, b"text,label\none,a\n,b\nthree,c\n")
    member_client.post(at("start", evaluation.pk), filled(sorter))
    reading.read(evaluation.pk)
    page = shown(member_client, evaluation)
    assert "1 row could not be asked" in page
    assert "The row asks nothing." in page


def test_questions_that_cannot_be_read_at_all_are_said_to_be(member_client: Client, sorter: Model) -> None:
    evaluation = uploaded(member_client, b"text,label\n ,a\n ,b\n")
    member_client.post(at("start", evaluation.pk), filled(sorter))
    reading.read(evaluation.pk)
    page = shown(member_client, evaluation)
    assert "nothing was asked" in page
    assert at("new") in page
    assert at("cancel", evaluation.pk) not in page


def test_a_running_evaluation_is_not_deleted(member_client: Client, sorter: Model) -> None:
    evaluation = begun(member_client, sorter)
    response = member_client.post(at("delete", evaluation.pk), follow=True)
    assert "Cancel it first" in response.content.decode()
    assert Evaluation.objects.exists()


def test_members_delete_their_own_and_owners_all(people: People, sorter: Model) -> None:
    member, owner = signed_in(people.member), signed_in(people.owner)
    mine = asked(people, sorter)
    answer(mine.runs.get(), 0, label="baseball", right=True)
    assert member.post(at("delete", mine.pk)).status_code == 302
    assert not any(kind.objects.exists() for kind in (Evaluation, Question, Answer, Run))
    theirs = asked(people, sorter)
    Evaluation.objects.filter(pk=theirs.pk).update(created_by=people.owner)
    assert "Delete this evaluation" not in shown(member, theirs)
    assert member.post(at("delete", theirs.pk)).status_code == 403
    assert owner.post(at("delete", theirs.pk)).status_code == 302
    assert AuditEntry.objects.filter(action="evaluation.deleted").count() == 2


@pytest.mark.parametrize("name", ["cancel", "resume", "delete", "again"])
def test_viewers_look_and_change_nothing(viewer_client: Client, people: People, sorter: Model, name: str) -> None:
    evaluation = asked(people, sorter)
    Run.objects.update(state="running")
    assert viewer_client.post(at(name, evaluation.pk)).status_code == 403
    page = shown(viewer_client, evaluation)
    assert "Held out" in page
    assert at(name, evaluation.pk) not in page


@pytest.mark.parametrize("name", ["detail", "progress", "csv", "xlsx", "again"])
def test_another_organizations_evaluation_is_not_there(
    outsider_client: Client, people: People, sorter: Model, name: str
) -> None:
    evaluation = asked(people, sorter)
    assert outsider_client.get(at(name, evaluation.pk)).status_code == 404
    assert outsider_client.get(at("of_model", sorter.pk)).status_code == 404


def test_the_list_says_what_each_is_and_how_good(member_client: Client, people: People, sorter: Model) -> None:
    evaluation = asked(people, sorter)
    evaluation.runs.update(scores={"accuracy": {"value": 0.875, "n": 6}})
    uploaded(member_client)
    page = member_client.get(at("list")).content.decode()
    assert "Held out" in page
    assert "87.5\N{NO-BREAK SPACE}%" in page
    assert "Draft" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "held"}, {"Held out"}),
        ({"q": "sport"}, {"Held out"}),
        ({"q": "nothing like it"}, set()),
        ({"state": "draft"}, {"posts"}),
        ({"state": "ended"}, {"Held out"}),
        ({"state": "active"}, set()),
        ({"state": "never heard of"}, {"Held out", "posts"}),
    ],
)
def test_the_list_is_searched_and_filtered(
    member_client: Client, people: People, place: Place, query: dict[str, str], names: set[str]
) -> None:
    asked(people, model_on(place.connection, classes_of(people.organization, 2), name="ada:ft-sport"))
    uploaded(member_client)
    response = member_client.get(at("list"), query)
    assert {evaluation.name for evaluation in response.context["page"]} == names


def test_the_list_takes_as_many_queries_for_many_as_for_few(
    member_client: Client, people: People, sorter: Model, django_assert_max_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for more in (1, 6):
        for _number in range(more):
            asked(people, sorter, rows=1)
        with CaptureQueriesContext(connection) as queries:
            member_client.get(at("list"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_models_page_shows_its_evaluations_and_offers_another(
    member_client: Client, viewer_client: Client, people: People, sorter: Model
) -> None:
    evaluation = asked(people, sorter)
    evaluation.runs.update(scores={"accuracy": {"value": 0.5}}, done_count=6)
    assert at("of_model", sorter.pk) in member_client.get(sorter.get_absolute_url()).content.decode()
    part = member_client.get(at("of_model", sorter.pk), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "50.0\N{NO-BREAK SPACE}%" in part
    assert f"{at('new')}?models={sorter.pk}" in part
    whole = viewer_client.get(at("of_model", sorter.pk)).content.decode()
    assert "<html" in whole
    assert at("new") not in whole


def test_a_versions_page_offers_to_evaluate_on_it(member_client: Client, sorter: Model) -> None:
    assert sorter.version
    page = member_client.get(sorter.version.get_absolute_url()).content.decode()
    assert f"{at('new')}?version={sorter.version_id}" in page


def test_a_version_that_was_asked_is_not_deleted_under_its_evaluation(member_client: Client, people: People) -> None:
    version = classes_of(people.organization, 2)
    member_client.post(at("of_version"), {"version": version.pk})
    from django.urls import reverse

    response = member_client.post(reverse("datasets:delete_version", args=[version.dataset_id, version.number]), follow=True)
    assert "It cannot be deleted" in response.content.decode()
    version.refresh_from_db()
