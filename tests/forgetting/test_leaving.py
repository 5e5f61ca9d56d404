"""Before a member is removed the page says what stays, what ends, and who is told in their place."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from connections.models import Connection
from finetunes.models import FineTune
from forgetting import leaving
from notifications.kinds import AUDIENCES, Audience
from notifications.models import Preference
from playground.models import Preset
from teams.models import Membership, Role, User
from tests.conftest import People

pytestmark = pytest.mark.django_db


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user)


def page(client: Client, user: User) -> str:
    return client.get(f"/team/members/{membership(user).pk}/leaving/").content.decode()


@pytest.fixture
def made(people: People) -> None:
    """Let the member have made a connection, two prompts, and three fine-tunes of which one runs."""
    mine = {"organization": people.organization, "created_by": people.member}
    connection = Connection.objects.create(**mine, name="Provider", base_url="http://127.0.0.1:9/v1", dialect="both")
    for name in ("one", "two"):
        Preset.objects.create(**mine, name=name, format="chat", entered={}, key="1")
    for status in ("succeeded", "failed", "running"):
        FineTune.objects.create(
            organization=people.organization,
            connection=connection,
            started_by=people.member,
            name=status,
            status=status,
            settled_at=None if status == "running" else people.member.date_joined,
        )


@pytest.mark.usefixtures("made")
def test_what_they_made_is_counted_in_one_question(
    people: People, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    member = membership(people.member)
    with django_assert_num_queries(2):
        found = leaving.of(member)
    assert found.stays == [("Fine-tunes", 3), ("Shared prompts", 2), ("Connections", 1)]
    assert found.running == 1


@pytest.mark.usefixtures("made")
def test_the_page_says_what_stays_and_what_goes_on(owner_client: Client, people: People) -> None:
    said = page(owner_client, people.member)
    assert "belongs to the organization and stays" in said
    assert "1 of their fine-tunes is still under way" in said
    assert "signed out everywhere" in said
    assert Membership.objects.filter(user=people.member).exists(), "looking removes nobody"


def test_what_others_made_is_not_counted(people: People, made: None) -> None:
    assert leaving.of(membership(people.viewer)).stays == []


def test_who_belongs_elsewhere_keeps_their_sessions(owner_client: Client, people: People) -> None:
    elsewhere = membership(people.outsider).organization
    Membership.objects.create(user=people.member, organization=elsewhere)
    member = Membership.objects.get(user=people.member, organization=people.organization)
    said = owner_client.get(f"/team/members/{member.pk}/leaving/").content.decode()
    assert "they belong to another organization too" in said
    assert "signed out everywhere" not in said


def test_what_only_they_are_told_of_is_named_with_who_could_be(owner_client: Client, people: People) -> None:
    membership_of_viewer = membership(people.viewer)
    Membership.objects.filter(pk=membership_of_viewer.pk).update(role=Role.OWNER)
    assert "Only they are told" not in page(owner_client, people.viewer)
    silent: dict[str, list[str]] = {kind.value: [] for kind, audience in AUDIENCES.items() if audience == Audience.OWNERS}
    Preference.objects.create(user=people.owner, ways=silent)
    said = page(owner_client, people.viewer)
    assert "Only they are told" in said
    assert "waits for an owner’s approval" in said
    assert str(people.owner) in said


def test_a_member_is_no_receiver_of_what_is_the_owners(owner_client: Client, people: People) -> None:
    Preference.objects.create(user=people.owner, ways={kind.value: [] for kind in AUDIENCES})
    assert "Only they are told" not in page(owner_client, people.member)


def test_one_does_not_remove_oneself_here_nor_anybody_elsewhere(owner_client: Client, people: People) -> None:
    for user in (people.owner, people.outsider):
        assert owner_client.get(f"/team/members/{membership(user).pk}/leaving/").status_code == 404


def test_the_team_page_leads_there(owner_client: Client, people: People) -> None:
    assert f"/team/members/{membership(people.member).pk}/leaving/" in owner_client.get("/team/").content.decode()
