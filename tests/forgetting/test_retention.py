"""What is older than an organization keeps it goes, what something needs stays, and all of it is said before."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datasets import choose
from datasets.models import Dataset, Version
from datasets.words import Refused
from evaluations.models import Answer, Evaluation, Run
from finetunes.models import Event, FineTune, ResultFile, Span
from forgetting.carry_out import add_missing, carry_out, effective
from forgetting.kinds import KINDS
from forgetting.models import Retention
from notifications.kinds import Kind as News
from notifications.models import Notification
from playground.models import Asked, Collected, Trial
from teams.models import AuditEntry, Organization
from tests.conftest import People
from tests.forgetting.forgotten import forgotten
from tests.handover import made

PAGE = reverse("forgetting:retention")
BY_NAME = {kind.name: kind for kind in KINDS}


@pytest.fixture
def organization(db: None, settings: Any) -> Organization:
    settings.HISTORY_DAYS = 0
    organization = made.organization()
    Retention.objects.all().delete()
    return organization


def keep(organization: Organization, **days: int) -> None:
    Retention.objects.create(organization=organization, days=days)


def grow_old(organization: Organization, days: int = 100) -> None:
    past = timezone.now() - timedelta(days=days)
    Dataset.objects.update(created_at=past)
    Version.objects.update(created_at=past)
    Run.objects.filter(state="done").update(finished_at=past, scored_at=past)
    FineTune.objects.filter(settled_at__isnull=False).update(settled_at=past)
    Asked.objects.update(asked_at=past)
    Trial.objects.update(created_at=past)
    Evaluation.objects.update(created_at=past)


def test_for_good_is_for_good(organization: Organization) -> None:
    grow_old(organization, 9_000)
    forgotten(organization)
    assert Dataset.objects.exclude(source="").count() == 2
    assert Event.objects.exists()
    assert Asked.objects.exists()
    assert not AuditEntry.objects.filter(action="retention.removed").exists()


class TestUploads:
    def test_the_uploaded_file_goes_and_versions_stay(self, organization: Organization) -> None:
        keep(organization, uploads=30)
        grow_old(organization)
        names = [str(one.source) for one in Dataset.objects.all()]
        versions = list(Version.objects.values())
        forgotten(organization)
        assert not any(default_storage.exists(name) for name in names)
        assert list(Version.objects.values()) == versions
        assert all(default_storage.exists(str(one.training)) for one in Version.objects.all())
        assert AuditEntry.objects.get(action="retention.removed").details == {"removed": {"uploads": 2}}

    def test_one_of_which_a_version_was_made_lately_stays(self, organization: Organization) -> None:
        keep(organization, uploads=30)
        grow_old(organization)
        Version.objects.filter(dataset__name="Tickets", number=2).update(created_at=timezone.now())
        forgotten(organization)
        assert list(Dataset.objects.exclude(source="").values_list("name", flat=True)) == ["Tickets"]

    def test_one_without_a_version_stays(self, organization: Organization) -> None:
        keep(organization, uploads=30)
        grow_old(organization)
        lonely = Dataset.objects.create(organization=organization, name="L", filename="l", size=1, sha256="0", source="x")
        Dataset.objects.filter(pk=lonely.pk).update(created_at=timezone.now() - timedelta(days=100))
        forgotten(organization)
        assert Dataset.objects.exclude(source="").get() == lonely

    def test_it_cannot_be_read_again_and_says_why(self, organization: Organization) -> None:
        dataset = Dataset.objects.get(name="Tickets")
        dataset.source = ""
        with pytest.raises(Refused, match="Upload it again"):
            choose.columns(dataset, mapping=None, options=Any)  # type: ignore[arg-type]


class TestAnswers:
    def test_the_words_go_and_the_scores_stay(self, organization: Organization) -> None:
        keep(organization, answers=30)
        grow_old(organization)
        organization.tuned_models.update(threshold={})
        before = list(Run.objects.values("pk", "scores", "done_count"))
        forgotten(organization)
        assert set(Answer.objects.values_list("text", "finish_reason")) == {("", "removed")}
        assert list(Run.objects.values("pk", "scores", "done_count")) == before

    def test_those_that_a_threshold_rests_on_stay_and_the_page_says_so(self, organization: Organization) -> None:
        keep(organization, answers=30)
        grow_old(organization)
        assert BY_NAME["answers"].kept(organization, 30) == 1
        forgotten(organization)
        assert set(Answer.objects.values_list("text", flat=True)) == {"b"}


def test_events_go_and_curves_and_results_stay(organization: Organization) -> None:
    keep(organization, results=30)
    grow_old(organization)
    forgotten(organization)
    assert not Event.objects.exists()
    assert FineTune.objects.get(name="First").raw == {}
    assert Span.objects.exists()
    assert default_storage.exists(str(ResultFile.objects.get().content))


def test_history_goes_and_what_was_collected_stays(organization: Organization) -> None:
    keep(organization, history=30, trials=30)
    grow_old(organization)
    forgotten(organization)
    assert not Asked.objects.exists()
    assert Collected.objects.get().asked is None
    assert Trial.objects.count() == 1  # somebody voted on it


def test_notifications_go_but_for_reminders(organization: Organization) -> None:
    keep(organization, notifications=10)
    for kind in (News.FAILED, News.SHUTDOWN):
        Notification.objects.create(organization=organization, kind=kind, key=kind, path="/")
    Notification.objects.update(created_at=timezone.now() - timedelta(days=20))
    forgotten(organization)
    assert Notification.objects.get().kind == News.SHUTDOWN


def test_drafts_go_with_their_sheets(organization: Organization) -> None:
    keep(organization, drafts=30)
    Evaluation.objects.filter(name="Again").update(state="draft")
    grow_old(organization)
    name = str(Evaluation.objects.get(name="Again").source)
    forgotten(organization)
    assert not Evaluation.objects.filter(name="Again").exists()
    assert not default_storage.exists(name)


def test_another_organizations_things_stay(organization: Organization) -> None:
    grow_old(organization)
    other = Organization.objects.create(name="Other", slug="other")
    keep(other, uploads=1, results=1, history=1, answers=1)
    forgotten(other)
    assert Dataset.objects.exclude(source="").count() == 2
    assert Event.objects.exists()


def test_the_server_may_allow_less(organization: Organization, settings: Any) -> None:
    settings.RETENTION_MAX_DAYS, settings.HISTORY_DAYS = 50, 20
    retention = Retention(days={"results": 90, "uploads": 10})
    assert [effective(retention, BY_NAME[name]) for name in ("results", "uploads", "answers", "history")] == [50, 10, 50, 20]
    grow_old(organization)
    add_missing()
    forgotten(organization)
    assert not Event.objects.exists()


def test_it_is_done_once_a_day_and_twice_does_no_harm(organization: Organization) -> None:
    keep(organization, results=30)
    grow_old(organization)
    forgotten(organization)
    forgotten(organization)
    row = Retention.objects.get()
    assert not carry_out(row.pk)
    assert row.due_at is not None
    assert row.due_at > timezone.now() + timedelta(hours=23)
    assert AuditEntry.objects.filter(action="retention.removed").count() == 1


def test_the_command_says_what_would_go_and_removes_it(organization: Organization) -> None:
    keep(organization, results=30)
    grow_old(organization)
    said = StringIO()
    call_command("forget", "--dry-run", stdout=said)
    assert said.getvalue() == "acme: results older than 30 days: 1\n"
    assert Event.objects.exists()
    call_command("forget", stdout=StringIO())
    assert not Event.objects.exists()


class TestPage:
    def test_it_shows_what_would_go_before_it_is_saved(self, owner_client: Client, people: People) -> None:
        answer = owner_client.post(PAGE, {"notifications": "7"}).content.decode()
        assert "Nothing is saved yet" in answer
        assert "Nothing is older than 7 days." in answer
        assert not Retention.objects.exists()
        assert owner_client.post(PAGE, {"notifications": "7", "save": "1"}).status_code == 302
        assert Retention.objects.get().days == {"notifications": 7}
        assert AuditEntry.objects.get(action="retention.changed").details["after"] == {"notifications": 7}

    def test_more_than_the_server_allows_is_refused(self, owner_client: Client, settings: Any) -> None:
        settings.RETENTION_MAX_DAYS = 30
        assert "30 days at most" in owner_client.get(PAGE).content.decode()
        assert owner_client.post(PAGE, {"drafts": "31", "save": "1"}).status_code == 422

    def test_members_do_not_see_it(self, member_client: Client) -> None:
        assert member_client.get(PAGE).status_code == 403
