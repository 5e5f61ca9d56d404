from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from trainer import keys
from trainer.models import Key, Organization, Role

pytestmark = pytest.mark.django_db


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("trainer_key", *arguments, stdout=out)
    return out.getvalue()


class TestMake:
    def test_the_secret_opens_and_is_not_kept(self) -> None:
        secret = keys.make(Role.OWNER, "acme", "for the dashboard")
        key = keys.find(secret)
        assert key is not None
        assert (key.role, key.organization.slug, key.name, key.last4) == ("owner", "acme", "for the dashboard", secret[-4:])
        assert secret not in str(list(Key.objects.values()))

    def test_two_keys_of_one_organization_share_it(self) -> None:
        keys.make(Role.OWNER, "acme")
        keys.make(Role.MEMBER, "Acme")
        assert Organization.objects.count() == 1

    def test_a_role_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(ValueError, match="viewer"):
            keys.make("viewer")


class TestEnsure:
    def test_a_known_secret_stays_as_it_is(self) -> None:
        first = keys.ensure("sk-chosen-by-the-operator", role="owner")
        again = keys.ensure("sk-chosen-by-the-operator", role="member")
        assert again == first
        assert again.role == "owner"

    def test_it_belongs_to_the_organization_of_a_private_account(self) -> None:
        assert keys.ensure("sk-chosen", role="owner").organization.slug == "personal"


class TestRevoke:
    def test_a_revoked_key_opens_nothing(self) -> None:
        secret = keys.make(Role.OWNER)
        keys.revoke(Key.objects.get())
        assert keys.find(secret) is None

    def test_an_unknown_secret_opens_nothing(self, db: Any) -> None:
        assert keys.find("sk-wrong") is None


class TestCommand:
    def test_create_prints_the_secret_and_nothing_else(self) -> None:
        secret = command("create", "--role", "owner", "--organization", "acme").strip()
        key = keys.find(secret)
        assert key is not None
        assert key.role == "owner"

    def test_list_shows_keys_without_their_secrets(self) -> None:
        secret = command("create", "--name", "laptop").strip()
        listed = command("list")
        assert f"…{secret[-4:]}" in listed
        assert "laptop" in listed
        assert "valid" in listed
        assert secret not in listed

    def test_revoke_makes_a_key_useless(self) -> None:
        secret = command("create").strip()
        command("revoke", str(Key.objects.get().pk))
        assert keys.find(secret) is None
        assert "revoked" in command("list")

    def test_revoking_an_unknown_key_is_said(self) -> None:
        with pytest.raises(CommandError, match="There is no key 99"):
            command("revoke", "99")
