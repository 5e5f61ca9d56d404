"""The operator's command, and what Tunedeck does by itself every day."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from teams import audit
from teams.audit import guard, keep
from teams.models import AuditChain, AuditPermit
from teams.tasks import keep_audit
from tests.conftest import People
from tests.teams.audit.tampering import cut, end_of, forge

pytestmark = pytest.mark.django_db


def said(*options: str) -> str:
    """Run the command; return what a person would read of it, failure included."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_audit", *options, stdout=out, stderr=err)
    except CommandError as failure:
        err.write(f"{failure}\nexit status {failure.returncode}")
    return out.getvalue() + err.getvalue()


@pytest.fixture
def written(people: People) -> People:
    for organization in (people.organization, people.organization, people.organization, None):
        audit.note(organization, "dataset.uploaded")
    return people


class TestTheCommand:
    def test_whole_chains_are_said_to_be_whole(self, written: People) -> None:
        text = said()
        assert "Example Org (example): 3 entries, whole up to 3." in text
        assert "Operator: 1 entries, whole up to 1." in text
        assert "not as Tunedeck wrote it" not in text

    def test_it_names_the_first_wrong_entry_and_fails(self, written: People) -> None:
        forge(2, written.organization, actor_name="Nobody")
        text = said()
        assert "entry 2 is wrong. Its content is not what was written." in text
        assert "not as Tunedeck wrote it.\nexit status 1" in text

    def test_one_chain_can_be_chosen(self, written: People) -> None:
        forge(2, written.organization, actor_name="Nobody")
        assert "whole up to 1" in said("--organization", "operator")
        assert "entry 2" in said("--organization", "example")
        assert "no chain of “nonsense”" in said("--organization", "nonsense")

    def test_a_checkpoint_finds_a_cut_end(self, written: People, tmp_path: Path) -> None:
        kept = tmp_path / "audit.checkpoint"
        said("--checkpoint", str(kept))
        assert "not as" not in said("--from", str(kept))
        before = end_of(written.organization)
        cut(3, written.organization)
        AuditChain.objects.filter(pk=before.pk).update(number=2, hash=audit_hash(written, 2))
        assert "whole up to 2" in said()
        assert "entry 3 is wrong. The end is cut: the checkpoint is of entry 3." in said("--from", str(kept))

    def test_a_checkpoint_can_be_printed(self, written: People) -> None:
        out = StringIO()
        call_command("verify_audit", "--checkpoint", "-", stdout=out, stderr=StringIO())
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        assert {(line["chain"], line["number"]) for line in lines} == {(str(written.organization.pk), 3), ("operator", 1)}

    def test_a_chain_that_vanished_as_a_whole_is_missed(self, written: People, tmp_path: Path) -> None:
        kept = tmp_path / "audit.checkpoint"
        said("--checkpoint", str(kept))
        cut(1, None)
        AuditChain.objects.get(name="operator").delete()
        assert "operator: the whole chain is gone" in said("--from", str(kept))

    @pytest.mark.parametrize("content", ["no JSON", '{"chain": "1"}', "[1]"])
    def test_something_else_than_a_checkpoint_is_refused(self, written: People, tmp_path: Path, content: str) -> None:
        (tmp_path / "file").write_text(content)
        assert "is not a checkpoint" in said("--from", str(tmp_path / "file"))
        assert "is not a checkpoint" in said("--from", str(tmp_path / "nothing"))

    def test_a_guard_that_is_gone_is_said(self, written: People) -> None:
        guard.remove(connection)
        assert "does not refuse changes" in said()
        guard.install(connection)
        AuditPermit.objects.create(reason="left")
        assert "1 permits were left" in said()


def audit_hash(people: People, number: int) -> str:
    return str(people.organization.audit_entries.get(number=number).hash)


class TestEveryDay:
    def test_each_chain_is_verified_and_leaves_a_checkpoint_in_the_log(
        self, written: People, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "teams.audit"):
            keep_audit()
            keep_audit()
        end = end_of(written.organization)
        assert (end.verified_number, end.verified_hash, end.trouble) == (3, end.hash, {})
        assert caplog.text.count(f"audit checkpoint chain={written.organization.pk}") == 1
        assert end.hash in caplog.text

    def test_the_next_day_looks_only_at_what_is_new(self, written: People) -> None:
        keep_audit()
        audit.note(written.organization, "dataset.uploaded")
        verdict = keep.check(end_of(written.organization))
        assert (verdict.checked, verdict.number) == (1, 4)

    def test_trouble_is_kept_and_said_until_the_whole_chain_is_right(
        self, written: People, caplog: pytest.LogCaptureFixture
    ) -> None:
        forge(2, written.organization, action="a.b")
        keep_audit()
        assert end_of(written.organization).trouble["entry"] == 2
        assert "is broken at entry 2" in caplog.text
        forge(2, written.organization, action="dataset.uploaded")
        AuditChain.objects.update(verified_at=timezone.now() - timedelta(days=2))
        keep_audit()
        end = end_of(written.organization)
        assert (end.trouble, end.verified_number) == ({}, 3)
