"""Rows of what has ended: drawn once, and anew when anything that they show has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from connections.models import Connection
from datasets.models import Dataset
from finetunes.live import rows
from finetunes.models import FineTune
from finetunes.statuses import Status
from teams import looks
from teams.looks import Look
from teams.models import User
from tests.finetunes.test_stream import say

pytestmark = pytest.mark.django_db


def hours_ago() -> datetime:
    """Long enough for no row to grow older while it is looked at."""
    return timezone.now() - timedelta(hours=5, minutes=30)


def test_a_row_of_what_has_ended_is_drawn_once(fine_tune: FineTune, monkeypatch: pytest.MonkeyPatch) -> None:
    say(fine_tune, status=Status.SUCCEEDED, created_at=hours_ago())
    drawn = rows.draw(FineTune.objects.light().get())
    monkeypatch.setattr(rows, "_draw", None)  # to call it would be an error
    assert rows.draw(FineTune.objects.light().get()) == drawn


@pytest.mark.parametrize(
    "change",
    [
        lambda one: say(one, summary={"validation_loss": {"last": 0.25}}),
        lambda one: say(one, gone_at=timezone.now()),
        lambda one: FineTune.objects.update(name="Another name"),
        lambda one: FineTune.objects.update(verdict={"findings": [{"code": "diverged", "numbers": {}}]}),
        lambda one: Connection.objects.update(name="Another name"),
        lambda one: Dataset.objects.update(name="Another name"),
        lambda one: User.objects.update(name="Another name"),
        lambda one: FineTune.objects.update(started_by=None),
        lambda one: FineTune.objects.update(created_at=timezone.now() - timedelta(days=3)),
    ],
)
def test_a_row_that_was_kept_is_drawn_anew_when_anything_that_it_shows_has_changed(
    fine_tune: FineTune, change: Callable[[FineTune], object]
) -> None:
    verdict = {"findings": [{"code": "over-fitting", "numbers": {}}]}
    say(fine_tune, status=Status.SUCCEEDED, created_at=hours_ago(), verdict=verdict)
    before = rows.draw(FineTune.objects.light().get())
    change(fine_tune)
    after = rows.draw(FineTune.objects.light().get())
    assert after != before
    assert after == rows._draw(FineTune.objects.light().get(), is_chosen=False)


def test_a_row_grows_older_and_is_drawn_as_its_reader_wants_it(fine_tune: FineTune) -> None:
    say(fine_tune, status=Status.SUCCEEDED, created_at=hours_ago())
    one = FineTune.objects.light().get()
    before = rows.draw(one)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert "2 d" in rows.draw(one)
    for look in (Look("en", "dots", "", ""), Look("en", "", "", "Asia/Tokyo"), Look("en", "", "dot", "")):
        with looks.worn(look):
            assert rows.draw(one) == rows._draw(one, is_chosen=False)
    assert rows.draw(one) == before


def test_one_that_is_chosen_is_ticked_and_nobody_elses(fine_tune: FineTune) -> None:
    say(fine_tune, status=Status.SUCCEEDED, created_at=hours_ago())
    one = FineTune.objects.light().get()
    assert [" checked" in rows.draw(one, chosen) for chosen in (False, True, False)] == [False, True, False]
