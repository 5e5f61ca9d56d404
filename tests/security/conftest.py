"""The database of these tests is filled once for a module: pages are only asked, and what they do is undone."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.security.asking import Visitor, visitors
from tests.security.seed import Planted, plant, provided


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One transaction for a module, instead of one for each test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def planted(db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files")), provided() as base_url:
        yield plant(base_url)


@pytest.fixture(scope="module")
def everybody(planted: Planted) -> dict[str, Visitor]:
    return visitors(planted)


@pytest.fixture(autouse=True)
def refusals_are_not_news(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "django.request")
