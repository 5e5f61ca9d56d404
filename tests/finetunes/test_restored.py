"""A backup is restored: what was sent after it was made is found at the provider and not sent a second time."""

from __future__ import annotations

from typing import Any

import pytest
from django.forms.models import model_to_dict

from finetunes.models import FineTune, Upload
from finetunes.restored import doubt_what_was_not_sent
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.provider import Provider
from tests.finetunes.stepping import step, steps

CREATE = {"legacy": "/fine-tunes", "jobs": "/fine_tuning/jobs"}
DIALECTS = [("legacy", "ada"), ("jobs", "babbage-002")]


@pytest.fixture
def provider() -> Provider:
    return Provider(promises_to_honour_keys=False)


def back_to(rows: list[Any]) -> None:
    """Bring rows back as they were, as a restored database has them."""
    for row in rows:
        row.save()


def state() -> list[Any]:
    return [*FineTune.objects.all(), *Upload.objects.all()]


@pytest.mark.parametrize(("dialect", "base"), DIALECTS)
def test_what_was_sent_after_the_backup_is_found_and_not_paid_twice(
    people: People, connection: Any, version: Any, provider: Provider, dialect: Any, base: str
) -> None:
    intent = new_fine_tune(people, connection, version, base_model=base)
    Upload.objects.create(version=version, connection=connection, part="training", due_at=intent.due_at)
    Upload.objects.create(version=version, connection=connection, part="validation", due_at=intent.due_at)
    backup = state()
    sent = steps(intent, provider.client(dialect), 3)
    assert sent.remote_id
    back_to(backup)
    assert FineTune.objects.get().remote_id == ""

    assert doubt_what_was_not_sent() == 1
    found = steps(intent, provider.client(dialect), 3)
    assert found.remote_id == sent.remote_id
    assert found.training_file_id == sent.training_file_id
    assert len(provider.sent("POST", CREATE[dialect])) == 1
    assert len(provider.sent("POST", "/files")) == 2, "the files were found by their names"


@pytest.mark.parametrize(("dialect", "base"), DIALECTS)
def test_what_was_never_sent_goes_out_once(
    people: People, connection: Any, version: Any, provider: Provider, dialect: Any, base: str
) -> None:
    intent = new_fine_tune(people, connection, version, base_model=base)
    doubt_what_was_not_sent()
    row = steps(intent, provider.client(dialect), 4)
    assert row.remote_id
    assert not row.in_doubt
    assert len(provider.sent("POST", CREATE[dialect])) == 1


def test_what_was_sent_or_has_ended_is_left_as_it_is(
    people: People, connection: Any, version: Any, provider: Provider
) -> None:
    sent = steps(new_fine_tune(people, connection, version, base_model="babbage-002"), provider.client("jobs"), 3)
    ended = new_fine_tune(people, connection, version, base_model="ada")
    FineTune.objects.filter(pk=ended.pk).update(status=Status.CANCELLED, due_at=None)
    before = [model_to_dict(row) for row in state()]
    assert doubt_what_was_not_sent() == 0
    assert [model_to_dict(row) for row in state()] == before
    assert step(sent, provider.client("jobs")).remote_id == sent.remote_id
