"""The button that says in words what works; against a server that really listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.test import Client

from connections.models import Connection
from connections.probe import Verdict, probe
from teams.models import AuditEntry
from tests.connections.conftest import KEY
from tests.connections.provider import Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def real(connection: Connection, provider: Provider) -> Connection:
    connection.base_url = provider.url
    connection.save()
    return connection


def press(client: Client, connection: Connection, **headers: str) -> str:
    answer = client.post(f"/connections/{connection.pk}/test/", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


class TestTheButton:
    def test_says_that_everything_works(self, owner_client: Client, real: Connection, provider: Provider) -> None:
        provider.answers["/models"] = (200, {"object": "list", "data": [{"id": "ada"}, {"id": "babbage"}]})
        page = press(owner_client, real)
        assert "Everything that can be tried without starting a fine-tune works" in page
        assert "Answers; 2 listed." in page
        real.refresh_from_db()
        assert real.works is True
        assert "Works" in owner_client.get("/connections/").content.decode()

    def test_only_asks_for_lists_and_for_what_cannot_be(
        self, owner_client: Client, real: Connection, provider: Provider
    ) -> None:
        press(owner_client, real)
        assert [(method, path) for method, path, _headers in provider.asked] == [
            ("GET", "/models"),
            ("GET", "/files"),
            ("GET", "/fine_tuning/jobs"),
            ("POST", "/fine_tuning/jobs"),
        ]

    def test_keeps_that_the_provider_has_closed_training(
        self, owner_client: Client, real: Connection, provider: Provider
    ) -> None:
        error = {"message": "Your organization can no longer create training jobs.", "code": "training_not_available"}
        provider.refusal = (403, {"error": error})
        page = press(owner_client, real)
        assert "This account may not start fine-tunes any more." in page
        assert "no longer create training jobs" in page
        real.refresh_from_db()
        assert real.training_closed_at is not None
        assert not real.may_train
        assert "Trains no more" in owner_client.get("/connections/").content.decode()
        assert "No new fine-tunes here" in owner_client.get(f"/connections/{real.pk}/").content.decode()

    def test_does_not_open_what_was_closed(self, owner_client: Client, real: Connection) -> None:
        real.close_training("no longer")
        press(owner_client, real)
        real.refresh_from_db()
        assert real.training_closed_words == "no longer"

    def test_an_owner_opens_it_again(self, owner_client: Client, member_client: Client, real: Connection) -> None:
        real.close_training("no longer")
        assert member_client.post(f"/connections/{real.pk}/reopen/").status_code == 403
        owner_client.post(f"/connections/{real.pk}/reopen/")
        real.refresh_from_db()
        assert real.may_train
        assert AuditEntry.objects.filter(action="connection.reopened").exists()

    def test_sends_key_and_organization(self, owner_client: Client, real: Connection, provider: Provider) -> None:
        Connection.objects.update(organization_header="org-7")
        press(owner_client, real)
        (_method, _path, headers), *_rest = provider.asked
        assert headers["authorization"] == f"Bearer {KEY}"
        assert headers["openai-organization"] == "org-7"

    def test_tries_both_generations_where_both_are_spoken(
        self, owner_client: Client, real: Connection, provider: Provider
    ) -> None:
        Connection.objects.update(dialect="both")
        page = press(owner_client, real)
        assert "Fine-tunes (legacy API)" in page
        assert "Fine-tunes (current API)" in page

    def test_a_wrong_dialect_is_called_one(self, owner_client: Client, real: Connection, provider: Provider) -> None:
        del provider.answers["/fine_tuning/jobs"]
        page = press(owner_client, real)
        assert "Some of it works" in page
        assert "Choose the other dialect" in page
        real.refresh_from_db()
        assert real.works is False

    def test_a_refused_key_is_said_once_with_the_providers_words(
        self, owner_client: Client, real: Connection, provider: Provider
    ) -> None:
        provider.refuse_all(401, "Incorrect API key provided: <b>sk-…</b>")
        page = press(owner_client, real)
        assert page.count("does not accept the key") == 1
        assert "Incorrect API key provided: &lt;b&gt;" in page
        assert "req_42" in page
        assert len(provider.asked) == 1, "a key that was refused once is not tried again"

    def test_a_provider_that_repeats_the_key_does_not_leak_it(
        self, owner_client: Client, real: Connection, provider: Provider
    ) -> None:
        provider.refuse_all(403, f"{KEY} may not do this")
        page = press(owner_client, real)
        assert "may not do this" in page
        assert KEY not in page

    def test_gives_htmx_the_result_alone(self, owner_client: Client, real: Connection) -> None:
        fragment = press(owner_client, real, **{"HX-Request": "true", "HX-Target": "result"})
        assert "<html" not in fragment
        assert "Everything that can be tried" in fragment
        assert 'id="result"' not in fragment, "the live region stays and only its content is replaced"
        assert "<html" in press(owner_client, real)

    def test_is_on_record(self, owner_client: Client, real: Connection) -> None:
        press(owner_client, real)
        assert AuditEntry.objects.get(action="connection.tested").details == {"works": True}

    def test_cannot_be_pressed_without_end(self, owner_client: Client, connection: Connection, settings: Any) -> None:
        settings.FIELD_KEYS = ["another"]  # so that nothing is sent
        for _time in range(30):
            press(owner_client, connection)
        assert owner_client.post(f"/connections/{connection.pk}/test/").status_code == 429

    def test_a_key_that_cannot_be_read_is_explained(
        self, owner_client: Client, real: Connection, provider: Provider, settings: Any
    ) -> None:
        settings.FIELD_KEYS = ["another"]
        page = press(owner_client, real)
        assert "encrypted with another TUNEDECK_FIELD_KEY" in page
        assert provider.asked == []


def refusing(status: int, message: str = "their words", **fields: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json={"error": {"message": message, **fields}})


def failing(error: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    return fail


def verdict(connection: Connection, answer: Callable[[httpx.Request], httpx.Response]) -> Verdict:
    return probe(connection, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("answer", "said", "advice"),
    [
        (failing(httpx.ConnectError), "could not be reached", "Check the base URL"),
        (failing(httpx.ReadTimeout), "did not answer in time", "firewall"),
        (failing(httpx.ReadError), "hung up", "Try again"),
        (refusing(401), "does not accept the key", "new one"),
        (refusing(403), "not for this", "Allow it"),
        (refusing(404), "nothing at this address", "usually ends in /v1"),
        (refusing(429), "too many requests", "Wait a minute"),
        (refusing(429, code="insufficient_quota"), "nothing left to spend", "Add credit"),
        (refusing(500), "trouble of its own", "Try again later"),
        (refusing(503), "trouble of its own", "Try again later"),
        (refusing(418), "refused", "Its own words"),
        (lambda request: httpx.Response(200, text="<html>Welcome"), "not this kind of API", "web page"),
    ],
)
def test_each_failure_has_plain_words_and_advice(
    connection: Connection, answer: Callable[[httpx.Request], httpx.Response], said: str, advice: str
) -> None:
    found = verdict(connection, answer)
    assert not found.works
    line = found.lines[0]
    assert said in line.said
    assert advice in line.advice
    assert line.provider


def test_a_provider_that_cannot_be_reached_is_one_line_and_not_three(connection: Connection) -> None:
    found = verdict(connection, failing(httpx.ConnectError))
    assert [line.what for line in found.lines] == ["Reaching the provider"]


def test_what_was_found_is_remembered(connection: Connection) -> None:
    verdict(connection, refusing(500))
    connection.refresh_from_db()
    assert connection.works is False
    assert connection.tested_at is not None
    verdict(connection, lambda request: httpx.Response(200, json={"object": "list", "data": []}))
    connection.refresh_from_db()
    assert connection.works is True
