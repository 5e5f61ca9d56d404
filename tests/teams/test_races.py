"""Real threads with connections of their own do at the same moment what only one of them may."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from teams import audit, invitations, members, sign_in
from teams.audit.verify import verify
from teams.models import AuditChain, Invitation, Membership, Role, SignInLink, User
from tests.conftest import People

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], bool]) -> list[bool]:
    """Run the deeds in threads that start together; return, sorted, which of them succeeded."""
    start = threading.Barrier(len(deeds))
    done: list[bool] = []

    def run(deed: Callable[[], bool]) -> None:
        try:
            start.wait()
            done.append(patiently(deed))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(deeds)
    return sorted(done)


def patiently(deed: Callable[[], bool]) -> bool:
    """Repeat while the database in memory says that it is busy; one on disk waits by itself."""
    while True:
        try:
            return deed()
        except OperationalError as error:
            if "locked" not in str(error):
                raise


def test_two_owners_who_step_back_at_once_leave_one(people: People) -> None:
    Membership.objects.filter(user=people.member).update(role=Role.OWNER)

    def step_back(user: User) -> Callable[[], bool]:
        def deed() -> bool:
            try:
                members.change_role(Membership.objects.select_related("organization").get(user=user), Role.VIEWER)
            except members.LastOwner:
                return False
            return True

        return deed

    assert at_once(step_back(people.owner), step_back(people.member)) == [False, True]
    assert Membership.objects.of(people.organization).owners().count() == 1


def test_a_link_opened_in_two_places_at_once_signs_in_at_one(people: People) -> None:
    sign_in.make_link(people.member)
    links = [SignInLink.objects.get() for _place in range(4)]
    assert at_once(*(link.use for link in links)) == [False, False, False, True]


def test_an_invitation_accepted_twice_at_once_makes_one_member(people: People) -> None:
    invitations.invite(people.organization, role=Role.MEMBER, email="", invited_by=people.owner)

    def join(number: int) -> Callable[[], bool]:
        invitation = Invitation.objects.select_related("organization").get()

        def deed() -> bool:
            try:
                invitations.join_as_new(invitation, email=f"p{number}@example.com", name="P", password="a long phrase")
            except invitations.CannotJoin:
                return False
            return True

        return deed

    assert at_once(*map(join, range(3))) == [False, False, True]
    assert User.objects.filter(name="P").count() == 1


def test_an_invitation_withdrawn_while_it_is_accepted_is_one_or_the_other(people: People) -> None:
    invitations.invite(people.organization, role=Role.MEMBER, email="", invited_by=people.owner)
    accepting, withdrawing = Invitation.objects.get(), Invitation.objects.get()
    assert at_once(accepting.use, withdrawing.revoke) == [False, True]
    state = Invitation.objects.get()
    assert (state.used_at is None) != (state.revoked_at is None)


def test_many_who_write_into_the_record_at_once_make_one_chain(people: People) -> None:
    def write(number: int) -> Callable[[], bool]:
        def deed() -> bool:
            for part in range(5):
                audit.note(people.organization, "dataset.uploaded", writer=number, part=part)
            return True

        return deed

    assert all(at_once(*map(write, range(8))))
    verdict = verify(AuditChain.objects.get(organization=people.organization))
    assert (verdict.why, verdict.number) == ("", 40)
