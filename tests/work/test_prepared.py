"""Queries that are put together once answer as those that are put together anew."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection as database
from django.db import connections
from django.db.models import F, QuerySet
from django.db.models.functions import Lower
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from connections.models import Connection
from finetunes.models import FineTune, Model
from teams.models import Membership, Organization, Role, User
from tests.conftest import People
from work.prepared import Prepared

pytestmark = pytest.mark.django_db

NAMED = Prepared(lambda name: Organization.objects.filter(name=name))
MEMBERSHIP = Prepared(lambda user, organization: Membership.objects.filter(user=user, organization=organization))
NUMBERED = Prepared(lambda *pks: User.objects.filter(pk__in=pks).order_by("-pk"))


def test_each_asking_has_its_own_values(people: People) -> None:
    for user in (people.owner, people.member, people.viewer, people.owner):
        found = MEMBERSHIP(user.pk, people.organization.pk)
        assert [(one.user_id, one.organization_id) for one in found] == [(user.pk, people.organization.pk)]
    assert MEMBERSHIP(people.organization.pk + 10_000, people.owner.pk) == []


def test_it_is_put_together_once(people: People) -> None:
    times = []

    def owners(organization: int) -> QuerySet[Membership]:
        times.append(organization)
        return Membership.objects.filter(organization=organization, role=Role.OWNER)

    prepared = Prepared(owners)
    found = [[one.user for one in prepared(people.organization.pk)] for _ in range(3)]
    assert found == [[people.owner]] * 3
    assert len(times) == 1
    assert times != [people.organization.pk], "it was put together with a value of its first use"


def test_it_asks_the_database_each_time(people: People, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    name = people.organization.name
    with django_assert_num_queries(2):
        assert NAMED(name) == NAMED(name) == [people.organization]
    Organization.objects.update(name="Another")
    assert NAMED(name) == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_as_many_values_as_are_given(people: People, number: int) -> None:
    wanted = sorted([people.owner.pk, people.member.pk, people.viewer.pk], reverse=True)[:number]
    assert [one.pk for one in NUMBERED(*reversed(wanted))] == wanted
    assert [one.pk for one in NUMBERED(*wanted, *wanted)] == wanted


def test_what_it_belongs_to_comes_with_it_and_columns_that_are_left_out_are_read_when_needed(
    people: People, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    prepared = Prepared(
        lambda user: Membership.objects.filter(user=user).select_related("organization").only("role", "organization__name")
    )
    with django_assert_num_queries(1):
        (found,) = prepared(people.member.pk)
        assert (found.role, found.organization.name) == (Role.MEMBER, people.organization.name)
    with django_assert_num_queries(1):
        assert found.created_at is not None
    found.refresh_from_db()
    assert found == Membership.objects.get(user=people.member)


def test_annotations_values_and_unions(people: People) -> None:
    annotated = Prepared(lambda pk: User.objects.filter(pk=pk).annotate(small=Lower("email")))
    assert [one.small for one in annotated(people.owner.pk)] == [people.owner.email.lower()]
    flat = Prepared(lambda pk: Membership.objects.filter(user=pk).values_list("role", flat=True))
    assert flat(people.viewer.pk) == [Role.VIEWER]

    def either(one: int, other: int) -> QuerySet[User, tuple[int, str]]:
        users = User.objects.order_by().values_list("pk", "email")
        return users.filter(pk=one).union(users.filter(pk=other))

    wanted = {(user.pk, user.email) for user in (people.owner, people.member)}
    assert set(Prepared(either)(people.owner.pk, people.member.pk)) == wanted


def test_values_are_made_of_columns_as_they_always_are(people: People) -> None:
    prepared = Prepared(lambda pk: Membership.objects.filter(user=pk))
    (found,) = prepared(people.owner.pk)
    usual = Membership.objects.get(user=people.owner)
    assert vars(found).keys() == vars(usual).keys()
    assert (found.created_at, found.from_groups) == (usual.created_at, usual.from_groups)
    assert found.created_at.tzinfo is not None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
@example("%s")
@example("'; DROP TABLE teams_user; --")
@example("\N{BULLET}0")
@example('%(name)s {} \\ "')
def test_a_word_is_a_value_whatever_it_says(people: People, name: str) -> None:
    Organization.objects.filter(pk=people.organization.pk).update(name=name)
    assert people.organization.pk in [one.pk for one in NAMED(name)]
    assert NAMED(name + "x") == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(number=st.integers())
@example(2**63)
@example(2**63 - 1)
@example(-(2**63))
@example(2**31)
@example(1_987_654_000)
@example(0)
def test_no_number_is_too_large_to_be_asked_for(people: People, number: int) -> None:
    everybody = {people.owner.pk, people.member.pk, people.viewer.pk}
    assert {one.pk for one in NUMBERED(number)} == {number} & set(User.objects.values_list("pk", flat=True))
    if number not in everybody:
        assert MEMBERSHIP(number, people.organization.pk) == []


def test_the_first_one_or_none_or_a_page_that_is_not_there(people: People) -> None:
    pk = people.organization.pk
    assert MEMBERSHIP.first(people.owner.pk, pk) == Membership.objects.get(user=people.owner)
    assert MEMBERSHIP.first(0, pk) is None
    assert MEMBERSHIP.first_or_404(people.owner.pk, pk).role == Role.OWNER
    with pytest.raises(Http404):
        MEMBERSHIP.first_or_404(0, pk)


def test_one_whose_value_does_not_reach_the_database_as_it_is_cannot_be_prepared() -> None:
    searched = Prepared(lambda word: Organization.objects.filter(name__icontains=word))
    with pytest.raises(ValueError, match="compared with a column as it is"):
        searched("acme")
    forgotten = Prepared(lambda one, other: User.objects.filter(pk=one))
    with pytest.raises(ValueError, match="compared with a column as it is"):
        forgotten(1, 2)


def test_what_would_be_fetched_afterwards_cannot_be_prepared() -> None:
    with pytest.raises(ValueError, match="its own rows alone"):
        Prepared(lambda pk: User.objects.filter(pk=pk).prefetch_related("memberships"))(1)


def test_values_of_its_own_stay(people: People) -> None:
    prepared = Prepared(
        lambda pk: Membership.objects.filter(organization=pk, role__in=[Role.OWNER, Role.VIEWER], user__gt=0)
    )
    assert {one.user_id for one in prepared(people.organization.pk)} == {people.owner.pk, people.viewer.pk}
    moved = Prepared(lambda pk: User.objects.filter(pk=pk, email=F("email")))
    assert moved(people.owner.pk) == [people.owner]


def test_it_asks_in_words_that_the_usual_query_has(people: People) -> None:
    for pk in (people.organization.pk, people.organization.pk + 1):
        with CaptureQueriesContext(database) as asked:
            list(FineTune.objects.filter(organization=pk).for_page())
            Prepared(lambda one: FineTune.objects.filter(organization=one).for_page())(pk)
        usual, prepared = (query["sql"] for query in asked)
        assert prepared == usual


@pytest.mark.django_db(transaction=True)
def test_threads_use_their_own_connections(people: People) -> None:
    def asked(pk: int) -> list[int]:
        try:
            return [one.pk for one in NUMBERED(pk) for _ in range(20) if NUMBERED(pk)]
        finally:
            connections.close_all()

    wanted = [people.owner.pk, people.member.pk, people.viewer.pk, people.owner.pk] * 5
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(asked, wanted)) == [[pk] * 20 for pk in wanted]


DAYS = [date(2026, 11, 22), date(1, 1, 1), date(9999, 12, 31), date(9000, 1, 1)]


@pytest.mark.parametrize("today", DAYS)
def test_a_day_is_a_value_too(people: People, today: date) -> None:
    mine = people.organization
    at = Connection.objects.create(organization=mine, name="c", base_url="http://example.com/v1", dialect="jobs", key="k")
    model = Model.objects.create(organization=mine, connection=at, name="ft:a", base_model="a")
    prepared = Prepared(lambda organization, today: Model.objects.filter(organization=organization).usable(today))
    for ends in (None, *DAYS):
        Model.objects.filter(pk=model.pk).update(shutdown_date=ends)
        usual = list(Model.objects.of(mine).usable(today))
        assert prepared(mine.pk, today) == usual
        assert bool(usual) == (ends is None or ends >= today)
