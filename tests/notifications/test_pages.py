"""The bell, the list, what each person chooses, and the programs that owners have told."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from notifications.kinds import Kind
from notifications.models import Hook, Preference, Receipt
from teams.models import AuditEntry, Membership, Role
from tests.conftest import People, signed_in
from tests.notifications.conftest import hook, told
from tests.trainer.receiver import Receiver

pytestmark = pytest.mark.django_db

LIST, CHOICES, HOOKS = "/notifications/", "/notifications/preferences/", "/notifications/hooks/"
SLACK = "https://hooks.slack.com/services/T000/B000/XXXXSECRET"


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestInbox:
    def test_the_bell_counts_what_is_unread(self, member_client: Client, viewer_client: Client, people: People) -> None:
        assert 'class="count"' not in member_client.get("/").content.decode()
        told(people)
        told(people, Kind.FAILED, key="another")
        page = member_client.get("/").content.decode()
        assert '<span class="count">2</span>' in page
        assert "Notifications, 2 unread" in page
        assert 'class="count"' not in viewer_client.get("/").content.decode()

    def test_the_list_tells_newest_first(self, member_client: Client, people: People) -> None:
        told(people, name="First <b>")
        told(people, Kind.FAILED, key="another", name="Second", error="No <money>")
        page = member_client.get(LIST).content.decode()
        assert page.index("Second has failed") < page.index("First &lt;b&gt; has succeeded")
        assert "The provider said: No &lt;money&gt;" in page

    def test_an_empty_list_says_what_will_be_there(self, member_client: Client) -> None:
        assert "Nothing has happened yet." in words(member_client.get(LIST))

    def test_following_one_marks_it_as_read(self, member_client: Client, people: People) -> None:
        notification = told(people)
        answer = member_client.get(f"/notifications/{notification.pk}/")
        assert answer.headers["Location"] == "/finetunes/7/"
        assert Receipt.objects.get().read_at is not None

    def test_it_leads_into_the_organization_that_it_is_of(self, people: People) -> None:
        notification = told(people)
        Membership.objects.create(user=people.outsider, organization=people.organization, role=Role.VIEWER)
        client = signed_in(people.outsider)
        assert "Elsewhere" in words(client.get(LIST))
        client.get(f"/notifications/{notification.pk}/")
        assert "Example Org" in words(client.get(LIST))

    def test_strangers_and_other_organizations_find_nothing(
        self, client: Client, outsider_client: Client, people: People
    ) -> None:
        path = f"/notifications/{told(people).pk}/"
        assert outsider_client.get(path).status_code == 404
        assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"

    def test_one_or_all_are_marked_as_read(self, member_client: Client, people: People) -> None:
        first = told(people)
        told(people, key="second")
        told(people, key="third")
        member_client.post(f"{LIST}read/", {"notification": first.pk})
        assert Receipt.objects.unread().count() == 2
        for odd in ("x", "9" * 30, "-1"):
            member_client.post(f"{LIST}read/", {"notification": odd})
        assert Receipt.objects.unread().count() == 2
        member_client.post(f"{LIST}read/")
        assert Receipt.objects.unread().count() == 0

    def test_nobody_marks_another_person_s(self, viewer_client: Client, people: People) -> None:
        told(people)
        viewer_client.post(f"{LIST}read/")
        assert Receipt.objects.unread().count() == 1

    def test_the_list_asks_as_often_for_many_as_for_one(
        self, member_client: Client, people: People, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(12):
            told(people, key=str(number))
        with django_assert_max_num_queries(8):
            member_client.get(LIST)


class TestChoices:
    def test_by_default_everything_is_told_by_both_ways(self, member_client: Client) -> None:
        page = member_client.get(CHOICES).content.decode()
        assert len(re.findall(r'type="checkbox" name="[a-z-]+\.(?:page|email)"[^>]* checked', page)) == 12

    def test_only_owners_are_asked_about_what_only_owners_get(self, member_client: Client, owner_client: Client) -> None:
        asked = "A fine-tune waits for an owner’s approval: By e-mail"
        assert asked in words(owner_client.get(CHOICES))
        assert asked not in words(member_client.get(CHOICES))

    def test_what_is_chosen_is_kept(self, member_client: Client, people: People) -> None:
        member_client.post(CHOICES, {"succeeded.page": "on", "failed.email": "on", "everybodys": "on"})
        found = Preference.objects.get()
        assert (found.user, found.everybodys) == (people.member, True)
        assert (found.by("succeeded"), found.by("failed"), found.by("shutdown")) == (["page"], ["email"], [])
        assert found.by("approval-wanted") == ["page", "email"], "what was not asked stays as it is"
        page = member_client.get(CHOICES).content.decode()
        assert len(re.findall(r"checkbox[^>]* checked", page)) == 3

    def test_a_test_mail_is_sent_and_its_end_told(self, member_client: Client, people: People) -> None:
        answer = member_client.post(f"{CHOICES}test/", follow=True)
        assert "The mail server took a mail to member@example.com." in words(answer)
        assert mail.outbox[0].to == ["member@example.com"]

    def test_a_mail_server_that_is_not_there_is_told(self, member_client: Client, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        answer = member_client.post(f"{CHOICES}test/", follow=True)
        assert "The mail could not be sent:" in words(answer)

    def test_without_a_mail_server_it_is_said_who_can_set_it_up(self, member_client: Client, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        assert "This server has no mail set up" in words(member_client.get(CHOICES))
        assert "This server has no mail set up" in words(member_client.post(f"{CHOICES}test/", follow=True))

    def test_the_settings_lead_there(self, member_client: Client) -> None:
        assert f'href="{CHOICES}"' in member_client.get("/settings/").content.decode()


class TestHooks:
    def filled(self, **changes: Any) -> dict[str, Any]:
        return {"name": "#tuning", "style": "slack", "url": SLACK, "kinds": ["failed", "succeeded"]} | changes

    def test_an_owner_adds_a_chat_room_and_its_address_is_never_seen_again(
        self, owner_client: Client, people: People
    ) -> None:
        owner_client.post(f"{HOOKS}add/", self.filled())
        row = Hook.objects.get()
        assert (row.organization, row.url, row.host, row.kinds) == (
            people.organization,
            SLACK,
            "hooks.slack.com",
            ["failed", "succeeded"],
        )
        assert "SECRET" not in Hook.objects.values_list("url", flat=True).get()
        for path in (HOOKS, f"{HOOKS}{row.pk}/", "/audit/"):
            assert "SECRET" not in owner_client.get(path).content.decode()
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.details) == ("hook.added", {"host": "hooks.slack.com", "style": "slack"})

    def test_the_secret_of_a_webhook_is_shown_once(self, owner_client: Client) -> None:
        page = owner_client.post(f"{HOOKS}add/", self.filled(style="standard", url="https://hooks.example.com/a?b=c"))
        secret = Hook.objects.get().secret
        assert secret.startswith("whsec_")
        assert secret in page.content.decode()
        assert secret not in owner_client.get(HOOKS).content.decode()

    def test_an_empty_address_keeps_the_stored_one(self, owner_client: Client, people: People) -> None:
        row = hook(people, SLACK, Hook.Style.SLACK)
        owner_client.post(f"{HOOKS}{row.pk}/", self.filled(url="", kinds=["failed"]))
        row = Hook.objects.get()
        assert (row.url, row.kinds, row.name) == (SLACK, ["failed"], "#tuning")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"url": ""}, "This field is required"),
            ({"url": "hooks.slack.com/x"}, "must begin with https://"),
            ({"url": "http://169.254.169.254/"}, "A link-local address cannot be called"),
            ({"url": "http://2852039166/"}, "A link-local address cannot be called"),
            ({"url": "https://me:secret@example.com/"}, "Leave name, password"),
            ({"kinds": []}, "Choose at least one."),
            ({"kinds": ["nonsense"]}, "not one of the available choices"),
        ],
    )
    def test_what_cannot_be_told_is_said(self, owner_client: Client, change: dict[str, Any], said: str) -> None:
        answer = owner_client.post(f"{HOOKS}add/", self.filled(**change))
        assert answer.status_code == 422
        assert said in words(answer)
        assert not Hook.objects.exists()

    def test_a_test_says_what_was_answered(self, owner_client: Client, people: People, receiver: Receiver) -> None:
        row = hook(people, receiver.url, Hook.Style.SLACK)
        said = words(owner_client.post(f"{HOOKS}{row.pk}/test/", follow=True))
        assert "Room took the test: HTTP 200" in said
        assert "This is a test from Tunedeck." in receiver.next().body
        receiver.status = 404
        said = words(owner_client.post(f"{HOOKS}{row.pk}/test/", follow=True))
        assert "Room did not take the test: HTTP 404" in said

    def test_it_is_deleted_with_its_address(self, owner_client: Client, people: People) -> None:
        row = hook(people, SLACK)
        owner_client.post(f"{HOOKS}{row.pk}/delete/")
        assert not Hook.objects.exists()
        assert AuditEntry.objects.get().action == "hook.deleted"

    def test_the_latest_messages_show_what_became_of_them(self, owner_client: Client, people: People) -> None:
        hook(people, SLACK)
        told(people)
        assert "Under way" in words(owner_client.get(HOOKS))

    def test_others_may_not_even_look(self, member_client: Client, people: People) -> None:
        row = hook(people, SLACK)
        for path in (HOOKS, f"{HOOKS}add/", f"{HOOKS}{row.pk}/"):
            assert member_client.get(path).status_code == 403
        for path in (f"{HOOKS}{row.pk}/test/", f"{HOOKS}{row.pk}/delete/"):
            assert member_client.post(path).status_code == 403

    def test_another_organization_s_is_not_there(self, outsider_client: Client, people: People) -> None:
        row = hook(people, SLACK)
        assert outsider_client.get(f"{HOOKS}{row.pk}/").status_code == 404
        assert outsider_client.post(f"{HOOKS}{row.pk}/test/").status_code == 404
        assert outsider_client.post(f"{HOOKS}{row.pk}/delete/").status_code == 404
        assert "Room" not in words(outsider_client.get(HOOKS))

    def test_a_lost_key_hides_the_address_and_breaks_no_page(
        self, owner_client: Client, people: People, settings: Any
    ) -> None:
        row = hook(people, SLACK)
        settings.FIELD_KEYS = ["another"]
        assert owner_client.get(HOOKS).status_code == 200
        assert "did not take the test" in words(owner_client.post(f"{HOOKS}{row.pk}/test/", follow=True))
        answer = owner_client.post(f"{HOOKS}{row.pk}/", self.filled(url="https://new.example.com/"))
        assert answer.status_code == 302
        assert Hook.objects.get().url == "https://new.example.com/"

    def test_addresses_and_secrets_are_encrypted_anew_when_keys_are_rotated(self, people: People, settings: Any) -> None:
        row = hook(people, SLACK)
        old = Hook.objects.filter(pk=row.pk).values_list("url", flat=True).get()
        settings.FIELD_KEYS = ["fresh", *settings.FIELD_KEYS]
        call_command("rotate_keys", stdout=StringIO())
        settings.FIELD_KEYS = ["fresh"]
        assert Hook.objects.get().url == SLACK
        assert Hook.objects.filter(pk=row.pk).values_list("url", flat=True).get() != old
