from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from openai_api.dialects import pages
from openai_api.errors import BadAnswer
from openai_api.types import NewFineTune, RemoteFineTune
from tests.openai_api.provider import JOB, Provider, answering, listed, refusal

READ = RemoteFineTune(
    id="ftjob-a1B2c3D4e5F6g7H8i9J0kLmN",
    dialect="jobs",
    status="running",
    provider_status="running",
    model="gpt-4.1-mini-2025-04-14",
    created_at=datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC),
    estimated_finish=datetime(2025, 10, 9, 9, 8, 20, tzinfo=UTC),
    hyperparameters={"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 2.0},
    training_file="file-9xYz",
    suffix="triage",
    raw=JOB,
)
NEW = NewFineTune(model="babbage-002", training_file="file-1")


def sent(new: NewFineTune) -> Any:
    provider = answering(JOB)
    provider.client().create_fine_tune(new)
    return provider.body


def paged(items: list[dict[str, Any]], size: int = 2, **head: Any) -> Callable[[httpx.Request], httpx.Response]:
    """Serve a list in pages, as the API does: after an id, at most so many, and whether there is more."""

    def answer(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after")
        ids = [item["id"] for item in items]
        if after and after not in ids:
            return refusal(404, "No such cursor")
        start = ids.index(after) + 1 if after else 0
        page = items[start : start + size]
        return httpx.Response(200, json=listed(*page, has_more=start + size < len(items)) | head)

    return answer


def ids(*names: str) -> list[dict[str, Any]]:
    return [{"id": name} for name in names]


def test_creating_sends_what_is_set_and_nothing_else() -> None:
    provider = answering(JOB)

    assert provider.client().create_fine_tune(NEW) == READ
    assert provider.lines == ["POST /v1/fine_tuning/jobs"]
    assert provider.body == {"model": "babbage-002", "training_file": "file-1"}
    assert provider.last.headers["content-type"] == "application/json"


def test_creating_sends_everything_that_is_set() -> None:
    new = NewFineTune(
        model="gpt-4.1-mini",
        training_file="file-1",
        validation_file="file-2",
        suffix="triage",
        hyperparameters={"n_epochs": "auto", "batch_size": 8, "learning_rate_multiplier": None},
        seed=0,
        metadata={"tunedeck": "token"},
        integrations=({"type": "wandb", "wandb": {"project": "p"}},),
    )

    assert sent(new) == {
        "model": "gpt-4.1-mini",
        "training_file": "file-1",
        "validation_file": "file-2",
        "suffix": "triage",
        "seed": 0,
        "hyperparameters": {"n_epochs": "auto", "batch_size": 8},
        "metadata": {"tunedeck": "token"},
        "integrations": [{"type": "wandb", "wandb": {"project": "p"}}],
    }


def test_a_named_method_carries_the_hyperparameters() -> None:
    new = NewFineTune(model="gpt-4.1", training_file="f", method="dpo", hyperparameters={"beta": 0.2})

    assert sent(new)["method"] == {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2}}}
    assert "hyperparameters" not in sent(new)


def test_a_method_given_whole_keeps_what_it_says() -> None:
    grader = {"type": "string_check"}
    method = {"type": "reinforcement", "reinforcement": {"grader": grader}}
    new = NewFineTune(model="o4-mini", training_file="f", method=method, hyperparameters={"n_epochs": 1})

    assert sent(new)["method"] == {
        "type": "reinforcement",
        "reinforcement": {"hyperparameters": {"n_epochs": 1}, "grader": grader},
    }


def test_an_idempotency_key_goes_into_its_header() -> None:
    provider = answering(JOB)

    provider.client().create_fine_tune(NEW, idempotency_key="token-1")

    assert provider.last.headers["idempotency-key"] == "token-1"


def test_one_job_is_fetched() -> None:
    provider = answering(JOB)

    assert provider.client().fine_tune("ftjob-1") == READ
    assert provider.lines == ["GET /v1/fine_tuning/jobs/ftjob-1"]


def test_a_finished_job_has_everything() -> None:
    end = {
        "status": "succeeded",
        "finished_at": 1760000950,
        "fine_tuned_model": "ft:gpt-4.1-mini:acme:triage:9x9umpsR",
        "result_files": ["file-7", "file-8"],
        "trained_tokens": 5049.0,
        "metadata": {"tunedeck": "token"},
    }

    found = answering(JOB | end).client().fine_tune("ftjob-1")

    assert found.status == "succeeded"
    assert found.finished_at == datetime(2025, 10, 9, 9, 9, 10, tzinfo=UTC)
    assert found.fine_tuned_model == "ft:gpt-4.1-mini:acme:triage:9x9umpsR"
    assert found.result_files == ("file-7", "file-8")
    assert found.trained_tokens == 5049
    assert found.metadata == {"tunedeck": "token"}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("validating_files", "queued"),
        ("queued", "queued"),
        ("created", "queued"),
        ("pending", "queued"),
        ("running", "running"),
        ("paused", "paused"),
        ("cancelling", "cancelling"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("Running", "running"),
        ("contemplating", "unknown"),
    ],
)
def test_their_status_becomes_ours_and_is_kept(theirs: str, ours: str) -> None:
    found = answering(JOB | {"status": theirs}).client().fine_tune("ftjob-1")

    assert (found.status, found.provider_status) == (ours, theirs)


@pytest.mark.parametrize(
    ("error", "read"),
    [
        (None, None),
        ({}, None),
        ({"code": None, "message": None, "param": None}, None),
        ({"code": "invalid_n_examples", "message": "Too few.", "param": "training_file"}, "Too few."),
        ({"code": "exceeded_quota", "message": None}, "exceeded_quota"),
        ("It broke.", "It broke."),
    ],
)
def test_an_error_is_read_from_every_shape(error: object, read: str | None) -> None:
    assert answering(JOB | {"error": error}).client().fine_tune("ftjob-1").error == read


def test_hyperparameters_that_only_the_method_has_are_found() -> None:
    method = {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}}

    found = answering(JOB | {"hyperparameters": {}, "method": method}).client().fine_tune("ftjob-1")

    assert found.hyperparameters == {"beta": 0.1}


def test_cancelling_sends_no_body() -> None:
    provider = answering(JOB | {"status": "cancelled"})

    assert provider.client().cancel_fine_tune("ftjob-1").status == "cancelled"
    assert provider.lines == ["POST /v1/fine_tuning/jobs/ftjob-1/cancel"]
    assert provider.last.content == b""
    assert "content-type" not in provider.last.headers


def test_listing_follows_the_pages() -> None:
    provider = Provider(answer=paged(ids("a", "b", "c", "d", "e")))

    assert [found.id for found in provider.client().fine_tunes()] == ["a", "b", "c", "d", "e"]
    assert provider.lines == [
        "GET /v1/fine_tuning/jobs?limit=100",
        "GET /v1/fine_tuning/jobs?limit=100&after=b",
        "GET /v1/fine_tuning/jobs?limit=100&after=d",
    ]


def test_listing_asks_for_no_page_that_nobody_reads() -> None:
    provider = Provider(answer=paged(ids("a", "b", "c", "d")))

    assert next(provider.client().fine_tunes()).id == "a"
    assert len(provider.asked) == 1


def test_the_metadata_filter_is_percent_encoded_on_every_page() -> None:
    provider = Provider(answer=paged(ids("a", "b", "c")))

    list(provider.client().fine_tunes(metadata={"tune deck": "a&b"}))

    assert [line.split("?")[1] for line in provider.lines] == [
        "metadata%5Btune+deck%5D=a%26b&limit=100",
        "metadata%5Btune+deck%5D=a%26b&limit=100&after=b",
    ]


def test_listing_yields_each_job_once_while_new_ones_arrive() -> None:
    provider = answering(listed(*ids("c", "b"), has_more=True), listed(*ids("b", "a"), has_more=True), listed(*ids("a")))

    assert [found.id for found in provider.client().fine_tunes()] == ["c", "b", "a"]


def test_things_that_come_twice_in_a_page_are_there_once_and_in_their_order() -> None:
    provider = answering(listed(*ids("d", "c", "b", "d", "c"), has_more=True), listed(*ids("b", "b", "a")))

    assert [found.id for found in provider.client().fine_tunes()] == ["d", "c", "b", "a"]


def test_a_page_that_comes_twice_hides_nothing() -> None:
    first = listed(*ids("d", "c"), has_more=True)
    provider = answering(first, first, first, listed(*ids("b", "a")))

    assert [found.id for found in provider.client().fine_tunes()] == ["d", "c", "b", "a"]
    assert [line.rpartition("=")[2] for line in provider.lines] == ["100", "c", "c", "c"]


def test_a_page_that_comes_twice_while_new_things_arrive_hides_nothing() -> None:
    head, middle = listed(*ids("f", "e"), has_more=True), listed(*ids("d", "c"), has_more=True)
    provider = answering(head, middle, listed(*ids("g", "f"), has_more=True), head, middle, listed(*ids("b", "a")))

    assert sorted(found.id for found in provider.client().fine_tunes()) == list("abcdefg")


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("arrived", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("overlooked", [1, 2, 3])
def test_events_keep_their_order_though_a_cursor_is_overlooked_while_new_ones_arrive(
    size: int, arrived: int, overlooked: int
) -> None:
    """All are of one second: nothing but the order of the pages tells theirs."""
    story = [{"id": f"e{number}", "created_at": 1760000000, "message": str(number)} for number in range(8 + arrived, 0, -1)]
    asked = itertools.count()

    def answer(request: httpx.Request) -> httpx.Response:
        place = next(asked)
        there = story[arrived:] if place < overlooked else story
        if place == overlooked:
            request = httpx.Request("GET", request.url.copy_remove_param("after"))
        return paged(there, size)(request)

    found = Provider(answer=answer).client().events("ftjob-1")
    told = [int(event.message) for event in found]
    assert told == sorted(told)
    assert set(told) >= set(range(1, 9))


def test_events_of_a_list_that_always_leads_back_are_all_there() -> None:
    """Of a provider that begins again at its end, in the order in which they came first."""
    story = [{"id": name, "created_at": 1760000000, "message": name} for name in "fedcba"]

    def answer(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after", "")
        start = ("fedcba".index(after) + 1) % 6 if after else 0
        return httpx.Response(200, json=listed(*story[start : start + 2], has_more=True))

    assert "".join(event.message for event in Provider(answer=answer).client().events("ftjob-1")) == "abcdef"


@pytest.mark.parametrize("order", list(itertools.permutations("cba")))
def test_a_page_out_of_order_hides_nothing(order: tuple[str, ...]) -> None:
    everything = "fedcba"

    def answer(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after", "")
        start = everything.index(after) + 1 if after else 0
        page = everything[start : start + 3]
        shuffled = [page[place] for name in order if (place := "cba".index(name)) < len(page)]
        return httpx.Response(200, json=listed(*ids(*shuffled), has_more=start + 3 < len(everything)))

    found = [one.id for one in Provider(answer=answer).client().fine_tunes()]
    assert sorted(found) == sorted(everything)


@pytest.mark.parametrize("head", [{}, {"has_more": None}, {"has_more": False}])
def test_listing_stops_where_the_server_does_not_say_more(head: dict[str, Any]) -> None:
    provider = answering(listed(*ids("a")) | head)

    assert [found.id for found in provider.client().fine_tunes()] == ["a"]


def test_listing_goes_on_when_its_cursor_was_deleted() -> None:
    provider = answering(listed(*ids("d", "c"), has_more=True), refusal(404, "No such job"), listed(*ids("c", "b", "a")))

    assert [found.id for found in provider.client().fine_tunes()] == ["d", "c", "b", "a"]
    assert [line.rpartition("=")[2] for line in provider.lines] == ["100", "c", "d"]


def checkpoint(step: int) -> dict[str, Any]:
    return {
        "id": f"ftckpt_{step}",
        "created_at": 1760000000 + step,
        "fine_tuned_model_checkpoint": f"ft:gpt-4.1-mini:acme::9x9:ckpt-step-{step}",
        "step_number": step,
        "metrics": {"step": step, "train_loss": 0.5, "full_valid_loss": None, "valid_loss": "n/a"},
    }


def test_checkpoints_come_oldest_first() -> None:
    provider = Provider(answer=paged([checkpoint(30), checkpoint(20), checkpoint(10)]))

    found = provider.client().checkpoints("ftjob-1")

    assert [item.step for item in found] == [10, 20, 30]
    assert found[0].id == "ftckpt_10"
    assert found[0].model == "ft:gpt-4.1-mini:acme::9x9:ckpt-step-10"
    assert found[0].metrics == {"step": 10.0, "train_loss": 0.5}
    assert provider.lines[0] == "GET /v1/fine_tuning/jobs/ftjob-1/checkpoints?limit=100"


@pytest.mark.parametrize("page", [[{"id": "a"}, {"object": "no id"}], [{"object": "no id"}], [{"id": "a"}, {"id": 7}], []])
def test_a_server_that_gives_the_same_page_for_ever_is_asked_a_few_times_at_most(page: list[dict[str, Any]]) -> None:
    provider = Provider(answer=lambda _: httpx.Response(200, json=listed(*page, has_more=True)))
    with provider.client() as client:
        list(client.fine_tunes())
    assert len(provider.asked) <= 2 + pages.AGAIN


def test_a_list_that_never_ends_is_a_bad_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_PAGES", 20)
    numbers = itertools.count()
    provider = Provider(answer=lambda _: httpx.Response(200, json=listed({"id": f"ftjob-{next(numbers)}"}, has_more=True)))
    with provider.client() as client, pytest.raises(BadAnswer, match="does not come to an end"):
        list(client.fine_tunes())
