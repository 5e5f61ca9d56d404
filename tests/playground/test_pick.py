from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.http import Http404
from django.utils import timezone

from connections.models import Connection
from finetunes.models import Model
from playground import pick
from playground.speak import CHAT, COMPLETION
from tests.conftest import People
from tests.playground.conftest import Place, model_on


@pytest.fixture(autouse=True)
def forget_listings() -> None:
    cache.clear()


def test_a_fine_tuned_model_brings_what_it_was_trained_on(classifier: Model, people: People) -> None:
    found = pick.pick(people.organization, str(classifier.pk))
    assert (found.name, found.base_model, found.format) == (classifier.name, "ada", COMPLETION)
    assert (found.separator, found.labels) == ("\n\n###\n\n", [" baseball", " hockey"])
    assert found.key == str(classifier.pk)


def test_the_version_decides_the_format_and_the_name_only_without_one(talker: Model, place: Place, people: People) -> None:
    assert pick.pick(people.organization, str(talker.pk)).is_chat
    adopted = model_on(place.connection, None, name="ft:gpt-4o-mini:acme::1", base_model="")
    assert pick.pick(people.organization, str(adopted.pk)).is_chat


def test_a_base_model_is_named_by_its_connection(place: Place, people: People) -> None:
    found = pick.pick(people.organization, f"c{place.connection.pk}:org/model:free")
    assert (found.name, found.connection, found.model) == ("org/model:free", place.connection, None)
    assert pick.pick(people.organization, found.key) == found


def test_a_person_may_know_better_how_a_base_model_is_spoken_to(place: Place, people: People) -> None:
    key = f"c{place.connection.pk}:davinci-002"
    assert pick.pick(people.organization, key, CHAT).is_chat
    assert not pick.pick(people.organization, key, "nonsense").is_chat


@pytest.mark.parametrize(
    "key", ["", "0", "999", "9" * 40, "x", "c", "c1", "c1:", "cx:ada", "²", "-1", f"c{'9' * 40}:ada", "c0:" + "x" * 256]
)
def test_a_key_that_names_nothing_is_not_found(key: str, people: People) -> None:
    with pytest.raises(Http404):
        pick.pick(people.organization, key)


def test_another_organizations_models_are_not_found(classifier: Model, place: Place, people: People) -> None:
    elsewhere = people.outsider.organizations.get()
    for key in (str(classifier.pk), f"c{place.connection.pk}:ada"):
        with pytest.raises(Http404):
            pick.pick(elsewhere, key)
    assert pick.newest(elsewhere) is None


@pytest.mark.parametrize("gone", [{"deleted_at": timezone.now()}, {"shutdown_date": "2020-01-01"}])
def test_a_model_that_is_gone_is_not_found(gone: dict[str, object], classifier: Model, people: People) -> None:
    Model.objects.filter(pk=classifier.pk).update(**gone)
    with pytest.raises(Http404):
        pick.pick(people.organization, str(classifier.pk))


def test_a_retired_connection_offers_nothing(classifier: Model, place: Place, people: People) -> None:
    Connection.objects.update(archived_at=timezone.now())
    for key in (str(classifier.pk), f"c{place.connection.pk}:ada"):
        with pytest.raises(Http404):
            pick.pick(people.organization, key)


def test_the_newest_model_is_offered_first(classifier: Model, place: Place, people: People) -> None:
    newer = model_on(place.connection, None, name="newer", created_at=timezone.now())
    found = pick.newest(people.organization)
    assert found is not None
    assert found.model == newer


def test_only_a_new_model_may_still_be_loading(classifier: Model, people: People) -> None:
    found = pick.pick(people.organization, str(classifier.pk))
    assert not found.is_fresh()
    assert found.is_fresh(classifier.created_at + timedelta(minutes=14))
    assert not found.is_fresh(classifier.created_at + timedelta(minutes=16))


def test_base_models_are_what_the_connection_has_without_the_fine_tuned_ones(place: Place) -> None:
    names = ["davinci-002", "ada", "ada:ft-acme-2023", "ft:ada:acme::1", "text-embedding-3-small"]
    place.provider.models = [{"id": name, "object": "model"} for name in names] + [{"id": "tickets", "parent": "ada"}]
    assert pick.base_models(place.connection).options == [
        (f"c{place.connection.pk}:{name}", name) for name in ("ada", "davinci-002")
    ]


def test_a_connection_is_not_asked_again_for_a_while(place: Place) -> None:
    place.provider.models = [{"id": "ada", "object": "model"}]
    pick.base_models(place.connection)
    place.provider.models = []
    assert [name for _key, name in pick.base_models(place.connection).options] == ["ada"]


def test_a_connection_that_does_not_answer_says_so_and_is_asked_again_next_time(place: Place) -> None:
    address = place.connection.base_url
    place.connection.base_url = "http://127.0.0.1:9/v1"
    assert "connect" in pick.base_models(place.connection).problem.lower()
    place.connection.base_url = address
    place.provider.models = [{"id": "ada", "object": "model"}]
    assert [name for _key, name in pick.base_models(place.connection).options] == ["ada"]


def test_the_provider_may_say_what_its_base_model_is(place: Place) -> None:
    place.provider.models = [{"id": "ada", "owned_by": "acme", "description": "A small one."}]
    found = pick.base_models(place.connection)
    assert found.note(f"c{place.connection.pk}:ada") == "A small one. Owned by acme."
    assert found.note("") == ""
