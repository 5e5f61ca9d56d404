"""Learning on from a classifier with data that lack some of its classes: said before the start, where it is known."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from connections.models import Connection
from datasets.models import Version
from finetunes.forget import forgotten
from finetunes.models import Model
from tests.conftest import People
from tests.finetunes.conftest import new_version
from tests.finetunes.provider import Provider

URL = "/finetunes/new/"
NAME = "ada:ft-example-2026-01-01"


@pytest.fixture
def model(people: People, connection: Connection, version: Version, at_work: Provider) -> Model:
    """A classifier of billing and refund."""
    at_work.models[NAME] = {"id": NAME, "object": "model", "created": 1, "owned_by": "example"}
    return Model.objects.create(
        organization=people.organization, connection=connection, name=NAME, base_model="ada", version=version
    )


def with_labels(people: People, *labels: str, **more: Any) -> Version:
    return new_version(people, "Newer tickets", labels=list(labels), label_counts=dict.fromkeys(labels, 10), **more)


def relabel(model: Model, labels: list[str]) -> None:
    assert model.version
    model.version.labels = labels
    model.version.save()


def warning(page: bytes) -> str:
    """Return what the warning on the page says as a person reads it; "" if there is none."""
    found = re.search(r'id="forgotten"[^>]*>(.*?)</span>', page.decode(), re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", found[1])).split()) if found else ""


class TestThePage:
    def test_a_class_that_the_new_data_lack_is_named_with_what_to_do(
        self, member_client: Client, people: People, model: Model
    ) -> None:
        newer = with_labels(people, " billing", " returns")
        page = member_client.get(URL, {"model": model.pk, "version": newer.pk}).content
        said = warning(page)
        assert said.startswith("The model will forget a class that it knows: “refund”. It learned this from Tickets 2026 v1")
        assert "add examples of it to the data and make a new version" in said
        assert f'href="{newer.dataset.get_absolute_url()}">Open the data' in page.decode()
        assert b"easily forgotten" not in page, "the general hint gives way to the particular one"

    def test_several_are_counted_and_the_most_frequent_named(
        self, member_client: Client, people: People, model: Model
    ) -> None:
        relabel(model, [f" class {place}" for place in range(12)])
        newer = with_labels(people, " class 0", " class 11")
        said = warning(member_client.get(URL, {"model": model.pk, "version": newer.pk}).content)
        assert said.startswith("The model will forget 10 classes that it knows: “class 1”, “class 2”,")
        assert "“class 8” and 2 more." in said

    def test_choosing_other_data_or_another_base_brings_and_takes_the_warning(
        self, member_client: Client, people: People, model: Model, version: Version, connection: Connection
    ) -> None:
        newer = with_labels(people, " returns", " other")
        chosen: dict[str, Any] = {
            "was": f"{version.pk}:legacy",
            "connection": connection.pk,
            "base_model": NAME,
            "version": version.pk,
        }
        asks = {"HX-Request": "true", "HX-Target": "new-fine-tune"}
        assert not warning(member_client.get(URL, chosen, headers=asks).content)
        assert warning(member_client.get(URL, chosen | {"version": newer.pk}, headers=asks).content)
        assert not warning(member_client.get(URL, chosen | {"version": newer.pk, "base_model": "ada"}, headers=asks).content)

    def test_data_of_no_classifier_are_said_to_teach_something_else(
        self, member_client: Client, people: People, model: Model
    ) -> None:
        texts = with_labels(people, task="generation")
        said = warning(member_client.get(URL, {"model": model.pk, "version": texts.pk}).content)
        assert "“billing”, “refund”" in said
        assert "the data chosen above is not a classifier’s" in said

    def test_it_is_a_warning_and_no_refusal(self, member_client: Client, people: People, model: Model) -> None:
        newer = with_labels(people, " returns", " other")
        page = member_client.get(URL, {"model": model.pk, "version": newer.pk}).content.decode()
        assert not re.search(r'id="start"[^>]* disabled', page)

    def test_a_label_is_text_and_no_markup(self, member_client: Client, people: People, model: Model) -> None:
        relabel(model, [" <b>x</b>", " refund"])
        page = member_client.get(URL, {"model": model.pk, "version": with_labels(people, " refund", " new").pk}).content
        assert "“&lt;b&gt;x&lt;/b&gt;”" in page.decode()


class TestComparing:
    def test_all_classes_there_and_more_are_no_loss(self, people: People, connection: Connection, model: Model) -> None:
        assert forgotten(connection, NAME, with_labels(people, " refund", " billing", " new")) is None

    def test_the_space_that_a_label_begins_with_makes_no_other_class(
        self, people: People, connection: Connection, model: Model
    ) -> None:
        assert forgotten(connection, NAME, with_labels(people, "refund", "billing")) is None

    def test_what_is_known_of_a_continued_model_is_its_latest_data(
        self, people: People, connection: Connection, model: Model
    ) -> None:
        """What it had learned before that is forgotten already."""
        Model.objects.filter(pk=model.pk).update(version=with_labels(people, " returns", " other"))
        assert forgotten(connection, NAME, new_version(people, "Third", labels=[" returns", " other"])) is None

    def test_a_checkpoint_has_learned_what_its_model_has(self, people: People, connection: Connection, model: Model) -> None:
        found = forgotten(connection, f"{NAME}:ckpt-step-20", with_labels(people, " billing", " new"))
        assert found is not None
        assert found.classes == ["refund"]

    def test_a_model_that_came_from_elsewhere_says_nothing(
        self, people: People, connection: Connection, model: Model
    ) -> None:
        Model.objects.filter(pk=model.pk).update(version=None)
        assert forgotten(connection, NAME, with_labels(people, " new", " other")) is None

    def test_a_base_model_has_nothing_to_forget(self, people: People, connection: Connection, model: Model) -> None:
        assert forgotten(connection, "ada", with_labels(people, " new", " other")) is None

    def test_a_model_of_the_same_name_elsewhere_is_another(
        self, people: People, connection: Connection, model: Model
    ) -> None:
        other = Connection.objects.create(
            organization=people.organization, name="Other", base_url="http://other.test/v1", dialect="legacy", key="sk-other"
        )
        assert forgotten(other, NAME, with_labels(people, " new", " other")) is None
