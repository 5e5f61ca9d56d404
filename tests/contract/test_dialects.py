"""One contract for all dialects: from an upload to the deletion of the model, against a fake of each provider."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from openai_api import Client
from openai_api.errors import APIError, BadRequest, NotFound, NotOffered, PermissionDenied, TrainingNotAvailable
from openai_api.types import NewFineTune, RemoteFile, RemoteFineTune
from tests.fakes.serving import KEY, Answer
from tests.fakes.vendors import VENDORS

ROWS = b'{"prompt": "card declined ->", "completion": " billing"}\n' * 12
LOOKS = 40


@pytest.fixture(params=list(VENDORS))
def provider(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Client]]:
    with VENDORS[request.param].running() as (fake, client):
        yield fake, client


def brought(client: Client, name: str = "train-7f3a.jsonl") -> RemoteFile:
    """Upload a file and look until the provider has read it."""
    file = client.upload_file(io.BytesIO(ROWS), name)
    for _look in range(LOOKS):
        if client.file(file.id).status == "processed":
            return file
    raise AssertionError("it is never processed")


def wished(fake: Any, client: Client, **more: Any) -> NewFineTune:
    files = {"training_file": brought(client).id, "validation_file": brought(client, "valid-7f3a.jsonl").id}
    return NewFineTune(**{"model": fake.bases[0], "suffix": "tickets", "hyperparameters": {"n_epochs": 2}, **files, **more})


def reached(client: Client, id: str, is_there: Callable[[RemoteFineTune], bool]) -> RemoteFineTune:
    for _look in range(LOOKS):
        if is_there(found := client.fine_tune(id)):
            return found
    raise AssertionError(f"it stays {found.provider_status}")


def trained(fake: Any, client: Client, **more: Any) -> RemoteFineTune:
    created = client.create_fine_tune(wished(fake, client, **more))
    return reached(client, created.id, lambda found: found.status == "succeeded")


def asked(fake: Any, client: Client, model: str) -> str:
    """Ask a model, after it was deployed where that is needed."""
    name = model
    if client.traits.deploys:
        name = "tickets-endpoint"
        with pytest.raises(NotFound):
            client.chat(model=name, messages=[{"role": "user", "content": "card declined"}])
        fake.deploy(name, model)
    if client.complete(model=name, prompt="card declined ->", max_tokens=1).text != " billing":
        raise AssertionError("it has not learned")
    return client.chat(model=name, messages=[{"role": "user", "content": "card declined"}]).text


def test_a_file_is_brought_read_listed_and_deleted(provider: tuple[Any, Client]) -> None:
    _fake, client = provider

    file = brought(client)

    assert (file.filename, file.bytes, file.purpose) == ("train-7f3a.jsonl", len(ROWS), "fine-tune")
    assert file.created_at is not None
    assert [found.id for found in client.files() if found.filename == "train-7f3a.jsonl"] == [file.id]
    assert client.file_content(file.id) == ROWS
    client.delete_file(file.id)
    client.delete_file(file.id)
    with pytest.raises(NotFound):
        client.file(file.id)


def test_a_fine_tune_goes_from_creation_to_a_model_that_answers(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    new = wished(fake, client)

    created = client.create_fine_tune(new)
    assert created.status in {"queued", "running"}
    assert created.fine_tuned_model is None
    assert (created.model, created.training_file, created.validation_file) == (
        new.model,
        new.training_file,
        new.validation_file,
    )
    found = reached(client, created.id, lambda one: one.status == "succeeded")

    assert found.dialect == created.dialect
    assert found.created_at
    assert found.created_at < (found.finished_at or found.created_at)
    assert found.hyperparameters["n_epochs"] == 2
    assert found.fine_tuned_model
    known = client.model(found.fine_tuned_model)
    assert known.id == found.fine_tuned_model
    assert known.must_be_deployed == client.traits.deploys
    assert asked(fake, client, found.fine_tuned_model) == "billing"


def test_a_lost_fine_tune_is_found_again(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    token = {"tunedeck": "4c1d"}
    others = [client.create_fine_tune(wished(fake, client)).id for _time in range(3)]
    new = wished(fake, client, metadata=token)
    mine = client.create_fine_tune(new).id

    if client.traits.metadata:
        assert [one.id for one in client.fine_tunes(token) if one.metadata == token] == [mine]
    listed = list(client.fine_tunes())
    assert [one.id for one in listed if one.training_file == new.training_file] == [mine]
    assert sorted(one.id for one in listed) == sorted([*others, mine])
    if client.traits.newest_first:
        assert [one.id for one in listed] == [mine, *reversed(others)]


def test_events_come_in_order_and_a_replay_brings_nothing_new(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    created = client.create_fine_tune(wished(fake, client))
    early = client.events(created.id)
    reached(client, created.id, lambda found: found.status == "succeeded")

    later = client.events(created.id, known={event.key for event in early})

    everything = client.events(created.id)
    assert [event.key for event in early + later] == [event.key for event in everything]
    assert len({event.key for event in everything}) == len(everything)
    assert {event.level for event in everything} == {"info"}
    times = [event.created_at for event in everything if event.created_at]
    assert times == sorted(times)
    assert len(times) == len(everything)
    assert client.events(created.id, known={event.key for event in everything}) == []


def test_the_numbers_of_training_come_in_a_file_or_as_points(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    found = trained(fake, client)

    content, points = client.results(found), client.metrics(found)

    if client.traits.result_files:
        assert content
        assert b"step" in content.splitlines()[0]
        assert len(content.splitlines()) > 5
        assert points == []
        return
    assert content is None
    steps = [point["step"] for point in points]
    assert steps == sorted(set(steps))
    assert all(point["train_loss"] > 0 for point in points)
    assert points[-1]["valid_loss"] > 0
    assert client.metrics(found, after=int(steps[-2])) == points[-1:]


def test_checkpoints_stand_in_the_order_of_their_steps(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    found = trained(fake, client)

    checkpoints = client.checkpoints(found.id)

    steps = [checkpoint.step or 0 for checkpoint in checkpoints]
    assert steps == sorted(steps)
    assert all(checkpoint.id and checkpoint.model for checkpoint in checkpoints)
    assert -1 not in {value for checkpoint in checkpoints for value in checkpoint.metrics.values()}


def test_a_fine_tune_is_cancelled_once(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    created = client.create_fine_tune(wished(fake, client))

    assert client.cancel_fine_tune(created.id).status in {"cancelled", "cancelling"}

    found = reached(client, created.id, lambda one: one.status == "cancelled")
    assert found.fine_tuned_model is None
    with pytest.raises(BadRequest):
        client.cancel_fine_tune(created.id)


def test_a_fine_tune_rests_where_the_provider_lets_it(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    created = client.create_fine_tune(wished(fake, client))

    if not client.traits.pauses:
        with pytest.raises(NotOffered):
            client.pause_fine_tune(created.id)
        return
    assert client.pause_fine_tune(created.id).status == "paused"
    assert client.fine_tune(created.id).status == "paused"
    assert client.resume_fine_tune(created.id).status == "queued"


def test_models_are_listed_and_those_that_can_be_trained_are_known_where_the_provider_tells(
    provider: tuple[Any, Client],
) -> None:
    fake, client = provider

    names = {model.id for model in client.models()}
    bases = client.bases()

    assert set(fake.bases) <= names
    if bases is not None:
        assert [base.id for base in bases] == list(fake.bases[:2])
        assert all(base.trainable for base in bases)


def test_a_model_is_deleted_and_is_not_there_any_more(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    model = trained(fake, client).fine_tuned_model or ""

    if model.startswith("ftjob"):
        with pytest.raises(NotOffered):
            client.delete_model(model)
        return
    client.delete_model(model)
    client.delete_model(model)
    with pytest.raises(NotFound):
        client.model(model)


def test_a_file_that_is_not_there_or_a_base_that_is_none_is_refused(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    file = brought(client).id

    for new in (NewFineTune(model=fake.bases[0], training_file="file-nobody"), NewFineTune(model="x", training_file=file)):
        with pytest.raises(BadRequest) as caught:
            client.create_fine_tune(new)
        assert not caught.value.may_have_happened
    for ask in (client.fine_tune, client.events, client.cancel_fine_tune):
        with pytest.raises(NotFound):
            ask("ftjob-nobody")


def test_each_request_carries_the_key_in_the_providers_own_way(provider: tuple[Any, Client]) -> None:
    fake, client = provider
    client.models()
    client.files()
    list(client.fine_tunes())

    header = "api-key" if fake.__class__.__name__ == "Azure" else "authorization"
    assert all(KEY in request.headers[header] for request in fake.asked)
    assert header == "authorization" or all("authorization" not in request.headers for request in fake.asked)


def test_a_test_of_the_connection_finds_that_everything_works(provider: tuple[Any, Client]) -> None:
    _fake, client = provider

    probe = client.probe()

    assert probe.ok
    assert list(probe.fine_tunes) == list(client._dialect.listings)


@pytest.mark.parametrize("name", ["openai", "azure"])
def test_an_account_that_may_not_train_any_more_is_told_apart_from_a_key_without_rights(name: str) -> None:
    with VENDORS[name].running() as (fake, client):
        fake.closed = True
        new = wished(fake, client)
        with pytest.raises(TrainingNotAvailable) as caught:
            client.create_fine_tune(new)

    assert isinstance(caught.value, PermissionDenied)
    assert not caught.value.may_have_happened
    assert "winding down" in caught.value.message


NONSENSE = {
    "a web page": (Answer(b"<!doctype html><title>Welcome</title>"), "web page"),
    "half an object": (Answer(b'{"id": "ft-1", "sta'), "not JSON"),
    "nothing": (Answer(b""), "empty"),
    "a list of lists": (Answer([["id"]]), "object"),
    "another address": (Answer(b"", 307, {"Location": "http://127.0.0.1:9/v1/"}), "Keys are not sent on"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_ends_in_a_sentence_and_goes_nowhere_else(provider: tuple[Any, Client], what: str) -> None:
    fake, client = provider
    fake.answer = lambda request: NONSENSE[what][0]

    for ask in (client.fine_tune, client.file, client.cancel_fine_tune):
        with pytest.raises(APIError, match=NONSENSE[what][1]):
            ask("ft-1")
    with pytest.raises(APIError, match=NONSENSE[what][1]) as caught:
        client.create_fine_tune(NewFineTune(model="m", training_file="file-1"))
    assert caught.value.may_have_happened == (what != "another address"), "a job may have been made of it"
