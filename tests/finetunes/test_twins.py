"""The same data, base and settings started lately: asked about before it is started again, never after."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import create
from finetunes.models import FineTune
from finetunes.statuses import Status
from finetunes.twins import AlreadyStarted
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune, new_version
from tests.finetunes.provider import Provider
from tests.finetunes.test_new import URL, filled
from tests.teams.test_races import at_once

QUESTION = "The same data, base and settings were started"


def send(client: Client, version: Version, connection: Connection, **changes: Any) -> Any:
    return client.post(URL, filled(version, connection, **changes))


class TestForm:
    @pytest.fixture(autouse=True)
    def provider_is_there(self, at_work: Provider) -> None:
        pass

    def test_the_second_tab_is_asked_and_nothing_is_sent(
        self, member_client: Client, version: Version, connection: Connection
    ) -> None:
        send(member_client, version, connection)
        first = FineTune.objects.get()
        FineTune.objects.update(created_at=timezone.now() - timedelta(minutes=12))
        answer = send(member_client, version, connection, suffix="another name")
        page = answer.content.decode()
        assert answer.status_code == 409
        assert f"{QUESTION} 12 minutes ago by Member." in page
        assert f'href="{first.get_absolute_url()}"' in page
        assert f'<button class="button" type="submit" name="known_twin" value="{first.pk}">' in page
        assert FineTune.objects.count() == 1

    def test_yes_starts_another_once(self, member_client: Client, version: Version, connection: Connection) -> None:
        send(member_client, version, connection)
        known = FineTune.objects.get().pk
        token = str(uuid.uuid4())
        answers = [send(member_client, version, connection, token=token, known_twin=known) for _ in range(2)]
        assert FineTune.objects.count() == 2
        assert len({answer["Location"] for answer in answers}) == 1

    def test_the_form_keeps_its_token_and_what_was_typed(
        self, member_client: Client, version: Version, connection: Connection
    ) -> None:
        send(member_client, version, connection)
        token = str(uuid.uuid4())
        page = send(member_client, version, connection, token=token, suffix="other").content.decode()
        assert f'name="token" value="{token}"' in page
        assert 'value="other"' in page

    def test_enter_in_a_field_does_not_say_yes(
        self, member_client: Client, version: Version, connection: Connection
    ) -> None:
        """A browser presses the first button that submits, seen or not."""
        send(member_client, version, connection)
        page = send(member_client, version, connection).content.decode()
        form = page[page.index('id="new-fine-tune"') :]
        first = re.search(r'<button[^>]*type="submit"[^>]*>', form)
        assert first
        assert "known_twin" not in first[0]

    def test_two_tabs_that_both_say_yes_are_not_two_more(
        self, member_client: Client, version: Version, connection: Connection
    ) -> None:
        send(member_client, version, connection)
        known = FineTune.objects.get().pk
        send(member_client, version, connection, known_twin=known)
        answer = send(member_client, version, connection, known_twin=known)
        assert QUESTION in answer.content.decode()
        assert FineTune.objects.count() == 2

    @pytest.mark.parametrize("known", ["", "x", "-1", "9" * 40, "0"])
    def test_a_strange_yes_is_none(
        self, member_client: Client, version: Version, connection: Connection, known: str
    ) -> None:
        send(member_client, version, connection)
        assert QUESTION in send(member_client, version, connection, known_twin=known).content.decode()

    def test_a_double_click_is_not_asked(self, member_client: Client, version: Version, connection: Connection) -> None:
        token = str(uuid.uuid4())
        places = {send(member_client, version, connection, token=token)["Location"] for _ in range(3)}
        assert len(places) == 1


class TestAlike:
    def start(self, people: People, connection: Connection, version: Version, **changes: Any) -> FineTune:
        made: dict[str, Any] = {"base_model": "ada", "hyperparameters": {"n_epochs": 4}, "known_twin": 0}
        return create.intend(people.organization, people.member, connection=connection, version=version, **(made | changes))[
            0
        ]

    def asked(self, people: People, connection: Connection, version: Version, **changes: Any) -> bool:
        try:
            self.start(people, connection, version, **changes)
        except AlreadyStarted:
            return True
        return False

    def test_the_same_rows_in_another_version_are_the_same_data(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        self.start(people, connection, version)
        assert self.asked(people, connection, new_version(people, "Copy"))

    @pytest.mark.parametrize(
        "changes",
        [
            {"base_model": "curie"},
            {"hyperparameters": {"n_epochs": 5}},
            {"hyperparameters": {}},
            {"use_validation": False},
            {"seed": 7},
        ],
    )
    def test_whatever_trains_otherwise_is_not_asked_about(
        self, people: People, connection: Connection, version: Version, changes: dict[str, Any]
    ) -> None:
        self.start(people, connection, version)
        assert not self.asked(people, connection, version, **changes)

    def test_other_data_or_another_connection_neither(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        self.start(people, connection, version)
        assert not self.asked(people, connection, new_version(people, "New", training_sha256="9" * 64))
        elsewhere = Connection.objects.create(
            organization=people.organization, name="Else", base_url="http://x.test", dialect="both", key="k"
        )
        assert not self.asked(people, elsewhere, version)

    @pytest.mark.parametrize(
        ("status", "hours", "is_asked"),
        [
            (Status.SUCCEEDED, 23, True),
            (Status.SUCCEEDED, 25, False),
            (Status.RUNNING, 200, True),
            (Status.LOST_CONTACT, 200, True),
            (Status.FAILED, 0, False),
            (Status.CANCELLED, 0, False),
        ],
    )
    def test_what_came_of_it_and_when_decides(
        self, people: People, connection: Connection, version: Version, status: Status, hours: int, is_asked: bool
    ) -> None:
        first = self.start(people, connection, version)
        made = timezone.now() - timedelta(hours=hours)
        FineTune.objects.filter(pk=first.pk).update(status=status, created_at=made)
        assert self.asked(people, connection, version) is is_asked

    def test_whoever_has_not_been_asked_is_not_refused(
        self, people: People, connection: Connection, version: Version
    ) -> None:
        """The sample, and what starts fine-tunes without a person."""
        new_fine_tune(people, connection, version)
        new_fine_tune(people, connection, version)


@pytest.mark.django_db(transaction=True)
def test_tabs_at_the_same_moment_start_one(people: People, connection: Connection, version: Version) -> None:
    def start() -> bool:
        try:
            new_fine_tune(people, connection, version, known_twin=0)
        except AlreadyStarted:
            return False
        return True

    assert at_once(*[start] * 4) == [False, False, False, True]
    assert FineTune.objects.count() == 1
