"""The team page, and what owners change on it."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from teams import members
from teams.models import AuditEntry, Membership, Organization, Role, User
from tests.conftest import People, signed_in

pytestmark = pytest.mark.django_db


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user)


def address(user: User, what: str) -> str:
    return f"/team/members/{membership(user).pk}/{what}/"


class TestThePage:
    def test_owners_see_who_is_in_the_organization(self, owner_client: Client, people: People) -> None:
        page = owner_client.get("/team/").content.decode()
        for email in ("owner@example.com", "member@example.com", "viewer@example.com"):
            assert email in page
        assert "outsider@example.com" not in page
        assert "/team/invitations/" in page

    def test_others_are_told_who_the_owners_are_and_nothing_of_the_rest(self, people: People) -> None:
        for user in (people.member, people.viewer):
            answer = signed_in(user).get("/team/")
            assert answer.status_code == 403
            page = answer.content.decode()
            assert "owner@example.com" in page
            assert 'href="/team/"' not in page
            for email in {"member@example.com", "viewer@example.com"} - {user.email}:
                assert email not in page

    def test_names_cannot_carry_markup(self, owner_client: Client, people: People) -> None:
        User.objects.filter(pk=people.member.pk).update(name="<script>alert(1)</script>")
        page = owner_client.get("/team/").content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;" in page

    def test_more_people_do_not_mean_more_queries(
        self, owner_client: Client, people: People, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(20):
            user = User.objects.create_user(f"p{number}@example.com")
            Membership.objects.create(user=user, organization=people.organization)
        with django_assert_max_num_queries(7):
            owner_client.get("/team/")


class TestRoles:
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, Role.OWNER])
    def test_an_owner_changes_them(self, owner_client: Client, people: People, role: Role) -> None:
        owner_client.post(address(people.viewer, "role"), {"role": role})
        assert membership(people.viewer).role == role

    def test_a_change_is_on_record_with_before_and_after(self, owner_client: Client, people: People) -> None:
        owner_client.post(address(people.member, "role"), {"role": "viewer"})
        entry = AuditEntry.objects.get(action="member.role-changed")
        assert entry.actor == people.owner
        assert entry.details == {"before": "member", "after": "viewer"}

    def test_the_same_role_again_is_no_change(self, owner_client: Client, people: People) -> None:
        owner_client.post(address(people.member, "role"), {"role": "member"})
        assert not AuditEntry.objects.exists()

    def test_a_role_that_does_not_exist_changes_nothing(self, owner_client: Client, people: People) -> None:
        owner_client.post(address(people.member, "role"), {"role": "king"})
        assert membership(people.member).role == Role.MEMBER

    def test_the_last_owner_stays_one(self, owner_client: Client, people: People) -> None:
        page = owner_client.post(address(people.owner, "role"), {"role": "viewer"}, follow=True).content.decode()
        assert "needs at least one owner" in page
        assert membership(people.owner).role == Role.OWNER

    def test_with_a_second_owner_the_first_may_step_back(self, owner_client: Client, people: People) -> None:
        owner_client.post(address(people.member, "role"), {"role": "owner"})
        owner_client.post(address(people.owner, "role"), {"role": "viewer"})
        assert membership(people.owner).role == Role.VIEWER

    def test_two_owners_who_step_back_at_once_leave_one(self, people: People) -> None:
        members.change_role(membership(people.member), Role.OWNER)
        one, other = membership(people.owner), membership(people.member)
        members.change_role(one, Role.VIEWER)
        with pytest.raises(members.LastOwner):
            members.change_role(other, Role.VIEWER)
        assert Membership.objects.of(people.organization).owners().count() == 1

    def test_nobody_else_changes_them(self, member_client: Client, outsider_client: Client, people: People) -> None:
        assert member_client.post(address(people.member, "role"), {"role": "owner"}).status_code == 403
        assert outsider_client.post(address(people.member, "role"), {"role": "owner"}).status_code == 404
        assert membership(people.member).role == Role.MEMBER


class TestLeaving:
    def test_an_owner_removes_somebody(self, owner_client: Client, people: People) -> None:
        page = owner_client.post(address(people.member, "remove"), follow=True).content.decode()
        assert "no longer a member" in page
        assert not people.member.memberships.exists()
        assert User.objects.filter(pk=people.member.pk).exists(), "the account may belong to other organizations"
        assert AuditEntry.objects.get(action="member.removed").target_name == "Member"

    def test_the_last_owner_cannot_be_removed_or_leave(self, owner_client: Client, people: People) -> None:
        for path in (address(people.owner, "remove"), "/team/leave/"):
            assert "needs at least one owner" in owner_client.post(path, follow=True).content.decode()
        assert membership(people.owner).role == Role.OWNER

    def test_anybody_else_may_leave(self, viewer_client: Client, people: People) -> None:
        assert "/team/leave/" in viewer_client.get("/organizations/").content.decode()
        page = viewer_client.post("/team/leave/", follow=True).content.decode()
        assert "You have left Example Org" in page
        assert not people.viewer.memberships.exists()
        assert AuditEntry.objects.get(action="member.left").actor == people.viewer

    def test_nobody_else_removes(self, member_client: Client, outsider_client: Client, people: People) -> None:
        assert member_client.post(address(people.viewer, "remove")).status_code == 403
        assert outsider_client.post(address(people.viewer, "remove")).status_code == 404
        assert people.viewer.memberships.exists()

    def test_a_link_alone_changes_nothing(self, owner_client: Client, people: People) -> None:
        for path in (address(people.viewer, "remove"), address(people.viewer, "role"), "/team/leave/"):
            assert owner_client.get(path).status_code == 405


class TestTheOrganization:
    def test_an_owner_renames_it(self, owner_client: Client, people: People) -> None:
        owner_client.post("/team/name/", {"name": "New Name"})
        people.organization.refresh_from_db()
        assert people.organization.name == "New Name"
        assert AuditEntry.objects.get(action="organization.renamed").details == {"before": "Example Org"}

    def test_it_must_have_a_name(self, owner_client: Client, people: People) -> None:
        answer = owner_client.post("/team/name/", {"name": " "})
        assert answer.status_code == 422
        assert "Example Org" in answer.content.decode()

    def test_members_do_not_rename_it(self, member_client: Client) -> None:
        assert member_client.post("/team/name/", {"name": "Mine"}).status_code == 403

    def test_a_person_sees_their_organizations_and_no_others(self, people: People) -> None:
        second = Organization.objects.create(name="Second Org", slug="second")
        Membership.objects.create(user=people.member, organization=second, role=Role.VIEWER)
        page = signed_in(people.member).get("/organizations/").content.decode()
        assert "Second Org" in page
        assert "3 people" in page
        assert "Elsewhere" not in page

    def test_without_one_the_page_says_what_to_do(self) -> None:
        client = signed_in(User.objects.create_user("alone@example.com"))
        assert "Ask an owner for an invitation link" in client.get("/organizations/").content.decode()
