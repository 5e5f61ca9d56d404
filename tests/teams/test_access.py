"""Who gets through which gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from teams.models import Membership, Organization, Role, User
from tests.conftest import People, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.teams.gated_urls")]

PASSES = [(has, needs) for has in Role for needs in Role]


@pytest.mark.parametrize(("has", "needs"), PASSES)
def test_a_gate_lets_its_role_and_higher_ones_through(people: People, has: Role, needs: Role) -> None:
    answer = signed_in(getattr(people, has)).get(f"/now/{needs}/")
    order = [Role.VIEWER, Role.MEMBER, Role.OWNER]
    if order.index(has) >= order.index(needs):
        assert answer.status_code == 200
        assert answer.content.decode() == f"Example Org {has}"
    else:
        assert answer.status_code == 403
        assert "This is not open to you" in answer.content.decode()


def test_a_refusal_says_who_may(people: People) -> None:
    viewer = signed_in(people.viewer)
    assert "Only owners may do this" in viewer.get("/now/owner/").content.decode()
    assert "An owner can make you a member" in viewer.get("/now/member/").content.decode()


@pytest.mark.parametrize("needs", Role)
def test_strangers_are_sent_to_sign_in_and_come_back(client: Client, needs: Role) -> None:
    answer = client.get(f"/now/{needs}/?page=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/accounts/login/?next=/now/{needs}/%3Fpage%3D2"


def test_after_a_refused_post_a_stranger_comes_back_to_the_first_page(client: Client) -> None:
    assert client.post("/now/viewer/").headers["Location"] == "/accounts/login/?next=/"


def test_after_a_refused_fragment_a_stranger_comes_back_to_the_page_around_it(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/datasets/7/?tab=checks"}
    answer = client.get("/now/viewer/", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/datasets/7/%3Ftab%3Dchecks"


def test_somebody_without_an_organization_is_told_so() -> None:
    answer = signed_in(User.objects.create_user("alone@example.com")).get("/now/viewer/")
    assert answer.status_code == 403
    assert "You belong to no organization" in answer.content.decode()


def test_signing_in_is_enough_for_pages_of_ones_own(people: People, client: Client) -> None:
    assert client.get("/signed-in/").status_code == 302
    assert signed_in(User.objects.create_user("alone@example.com")).get("/signed-in/").content == b"none"
    assert signed_in(people.viewer).get("/signed-in/").content == b"Example Org"


def test_the_organization_that_was_chosen_last_is_the_active_one(people: People) -> None:
    second = Organization.objects.create(name="Second", slug="second")
    Membership.objects.create(user=people.owner, organization=second, role=Role.VIEWER)
    client = signed_in(people.owner)
    assert client.get("/now/viewer/").content == b"Example Org owner"
    assert client.post(f"/organizations/{second.pk}/choose/").status_code == 302
    assert client.get("/now/viewer/").content == b"Second viewer"
    assert client.get("/now/owner/").status_code == 403, "the role of another organization must not count here"


def test_an_organization_one_does_not_belong_to_cannot_be_chosen(people: People) -> None:
    client = signed_in(people.owner)
    elsewhere = Organization.objects.get(slug="elsewhere")
    assert client.post(f"/organizations/{elsewhere.pk}/choose/").status_code == 404
    session = client.session
    session["organization_id"] = elsewhere.pk
    session.save()
    assert client.get("/now/viewer/").content == b"Example Org owner", "a stale choice falls back to an own one"


def test_a_removed_member_is_out_at_once(people: People) -> None:
    client = signed_in(people.member)
    assert client.get("/now/member/").status_code == 200
    Membership.objects.get(user=people.member).delete()
    assert client.get("/now/member/").status_code == 403


def test_every_view_of_teams_connections_and_notifications_names_its_gate() -> None:
    without = [
        f"{app}:{name}"
        for app in ("teams", "connections", "notifications")
        for name, view in named_views(app)
        if not hasattr(view, "least_role")
    ]
    assert without == []


def named_views(app: str) -> list[tuple[str, object]]:
    def walk(patterns: Sequence[Any], inside: bool) -> list[tuple[str, object]]:
        found: list[tuple[str, object]] = []
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                found += walk(pattern.url_patterns, inside or getattr(pattern, "app_name", None) == app)
            elif inside:
                found.append((pattern.name, pattern.callback))
        return found

    views = walk(get_resolver("tests.teams.gated_urls").url_patterns, inside=False)
    assert views
    return views
