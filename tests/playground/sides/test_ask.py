"""Each side is asked once, in its model's own way, by a worker or while a browser listens."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from finetunes.models import Model
from playground import tasks
from playground.models import Side, Trial
from playground.sides import ask
from tests.conftest import People, signed_in
from tests.playground.conftest import Place
from tests.playground.provider import PATIENCE, Page, Refusal, Streamed, Whole, chat_chunk, chat_whole, completion, usage
from tests.playground.sides.conftest import begun
from tests.playground.test_stream import Communicator, _scope

TOP = {" hockey": -0.1, " baseball": -2.4}


def asked(trial: Trial) -> list[Side]:
    """Let a worker ask all that is due; return the sides as they are then."""
    for pk in Side.objects.due().filter(round__trial=trial).order_by("pk").values_list("pk", flat=True):
        assert ask.ask(pk)
    return list(Side.objects.filter(round__trial=trial).order_by("pk"))


class TestByAWorker:
    def test_each_model_gets_what_its_training_adds(self, people: People, place: Place, sport: Model, pirate: Model) -> None:
        place.provider.will(Whole(completion(" hockey", finish="length", top=TOP)), Whole(chat_whole("Ahoy")))
        first, second = asked(begun(people.member, [sport, pirate], "Go Leafs"))
        sent = [received.body for received in place.provider.received]
        assert sent[0]["prompt"] == "Go Leafs\n\n###\n\n"
        assert (sent[0]["max_tokens"], sent[0]["logprobs"]) == (1, 2)
        assert sent[1]["messages"] == [
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": "Go Leafs"},
        ]
        assert [first.request, second.request] == sent
        assert (first.text, second.text) == (" hockey", "Ahoy")
        assert first.is_answered
        assert [row["name"] for row in first.told["bars"]["rows"]] == ["hockey", "baseball"]
        assert dict(map(tuple, second.told["facts"]))["Time"]

    def test_a_base_model_is_asked_plainly_beside_its_tuned_one(self, people: People, place: Place, ads: Model) -> None:
        place.provider.will(Whole(completion(" a fine bag.")))
        asked(begun(people.member, [f"c{place.connection.pk}:davinci-002", ads], "bag"))
        prompts = [(received.body["model"], received.body["prompt"]) for received in place.provider.received]
        assert prompts == [("davinci-002", "bag"), (ads.name, "bag ->")]

    def test_settings_hold_for_all_and_several_samples_are_not_all_the_likeliest(
        self, people: People, place: Place, ads: Model, pirate: Model
    ) -> None:
        place.provider.will(Whole(completion("a")), Whole(chat_whole("b")))
        asked(begun(people.member, [ads, pirate], "bag", settings={"n": 3, "max_tokens": 7}))
        for received in place.provider.received:
            assert (received.body["n"], received.body["max_tokens"]) == (3, 7)
            assert "temperature" not in received.body
        asked(begun(people.member, [ads, pirate], "bag", settings={"n": 3, "temperature": 0.5}))
        assert place.provider.received[-1].body["temperature"] == 0.5

    def test_one_that_fails_leaves_the_others_alone(self, people: People, place: Place, sport: Model, ads: Model) -> None:
        place.provider.will(Refusal(404, "The model does not exist"), Whole(completion(" bag")))
        first, second = asked(begun(people.member, [sport, ads]))
        assert first.problem["sentence"] == "The provider does not know this model."
        assert first.problem["words"] == "The model does not exist"
        assert not first.is_answered
        assert second.is_answered

    def test_nothing_is_asked_twice(self, people: People, place: Place, sport: Model, ads: Model) -> None:
        place.provider.will(Whole(completion("x")))
        trial = begun(people.member, [sport, ads])
        sides = asked(trial)
        assert not any(ask.ask(side.pk) for side in sides)
        assert len(place.provider.received) == 2

    def test_a_busy_provider_is_asked_again_when_it_wishes_and_not_before(
        self, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        place.provider.will(Refusal(429, "Slow down", headers={"Retry-After": "30"}))
        first, _second = asked(begun(people.member, [sport, ads]))
        assert first.ended_at is None
        assert first.due_at
        assert 25 < (first.due_at - timezone.now()).total_seconds() <= 30
        assert not ask.ask(first.pk)

    def test_asking_comes_to_an_end(self, people: People, place: Place, sport: Model, ads: Model) -> None:
        place.provider.will(Refusal(503, "busy"))
        trial = begun(people.member, [sport, ads])
        for _ in range(7):
            Side.objects.filter(ended_at=None).update(due_at=timezone.now())
            asked(trial)
        assert all(side.problem["words"] == "busy" for side in Side.objects.all())
        assert not Side.objects.due().exists()

    def test_a_killed_worker_is_followed_by_another(self, people: People, place: Place, sport: Model, ads: Model) -> None:
        trial = begun(people.member, [sport, ads])
        dead = ask.claim(Side.objects.all()[0].pk)
        assert dead
        assert not ask.ask(dead.pk), "somebody is at it"
        Side.objects.filter(pk=dead.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        place.provider.will(Whole(completion("x")))
        assert all(side.is_answered for side in asked(trial))

    def test_a_model_that_is_gone_meanwhile_becomes_a_sentence(
        self, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        trial = begun(people.member, [sport, ads])
        Model.objects.filter(pk=sport.pk).update(deleted_at=timezone.now())
        place.provider.will(Whole(completion("x")))
        first, second = asked(trial)
        assert first.problem["sentence"] == "This model is not here any more."
        assert second.is_answered

    def test_a_web_page_instead_of_an_answer_becomes_a_sentence(
        self, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        place.provider.will(Page())
        assert all(side.problem["sentence"] for side in asked(begun(people.member, [sport, ads])))

    def test_the_ring_finds_what_workers_are_to_ask_and_leaves_browsers_theirs(
        self, people: People, sport: Model, ads: Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rung: list[int] = []
        monkeypatch.setattr(tasks.answer_side, "apply_async", lambda args=(), **how: rung.append(args[0]))
        blind = begun(people.member, [sport, ads], blind=True)
        begun(people.member, [sport, ads], live=True)
        tasks.ring()
        assert sorted(rung) == sorted(Side.objects.filter(round__trial=blind).values_list("pk", flat=True))


def streamed(client: Client, side: Side) -> tuple[int, list[tuple[str, dict[str, Any]]]]:
    """Post to a side's stream as the page does; return the status and the events that came."""
    later = AsyncClient()
    later.cookies = client.cookies
    address = reverse("playground:side_stream", args=[side.round.trial_id, side.round.place, side.place])

    async def listen() -> tuple[int, str]:
        response: Any = await later.post(address)
        if not response.streaming:
            return response.status_code, ""
        return response.status_code, b"".join([piece async for piece in response]).decode()

    status, body = async_to_sync(listen)()
    blocks = [block.split("\n", 1) for block in body.split("\n\n") if block]
    return status, [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def _counting(renew: Any, done: threading.Event, *, times: int) -> Any:
    """Renew as always, for as long as it takes, and say when it was done often enough."""
    left = iter(range(times))

    def counted(side: Side, seconds: float) -> bool:
        if next(left, None) is None:
            done.set()
        return bool(renew(side, 30.0))

    return counted


class TestWhileABrowserListens:
    def test_the_answer_comes_in_pieces_and_is_written_down(
        self, member_client: Client, people: People, place: Place, sport: Model, pirate: Model
    ) -> None:
        place.provider.will(Streamed([chat_chunk("Ah"), chat_chunk("oy", finish="stop"), usage(9, 2)]))
        trial = begun(people.member, [sport, pirate], live=True)
        side = Side.objects.get(round__trial=trial, place=2)
        status, events = streamed(member_client, side)
        assert status == 200
        assert [name for name, _ in events] == ["request", "piece", "piece", "end"]
        side.refresh_from_db()
        assert (side.text, side.stopped, side.problem) == ("Ahoy", False, {})
        assert dict(map(tuple, side.told["facts"]))["Tokens"] == "9 in, 2 out"
        assert side.request == place.provider.received[0].body
        assert side.request["stream"] is True

    def test_the_claim_is_held_for_as_long_as_the_answer_takes(
        self, member_client: Client, people: People, place: Place, sport: Model, ads: Model, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ask, "SECONDS", 0.06)
        renewed = threading.Event()
        monkeypatch.setattr(Side, "renew", _counting(Side.renew, renewed, times=3))
        place.provider.will(Streamed([completion("so", finish=None), completion(" slow")], until=renewed))
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads], live=True))[0]
        assert streamed(member_client, side)[0] == 200
        assert renewed.is_set()

    def test_a_second_stream_of_the_same_side_asks_nobody(
        self, member_client: Client, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        place.provider.will(Streamed([completion("x")]))
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads], live=True))[0]
        assert streamed(member_client, side)[0] == 200
        assert streamed(member_client, side)[0] == 409
        assert len(place.provider.received) == 1

    def test_what_had_come_before_a_break_stays_with_the_reason(
        self, member_client: Client, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        place.provider.will(Streamed([completion("half an", finish=None)], breaks=True))
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads], live=True))[0]
        assert streamed(member_client, side)[1][-1][0] == "trouble"
        side.refresh_from_db()
        assert side.text == "half an"
        assert side.problem["sentence"] == "The answer broke off."

    def test_a_wait_that_the_provider_wishes_is_written_down(
        self, member_client: Client, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        place.provider.will(Refusal(503, "loading", headers={"Retry-After": "5"}))
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads], live=True))[0]
        assert streamed(member_client, side)[1][-1][1]["retry_in"] == 5
        assert streamed(member_client, side)[0] == 409, "not due yet"
        Side.objects.filter(pk=side.pk).update(due_at=timezone.now())
        place.provider.will(Streamed([completion("here")]))
        assert streamed(member_client, side)[0] == 200
        side.refresh_from_db()
        assert side.text == "here"

    def test_a_blind_side_is_never_streamed(
        self, member_client: Client, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads], blind=True, live=True))[0]
        assert streamed(member_client, side)[0] == 409
        assert place.provider.received == []

    def test_a_model_that_is_gone_meanwhile_is_not_asked(
        self, member_client: Client, people: People, place: Place, sport: Model, ads: Model
    ) -> None:
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads], live=True))[0]
        Model.objects.update(deleted_at=timezone.now())
        assert streamed(member_client, side)[0] == 409
        side.refresh_from_db()
        assert side.problem["sentence"] == "This model is not here any more."

    def test_others_cannot_have_it_streamed(
        self, owner_client: Client, viewer_client: Client, outsider_client: Client, people: People, sport: Model, ads: Model
    ) -> None:
        side = Side.objects.filter(round__trial=begun(people.member, [sport, ads], live=True))[0]
        assert streamed(owner_client, side)[0] == 404, "what is asked openly is a person's own"
        assert streamed(outsider_client, side)[0] == 404
        assert streamed(viewer_client, side)[0] == 403


@pytest.mark.django_db(transaction=True)
def test_a_browser_that_hangs_up_ends_the_answer_at_the_provider_and_what_came_is_kept(
    people: People, place: Place, sport: Model, ads: Model
) -> None:
    place.provider.will(Streamed([completion("first", finish=None)], waits=True))
    side = Side.objects.filter(round__trial=begun(people.member, [sport, ads], live=True))[0]
    address = reverse("playground:side_stream", args=[side.round.trial_id, 1, side.place])

    client = signed_in(people.member)

    async def leave_after_the_first_piece() -> None:
        communicator: Any = Communicator(get_asgi_application(), {**_scope(client, 0), "path": address})
        await communicator.send_input({"type": "http.request", "body": b"", "more_body": False})
        received = ""
        while "event: piece" not in received:
            received += (await communicator.receive_output(timeout=PATIENCE)).get("body", b"").decode()
        await communicator.send_input({"type": "http.disconnect"})
        assert await asyncio.to_thread(place.provider.hung_up.wait, PATIENCE)
        await communicator.wait(timeout=PATIENCE)

    asyncio.run(leave_after_the_first_piece())
    side.refresh_from_db()
    assert (side.stopped, side.text) == (True, "first")
    assert (side.lease_until, side.due_at) == (None, None)
