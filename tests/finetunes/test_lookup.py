"""Whether a job at the provider is ours is decided by tokens and files, never by clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from connections.models import Connection
from datasets.models import Version
from finetunes import lookup
from finetunes.models import FineTune, Upload
from tests.conftest import People
from tests.finetunes.conftest import new_fine_tune
from tests.finetunes.provider import NOW, Provider
from tests.finetunes.stepping import step


@pytest.fixture
def sent(people: People, connection: Connection, version: Version, provider: Provider) -> FineTune:
    """A fine-tune in the current dialect that was sent, and whose answer was lost."""
    provider.break_next("POST", "/fine_tuning/jobs", lambda _r: httpx.Response(500))
    return step(new_fine_tune(people, connection, version, base_model="babbage-002"), provider.client("jobs"))


def job(provider: Provider, id: str, **changes: Any) -> dict[str, Any]:
    made = {
        "id": id,
        "object": "fine_tuning.job",
        "model": "babbage-002",
        "status": "queued",
        "created_at": NOW,
        "training_file": "file-1",
        "metadata": None,
        "result_files": [],
        **changes,
    }
    provider.jobs[id] = made
    return made


def found(provider: Provider, fine_tune: FineTune) -> str | None:
    remote = lookup.find(provider.client(fine_tune.dialect), fine_tune)
    return remote.id if remote else None


def test_the_job_with_our_token_is_ours(provider: Provider, sent: FineTune) -> None:
    job(provider, "a", metadata={lookup.TOKEN: "0" * 32})
    job(provider, "b", metadata={lookup.TOKEN: sent.token.hex, "team": "support"})
    assert found(provider, sent) == "b"


def test_somebody_else_s_token_is_never_ours_even_on_our_file(provider: Provider, sent: FineTune) -> None:
    job(provider, "a", metadata={lookup.TOKEN: "0" * 32})
    assert found(provider, sent) is None


def test_a_provider_that_ignores_the_filter_is_searched_anyway(provider: Provider, sent: FineTune) -> None:
    class Deaf(Provider):
        def _page(self, request: httpx.Request, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return jobs

    deaf = Deaf(files=provider.files, jobs=provider.jobs)
    for number in range(30):
        job(deaf, f"other-{number}", metadata={lookup.TOKEN: f"{number:032x}"}, training_file="file-elsewhere")
    job(deaf, "ours", metadata={lookup.TOKEN: sent.token.hex})
    assert found(deaf, sent) == "ours"


@pytest.mark.parametrize("metadata", [None, {}, {"team": "support"}])
def test_a_provider_that_drops_metadata_is_searched_by_our_file(
    provider: Provider, sent: FineTune, metadata: dict[str, str] | None
) -> None:
    provider.keeps_metadata = False
    job(provider, "other", training_file="file-9")
    job(provider, "ours", metadata=metadata)
    assert found(provider, sent) == "ours"


def test_a_job_that_another_fine_tune_has_is_not_taken(
    provider: Provider, sent: FineTune, people: People, connection: Connection, version: Version
) -> None:
    twin = new_fine_tune(people, connection, version, base_model="babbage-002")
    FineTune.objects.filter(pk=twin.pk).update(remote_id="taken")
    job(provider, "taken")
    assert found(provider, sent) is None


def test_the_same_id_at_another_connection_does_not_matter(
    provider: Provider, sent: FineTune, people: People, version: Version
) -> None:
    other = Connection.objects.create(
        organization=people.organization, name="Other", base_url="http://other.test/v1", dialect="both", key="k"
    )
    twin = new_fine_tune(people, other, version, base_model="babbage-002")
    FineTune.objects.filter(pk=twin.pk).update(remote_id="ours")
    job(provider, "ours")
    assert found(provider, sent) == "ours"


@pytest.mark.parametrize("model", ["babbage-002-2026-11-01", "", "something else"])
def test_a_base_that_the_provider_spells_otherwise_is_no_obstacle(provider: Provider, sent: FineTune, model: str) -> None:
    job(provider, "ours", model=model)
    assert found(provider, sent) == "ours"


@pytest.mark.parametrize("hours", [-2000, -1, 0, 1, 2000])
def test_our_clock_may_be_wrong_by_months(provider: Provider, sent: FineTune, hours: int) -> None:
    FineTune.objects.filter(pk=sent.pk).update(sent_at=timezone.now() + timedelta(hours=hours))
    job(provider, "ours")
    assert found(provider, FineTune.objects.get(pk=sent.pk)) == "ours"


def test_jobs_older_than_our_file_end_the_search(provider: Provider, sent: FineTune) -> None:
    """Both times are the provider's own, so an hour is room enough."""
    provider.keeps_metadata = False
    job(provider, "ancient", created_at=NOW - 7200)
    assert found(provider, sent) is None
    Upload.objects.update(remote_created_at=None)
    assert found(provider, sent) == "ancient", "without the file's time there is no such bound"


def test_legacy_jobs_that_were_there_before_are_known(provider: Provider, fine_tune: FineTune) -> None:
    fine_tune.training_file_id = "file-1"
    files = [{"id": "file-1", "object": "file"}]
    provider.jobs["ft-old"] = {"id": "ft-old", "object": "fine-tune", "status": "pending", "training_files": files}
    assert lookup.on_file(provider.client(), "file-1") == ["ft-old"]
    fine_tune.known_before = ["ft-old"]
    assert found(provider, fine_tune) is None
    provider.jobs["ft-new"] = {**provider.jobs["ft-old"], "id": "ft-new"}
    assert found(provider, fine_tune) == "ft-new"


def test_a_list_out_of_order_hides_nothing(provider: Provider, sent: FineTune) -> None:
    provider.keeps_metadata = False
    job(provider, "ours")
    for number in range(lookup.ENOUGH - 1):
        job(provider, f"old-{number}", created_at=NOW - 7200)
    assert found(provider, sent) == "ours"


def test_enough_old_jobs_in_a_row_end_the_search(provider: Provider, sent: FineTune) -> None:
    provider.keeps_metadata = False
    job(provider, "ours")
    for number in range(lookup.ENOUGH):
        job(provider, f"old-{number}", created_at=NOW - 7200)
    assert found(provider, sent) is None
