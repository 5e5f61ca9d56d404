"""Whatever somebody's memberships are, a gate lets through exactly those who may pass it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, override_settings
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from teams.access import ACTIVE
from teams.models import Membership, Organization, Role, User
from tests.conftest import signed_in
from tests.security.asking import sent_to_sign_in, undone

ORDER = [Role.VIEWER, Role.MEMBER, Role.OWNER]
ROLES = st.lists(st.sampled_from([None, *ORDER]), min_size=3, max_size=3)
"""Somebody's role in each of three organizations; None: none."""
CHOSEN = st.sampled_from([None, 0, 1, 2, "stale", "strange"])


@pytest.fixture(scope="module")
def organizations(db: None) -> Iterator[list[Organization]]:
    with override_settings(ROOT_URLCONF="tests.teams.gated_urls"):
        yield [Organization.objects.create(name=f"Org{number}", slug=f"org{number}") for number in range(3)]


def expected(roles: list[Role | None], chosen: int | str | None) -> int | None:
    """Return the number of the organization in which somebody acts: what they chose, else where they came first."""
    own = [number for number, role in enumerate(roles) if role is not None]
    return chosen if isinstance(chosen, int) and chosen in own else next(iter(own), None)


def client_of(organizations: list[Organization], user: User, chosen: int | str | None) -> Client:
    client = signed_in(user)
    session = client.session
    keys: dict[int | str | None, object] = {"stale": 10**9, "strange": -1}
    session[ACTIVE] = organizations[chosen].pk if isinstance(chosen, int) else keys.get(chosen)
    session.save()
    return client


@profile(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    roles=ROLES,
    chosen=CHOSEN,
    needs=st.sampled_from(ORDER),
    active=st.sampled_from([True, True, True, False]),
    removed=st.sampled_from([None, None, 0, 1, 2]),
)
def test_a_gate_opens_for_those_who_may_pass_and_nobody_else(
    organizations: list[Organization],
    roles: list[Role | None],
    chosen: int | str | None,
    needs: Role,
    active: bool,
    removed: int | None,
) -> None:
    with undone({}):
        user = User.objects.create_user("somebody@example.com", "x", name="Somebody")
        for number, role in enumerate(roles):
            if role is not None:
                Membership.objects.create(user=user, organization=organizations[number], role=role)
        client = client_of(organizations, user, chosen)
        if removed is not None:  # while they are signed in
            Membership.objects.filter(user=user, organization=organizations[removed]).delete()
            roles = [None if number == removed else role for number, role in enumerate(roles)]
        User.objects.filter(pk=user.pk).update(is_active=active)
        answer = client.get(f"/now/{needs}/")
        acts_in = expected(roles, chosen)
        role = None if acts_in is None else roles[acts_in]
        if not active:
            assert sent_to_sign_in(answer)
        elif role is not None and ORDER.index(role) >= ORDER.index(needs):
            assert answer.content.decode() == f"Org{acts_in} {role}"
        else:
            assert answer.status_code == 403


def test_a_session_ends_with_the_person_s_password(organizations: list[Organization]) -> None:
    with undone({}):
        user = User.objects.create_user("somebody@example.com", "x", name="Somebody")
        Membership.objects.create(user=user, organization=organizations[0], role=Role.OWNER)
        client = signed_in(user)
        assert client.get("/now/owner/").status_code == 200
        user.set_password("another")
        user.save()
        assert sent_to_sign_in(client.get("/now/owner/"))
        assert settings.SESSION_COOKIE_HTTPONLY
