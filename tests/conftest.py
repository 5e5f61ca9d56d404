"""Fixtures that every package's tests share: an organization with three people, one of each role, and an outsider."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import Client

from config.database import REMEMBERED
from config.left import Task
from teams.models import Membership, Organization, Role, User
from work import trace

hypothesis.settings.register_profile("unhurried", deadline=None)  # a busy machine makes no test wrong
hypothesis.settings.load_profile("unhurried")

pytest_plugins = ["tests.order", "tests.tables", "tests.trainer.live", "tests.browser.person"]


@pytest.fixture(scope="session", autouse=True)
def throw_away_data() -> Iterator[None]:
    yield
    shutil.rmtree(settings.DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Ask PostgreSQL as web processes do, which is stricter than workers are."""
    from django.db import connection

    if connection.vendor == "postgresql":
        connection.settings_dict["OPTIONS"] |= REMEMBERED


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """Begin with the empty tables that were made for the whole run. They go with the data folder."""
    from django.db import connection

    from tests.tables import tables

    if connection.vendor == "sqlite":
        shutil.copyfile(tables(), connection.settings_dict["TEST"]["NAME"])
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session", autouse=True)
def emptied_after_tests_with_transactions() -> Iterator[None]:
    """The database refuses to remove entries of the audit log, but must be emptied between such tests."""
    from django.db import connection

    with pytest.MonkeyPatch.context() as patch:
        operations, flush = type(connection.ops), type(connection.ops).sql_flush
        permit, end = "INSERT INTO teams_auditpermit (reason) VALUES ('tests')", "DELETE FROM teams_auditpermit"

        def permitted(self: Any, *args: Any, **kwargs: Any) -> list[str]:
            statements = [
                one for one in flush(self, *args, **kwargs) if one.rstrip(";") != 'DELETE FROM "teams_auditpermit"'
            ]
            return [permit, *statements, end]

        patch.setattr(operations, "sql_flush", permitted)
        yield


@pytest.fixture(autouse=True)
def messages_go_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring of the doorbell is not a run of the task: tests call tasks themselves."""
    from celery.app.task import Task as CeleryTask

    monkeypatch.setattr(CeleryTask, "apply_async", lambda self, *args, **kwargs: None)


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    """Counts of attempts and lists of base models live in the cache; whom a thread worked for
    last in its context; how the last task ended in its process."""
    for cache in caches.all(initialized_only=True):
        cache.clear()
    trace.begin({})
    Task.ended_badly = False


@dataclass
class People:
    organization: Organization
    owner: User
    member: User
    viewer: User
    outsider: User  # owner of another organization


@pytest.fixture
def people(db: Any) -> People:
    organization = Organization.objects.create(name="Example Org", slug="example")
    elsewhere = Organization.objects.create(name="Elsewhere", slug="elsewhere")
    made = {
        role: User.objects.create_user(f"{role}@example.com", "correct horse", name=role.title()) for role in Role.values
    }
    for role, user in made.items():
        Membership.objects.create(user=user, organization=organization, role=role)
    outsider = User.objects.create_user("outsider@example.com", "correct horse", name="Outsider")
    Membership.objects.create(user=outsider, organization=elsewhere, role=Role.OWNER)
    return People(organization, made["owner"], made["member"], made["viewer"], outsider)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.fixture
def owner_client(people: People) -> Client:
    return signed_in(people.owner)


@pytest.fixture
def member_client(people: People) -> Client:
    return signed_in(people.member)


@pytest.fixture
def viewer_client(people: People) -> Client:
    return signed_in(people.viewer)


@pytest.fixture
def outsider_client(people: People) -> Client:
    return signed_in(people.outsider)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real input that lies beside the project on its own machines and is never shipped with it."""
    folder = Path(settings.ROOT).parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared real input is not on this machine")
    return folder
