"""Work under way is stopped by a person: at once for the eye, within a second for the worker, without a trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from datasets import cancel, choose, decide, pace, prepare, read, remove, version
from datasets.advance import advance
from datasets.models import Dataset
from datasets.wording import say
from datasets.words import Refused
from teams.models import AuditEntry
from tests.conftest import People
from tests.datasets.made import prepared, uploaded, worked


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that looks at its lease each time it could."""
    monkeypatch.setattr(pace, "EVERY", 0.0)


def cancelled_at(monkeypatch: pytest.MonkeyPatch, dataset: Dataset, beat: int) -> list[float]:
    """Work on the dataset, cancel as it beats for the nth time; returns how far each beat found it."""
    beats: list[float] = []
    renew: Callable[[Dataset, float], bool] = Dataset.renew

    def beaten(self: Dataset, seconds: float) -> bool:
        beats.append(self.progress)
        if len(beats) == beat:
            cancel.cancel(Dataset.objects.get(pk=dataset.pk))
        return renew(self, seconds)

    with monkeypatch.context() as patch:
        patch.setattr(Dataset, "renew", beaten)
        worked(dataset)
    return beats


def files(folder: Path, dataset: Dataset) -> list[str]:
    assert list((folder / "drafts").glob("*")) == []
    return sorted(path.name.split("-")[0] for path in (folder / "files" / dataset.folder).iterdir())


def is_free(dataset: Dataset) -> bool:
    return (dataset.due_at, dataset.lease_token, dataset.busy) == (None, None, False)


@pytest.mark.parametrize("beat", [1, 2, 3, 4])
def test_a_reader_stops_at_its_next_beat_and_takes_its_files_away(
    people: People, monkeypatch: pytest.MonkeyPatch, own_data_folder: Path, beat: int
) -> None:
    dataset = uploaded(people.organization)
    assert len(cancelled_at(monkeypatch, dataset, beat)) == beat
    assert (dataset.state, dataset.error, dataset.row_count) == ("cancelled", cancel.READING.to_json(), 0)
    assert is_free(dataset)
    assert files(own_data_folder, dataset) == ["source"]


def test_what_is_written_but_not_yet_pointed_at_goes_too(
    people: People, monkeypatch: pytest.MonkeyPatch, own_data_folder: Path
) -> None:
    dataset = uploaded(people.organization)

    def cancel_before(*_args: object) -> None:
        cancel.cancel(Dataset.objects.get(pk=dataset.pk))

    monkeypatch.setattr(read, "_refuse_nothing", cancel_before)
    worked(dataset)
    assert dataset.state == "cancelled"
    assert files(own_data_folder, dataset) == ["source"]


def test_one_that_nobody_has_begun_is_never_begun(people: People) -> None:
    dataset = uploaded(people.organization)
    cancel.cancel(dataset)
    assert worked(dataset).state == "cancelled"


def test_a_cancelled_one_is_read_again_when_somebody_asks(people: People, own_data_folder: Path) -> None:
    dataset = uploaded(people.organization)
    cancel.cancel(dataset)
    choose.again(dataset)
    assert worked(dataset).row_count == 120
    assert (dataset.state, dataset.error) == ("ready", None)
    assert files(own_data_folder, dataset) == ["index", "prepared", "rows", "source", "texts"]


def test_checks_stop_and_are_run_again_when_somebody_asks(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = worked(uploaded(people.organization))
    decide.accept_recommended(dataset, by="somebody")
    cancelled_at(monkeypatch, dataset, 5)
    assert (dataset.state, dataset.error) == ("ready", cancel.CHECKING.to_json())
    assert (dataset.row_count, dataset.numbers, dataset.accept_recommended) == (120, {}, False)
    assert is_free(dataset)
    choose.again(dataset)
    assert worked(dataset).numbers["rows"] == 120
    assert dataset.error is None


def test_a_version_is_not_made(people: People, monkeypatch: pytest.MonkeyPatch, own_data_folder: Path) -> None:
    dataset = prepared(people.organization)
    version.request(dataset, share=0.2, at_most=100, seed=1, by=None)
    cancelled_at(monkeypatch, dataset, 5)
    assert (dataset.making, dataset.error) == (None, cancel.MAKING.to_json())
    assert is_free(dataset)
    assert not dataset.versions.exists()
    assert files(own_data_folder, dataset) == ["index", "prepared", "rows", "source", "texts"]
    assert dataset.numbers["rows"] == 120


def test_what_is_done_cannot_be_cancelled(people: People) -> None:
    dataset = worked(uploaded(people.organization))
    with pytest.raises(Refused, match="nothing to cancel"):
        cancel.cancel(dataset)
    assert dataset.numbers


def test_work_that_went_on_to_its_next_step_meanwhile_is_cancelled_there(people: People) -> None:
    dataset = worked(uploaded(people.organization))
    dataset.ask_again()
    as_it_was = Dataset.objects.get(pk=dataset.pk)
    as_it_was.state = Dataset.State.READING
    assert cancel.cancel(as_it_was) == cancel.CHECKING


def test_the_worker_never_takes_over_the_lease_of_another(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled and begun anew in the moment between two steps."""
    dataset = uploaded(people.organization)
    check = prepare.check
    others: list[Any] = []

    def checked(held: Dataset) -> None:
        check(held)
        Dataset.objects.filter(pk=held.pk).update(lease_token=None, lease_until=None)
        others.append(Dataset.objects.claim(held.pk, 30))

    monkeypatch.setattr(prepare, "check", checked)
    worked(dataset)
    assert len(others) == 1
    assert dataset.lease_token == others[0].lease_token


def test_one_that_is_deleted_under_way_ends_in_peace(
    people: People, monkeypatch: pytest.MonkeyPatch, own_data_folder: Path
) -> None:
    dataset = uploaded(people.organization)
    monkeypatch.setattr(Dataset, "renew", lambda self, _seconds: remove.delete(Dataset.objects.get(pk=self.pk)))
    advance(dataset.pk)
    assert not Dataset.objects.exists()
    assert list((own_data_folder / "drafts").glob("*")) == []


class TestThePage:
    def test_whoever_may_change_it_finds_a_button_while_it_works(
        self, people: People, member_client: Client, viewer_client: Client
    ) -> None:
        address = f"/datasets/{uploaded(people.organization).pk}/"
        assert f'action="{address}cancel/"' in member_client.get(address).content.decode()
        assert "cancel/" not in viewer_client.get(address).content.decode()

    def test_cancelling_says_so_and_offers_to_read_it_again_or_to_delete_it(
        self, people: People, member_client: Client
    ) -> None:
        dataset = uploaded(people.organization)
        shown = member_client.post(f"/datasets/{dataset.pk}/cancel/", follow=True).content.decode()
        assert "Reading was cancelled." in shown
        assert str(cancel.READING) in shown
        for tail in ("retry", "delete"):
            assert f'action="/datasets/{dataset.pk}/{tail}/"' in shown
        assert [entry.action for entry in AuditEntry.objects.all()] == ["dataset.work_cancelled"]
        member_client.post(f"/datasets/{dataset.pk}/retry/")
        assert worked(dataset).state == "ready"

    def test_cancelled_checks_offer_to_check_again(self, people: People, member_client: Client) -> None:
        dataset = worked(uploaded(people.organization))
        dataset.ask_again()
        shown = member_client.post(f"/datasets/{dataset.pk}/cancel/", follow=True).content.decode()
        assert "The checks were cancelled" in shown
        assert "Check again" in shown
        member_client.post(f"/datasets/{dataset.pk}/retry/")
        assert Dataset.objects.get(pk=dataset.pk).numbers["rows"] == 120

    def test_too_late_is_said(self, people: People, member_client: Client) -> None:
        dataset = worked(uploaded(people.organization))
        shown = member_client.post(f"/datasets/{dataset.pk}/cancel/", follow=True).content.decode()
        assert "It was done already, there is nothing to cancel." in shown

    def test_the_list_tells_it_from_a_file_that_is_not_readable(self, people: People, viewer_client: Client) -> None:
        dataset = uploaded(people.organization)
        cancel.cancel(dataset)
        shown = viewer_client.get("/datasets/").content.decode()
        assert "Cancelled" in shown
        assert "Not readable" not in shown
        assert say(dataset.error)
