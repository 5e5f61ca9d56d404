"""Files that nothing needs do not stay at the provider; files that something needs do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import cancel, leftovers, tasks
from finetunes.models import FineTune, Leftover, Upload
from finetunes.statuses import Status
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.provider import Provider, lost, status
from tests.finetunes.stepping import end_doubt, step, steps

CREATE = "/(fine-tunes|fine_tuning/jobs)"


@pytest.fixture
def refused(fine_tune: FineTune, provider: Provider) -> FineTune:
    provider.break_next("POST", CREATE, status(400, "No such setting."))
    row = step(fine_tune, provider.client())
    assert row.status == Status.FAILED
    return row


def an_hour_passes() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Upload.objects.filter(let_go_at__isnull=False).update(let_go_at=past)


def clean_up(provider: Provider) -> None:
    leftovers.collect()
    for row in Leftover.objects.all():
        Leftover.objects.filter(pk=row.pk, due_at__isnull=False).update(due_at=timezone.now())
        held = Leftover.objects.claim(row.pk, 30)
        if held:
            leftovers.delete(held, provider.client())


def test_files_of_a_refused_fine_tune_stay_an_hour_for_whoever_starts_it_again(
    refused: FineTune, provider: Provider
) -> None:
    clean_up(provider)
    assert len(provider.files) == 2
    an_hour_passes()
    clean_up(provider)
    assert provider.files == {}
    assert not Leftover.objects.exists()
    assert not Upload.objects.exclude(remote_id="").exists()


def test_where_training_has_ended_they_go_at_once(fine_tune: FineTune, provider: Provider) -> None:
    provider.break_next("POST", CREATE, status(403, "Winding down.", code="training_not_available"))
    step(fine_tune, provider.client())
    clean_up(provider)
    assert provider.files == {}


def test_one_that_was_given_up_leaves_nothing_behind(fine_tune: FineTune, provider: Provider) -> None:
    provider.break_next("POST", CREATE, lost(httpx.ReadTimeout))
    row = step(fine_tune, provider.client())
    cancel.request(row)
    end_doubt(row)
    assert step(row, provider.client()).status == Status.CANCELLED
    an_hour_passes()
    clean_up(provider)
    assert provider.files == {}


def test_files_that_another_fine_tune_learned_from_stay(
    people: People, connection: Connection, version: Version, provider: Provider
) -> None:
    step(new_fine_tune(people, connection, version), provider.client())
    provider.break_next("POST", CREATE, status(400, "No such setting."))
    step(new_fine_tune(people, connection, version), provider.client())
    an_hour_passes()
    clean_up(provider)
    assert len(provider.files) == 2
    assert not Upload.objects.filter(let_go_at__isnull=False).exists()


def test_one_that_is_about_to_be_sent_keeps_them(refused: FineTune, people: People, provider: Provider) -> None:
    new_fine_tune(people, refused.connection, refused.version)
    an_hour_passes()
    clean_up(provider)
    assert len(provider.files) == 2


def test_starting_again_within_the_hour_brings_nothing_anew(refused: FineTune, people: People, provider: Provider) -> None:
    again = step(new_fine_tune(people, refused.connection, refused.version), provider.client())
    assert again.remote_id
    assert len(provider.sent("POST", "/files")) == 2
    assert not Upload.objects.filter(let_go_at__isnull=False).exists()


def test_starting_again_later_brings_them_anew(refused: FineTune, people: People, provider: Provider) -> None:
    an_hour_passes()
    clean_up(provider)
    again = step(new_fine_tune(people, refused.connection, refused.version), provider.client())
    assert again.remote_id
    assert len(provider.sent("POST", "/files")) == 4


@pytest.mark.parametrize("effect", [lost(httpx.ReadTimeout), status(500), status(409)])
def test_a_provider_that_will_not_delete_is_told_again(refused: FineTune, provider: Provider, effect: Any) -> None:
    an_hour_passes()
    provider.break_next("DELETE", "/files/.*", effect, times=2)
    clean_up(provider)
    assert len(provider.files) == 2
    clean_up(provider)
    assert provider.files == {}


def test_one_that_will_never_be_deleted_is_given_up(refused: FineTune, provider: Provider) -> None:
    an_hour_passes()
    provider.break_next("DELETE", "/files/.*", status(403, "Not you."), times=1000)
    for _ in range(leftovers.MOST_FAILURES + 2):
        clean_up(provider)
    assert not Leftover.objects.filter(due_at__isnull=False).exists()
    assert len(provider.sent("DELETE", "/files/.*")) == 2 * leftovers.MOST_FAILURES


def test_the_bell_rings_for_them(refused: FineTune, at_work: Provider) -> None:
    at_work.files = {"file-1": {"id": "file-1"}}
    leftovers.add(refused.connection, ["file-1", "file-1"])
    tasks.delete_leftover(Leftover.objects.get().pk)
    assert at_work.files == {}


class TestUploads:
    def test_a_file_that_is_there_twice_is_kept_once(self, fine_tune: FineTune, provider: Provider) -> None:
        """The first arrived so late that it was sent again, and the answer to that was lost, too."""
        provider.break_next("POST", "/files", lost(httpx.ReadTimeout), after=True)
        row = step(fine_tune, provider.client())
        provider.files["file-9"] = {**provider.files["file-1"], "id": "file-9"}
        row = steps(row, provider.client(), 2)
        clean_up(provider)
        assert row.remote_id
        names = [file["filename"] for file in provider.files.values()]
        assert len(names) == len(set(names)) == 2
        assert row.training_file_id in provider.files

    def test_one_that_cannot_be_read_is_deleted(self, fine_tune: FineTune, provider: Provider) -> None:
        provider.file_status = "error"
        assert step(fine_tune, provider.client()).status == Status.FAILED
        clean_up(provider)
        assert provider.files == {}

    @pytest.mark.parametrize("word", ["processing", "pending"])
    def test_reading_has_a_limit_and_a_sentence(self, fine_tune: FineTune, provider: Provider, word: str) -> None:
        provider.file_status = word
        row = step(fine_tune, provider.client())
        assert row.status == Status.CHECKING_FILES
        Upload.objects.update(sent_at=timezone.now() - timedelta(minutes=31))
        row = step(row, provider.client())
        assert row.status == Status.FAILED
        assert row.error == "The provider has been reading the file for 30 minutes without an end. Start again later."
        assert provider.jobs == {}

    def test_one_that_is_only_called_uploaded_is_tried_after_a_minute(self, fine_tune: FineTune, provider: Provider) -> None:
        provider.file_status = "uploaded"
        row = step(fine_tune, provider.client())
        assert row.status == Status.CHECKING_FILES
        Upload.objects.update(sent_at=timezone.now() - timedelta(seconds=61))
        row = step(row, provider.client())
        Upload.objects.update(sent_at=timezone.now() - timedelta(seconds=61))
        assert step(row, provider.client()).remote_id

    def test_its_page_says_for_how_long_the_files_have_been_read(
        self, fine_tune: FineTune, provider: Provider, viewer_client: Any
    ) -> None:
        provider.file_status = "processing"
        row = step(fine_tune, provider.client())
        Upload.objects.update(sent_at=timezone.now() - timedelta(minutes=5))
        page = viewer_client.get(row.get_absolute_url()).content.decode()
        assert "has been reading the files for 5 minutes; after 30 minutes it is given up." in page
