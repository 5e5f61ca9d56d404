"""A message reaches its person or its program, signed where it can be, and is tried for a day when it is not taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core import mail
from django.utils import timezone

from notifications.deliver import deliver
from notifications.kinds import Kind
from notifications.models import Delivery, Hook, Preference
from teams.models import Membership
from tests.conftest import People
from tests.notifications.conftest import hook, let_time_pass, told
from tests.trainer.receiver import Receiver

pytestmark = pytest.mark.django_db


def sent() -> Delivery:
    """Try the only delivery that there is."""
    let_time_pass()
    deliver(Delivery.objects.get().pk)
    return Delivery.objects.get()


class TestMail:
    def test_it_says_what_happened_and_leads_there(self, people: People) -> None:
        notification = told(people, model="ada:ft-acme", kind=Kind.SUCCEEDED)
        found = sent()
        assert (found.said, found.due_at, found.delivered_at is None) == ("taken by the mail server", None, False)
        (message,) = mail.outbox
        assert (message.subject, message.to) == ("Ticket triage has succeeded", ["member@example.com"])
        assert f"http://127.0.0.1:8000/notifications/{notification.pk}/" in message.body
        assert "The model is called ada:ft-acme." in message.body
        assert "http://127.0.0.1:8000/notifications/preferences/" in message.body

    def test_it_is_sent_once_and_known_by_its_id(self, people: People) -> None:
        told(people)
        found = sent()
        assert deliver(found.pk) is False
        assert [one.extra_headers["Message-ID"] for one in mail.outbox] == [f"<{found.public_id.hex}@localhost>"]

    def test_a_name_cannot_add_a_header(self, people: People) -> None:
        told(people, name="x\nBcc: all@example.com")
        sent()
        assert mail.outbox[0].message().get_all("Bcc") is None
        assert mail.outbox[0].subject == "x Bcc: all@example.com has succeeded"

    def test_whoever_left_meanwhile_gets_none(self, people: People) -> None:
        told(people)
        Membership.objects.get(user=people.member).delete()
        assert (sent().said, mail.outbox) == ("no longer a member", [])

    def test_a_mail_server_that_refuses_is_tried_again_later(self, people: People, settings: Any) -> None:
        told(people)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        found = sent()
        assert (found.delivered_at, found.said) == (None, "ConnectionRefusedError")
        assert found.due_at is not None
        assert found.due_at > timezone.now()


class TestHooks:
    @pytest.fixture(autouse=True)
    def no_mail(self, people: People) -> None:
        Preference.objects.create(user=people.member, ways={kind: [] for kind in Kind.values})

    def test_a_webhook_is_signed_as_the_standard_says(self, people: People, receiver: Receiver) -> None:
        row = hook(people, receiver.url)
        notification = told(people)
        assert sent().said == "HTTP 200"
        headers, body = receiver.next()
        key = base64.b64decode(row.secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
        assert (
            headers["webhook-signature"] == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        )
        said = json.loads(body)
        assert (said["type"], said["timestamp"]) == ("tunedeck.succeeded", notification.created_at.isoformat())
        assert said["data"] == {
            "title": "Ticket triage has succeeded",
            "url": f"http://127.0.0.1:8000/notifications/{notification.pk}/",
            "name": "Ticket triage",
            "by": "Member",
            "provider": "Trainer",
        }

    def test_a_chat_room_gets_text_in_which_nothing_is_a_command(self, people: People, receiver: Receiver) -> None:
        hook(people, receiver.url, Hook.Style.SLACK)
        notification = told(people, Kind.FAILED, name="<!channel> & co", error="no <tokens>")
        sent()
        headers, body = receiver.next()
        assert "webhook-signature" not in headers
        assert json.loads(body) == {
            "text": "*&lt;!channel&gt; &amp; co has failed*\nThe provider said: no &lt;tokens&gt;\n"
            f"<http://127.0.0.1:8000/notifications/{notification.pk}/|Open in Tunedeck>"
        }

    def test_repeated_it_keeps_its_id(self, people: People, receiver: Receiver) -> None:
        hook(people, receiver.url)
        receiver.status = 500
        told(people)
        assert sent().said == "HTTP 500"
        receiver.status = 204
        assert sent().said == "HTTP 204"
        assert receiver.next().headers["webhook-id"] == receiver.next().headers["webhook-id"]
        assert deliver(Delivery.objects.get().pk) is False

    def test_what_is_not_taken_is_tried_later_each_time_and_given_up_after_a_day(self, people: People) -> None:
        hook(people, "http://127.0.0.1:1/")
        told(people)
        waits = []
        for _ in range(3):
            found = sent()
            assert found.due_at is not None
            waits.append((found.due_at - timezone.now()).total_seconds())
        assert found.said == "could not be reached"
        assert waits == pytest.approx([5, 10, 20], abs=1)
        Delivery.objects.update(created_at=timezone.now() - timedelta(days=1))
        assert sent().is_given_up

    @pytest.mark.parametrize(
        "url", ["http://169.254.169.254/latest", "http://2852039166/", "http://[::ffff:169.254.169.254]/", "ftp://x/"]
    )
    def test_nothing_is_sent_where_a_cloud_keeps_its_secrets(self, people: People, url: str) -> None:
        def never(request: httpx.Request) -> httpx.Response:
            raise AssertionError(request.url)

        hook(people, url)
        told(people)
        deliver(Delivery.objects.get().pk, httpx.MockTransport(never))
        found = Delivery.objects.get()
        assert found.delivered_at is None
        assert url not in found.said

    def test_a_redirect_is_not_followed(self, people: People) -> None:
        asked: list[str] = []

        def elsewhere(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            return httpx.Response(307, headers={"Location": "http://169.254.169.254/"})

        hook(people, "http://a.test/x")
        told(people)
        deliver(Delivery.objects.get().pk, httpx.MockTransport(elsewhere))
        assert (asked, Delivery.objects.get().said) == (["http://a.test/x"], "HTTP 307")

    def test_an_address_that_cannot_be_read_any_more_is_said(self, people: People, settings: Any) -> None:
        hook(people, "http://a.test/")
        settings.FIELD_KEYS = ["another"]
        told(people)
        assert sent().said == "Undecipherable"

    def test_one_message_at_a_time_goes_to_a_hook(self, people: People) -> None:
        first, second = hook(people, "http://a.test/"), hook(people, "http://b.test/")
        for number in range(3):
            told(people, key=f"fine-tune:{number}")
        due = Delivery.objects.next(10)
        assert sorted(Delivery.objects.filter(pk__in=due).values_list("hook", flat=True)) == [first.pk, second.pk]
        held = Delivery.objects.claim(due[0], 30)
        assert held is not None
        others = Delivery.objects.filter(pk__in=Delivery.objects.next(10)).values_list("hook", flat=True)
        assert held.hook_id not in set(others)

    def test_only_so_many_are_under_way_at_the_same_time(self, people: People) -> None:
        for number in range(4):
            hook(people, f"http://{number}.test/")
        told(people)
        assert len(Delivery.objects.next(3)) == 3
        for pk in Delivery.objects.next(2):
            Delivery.objects.claim(pk, 30)
        assert len(Delivery.objects.next(3)) == 1
        assert Delivery.objects.next(2) == []
