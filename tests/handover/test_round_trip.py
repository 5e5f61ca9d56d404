"""What is packed on one server is the same on another one, whatever database that has, but for keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.dateparse import parse_datetime

from connections.models import Connection
from datasets.models import Dataset, SavedRecipe, Version
from evaluations.models import Evaluation, Question, Run, Scoring
from finetunes.models import Budget, Charge, FineTune, Model, Tracker
from forgetting.models import Retention
from handover.models import Arrival
from handover.pack import pack
from handover.tables import TABLES, unlisted
from handover.unpack import Refused, unpack
from notifications.models import Hook
from playground.models import Asked, Collected, Preset, Trial
from teams.audit import chain
from teams.models import Invitation, Membership, Organization, User
from tests import servers
from tests.handover import made


def packed(organization: Organization, path: Path, **options: Any) -> Path:
    with path.open("w+b") as out:
        pack(organization, out, **options)
    return path


def contents(path: Path) -> dict[str, Any]:
    """All that two archives of the same have in common: everything but the log and who packed it when."""
    with zipfile.ZipFile(path) as archive:
        logs = {f"files/{sha256}" for sha256 in json.loads(archive.read("manifest.json"))["earlier_logs"]}
        names = set(archive.namelist()) - {"manifest.json", "tables/audit.jsonl"} - logs
        return {name: archive.read(name) for name in names}


def forget(organization: Organization) -> None:
    """Let this server be another one, which has never seen the organization."""
    for label in (
        "finetunes.Sending",
        "finetunes.RecordedAnswer",
        "evaluations.Run",
        "evaluations.Evaluation",
        "finetunes.KeptFile",
    ):
        table = next(table for table in TABLES if table.label == label)
        table.rows(organization).delete()
    FineTune.objects.filter(organization=organization).update(parent=None)
    Model.objects.filter(organization=organization).delete()
    next(table for table in TABLES if table.label == "finetunes.Upload").rows(organization).delete()
    FineTune.objects.filter(organization=organization).delete()
    User.objects.filter(memberships__organization=organization).delete()
    for model in (
        Retention,
        Hook,
        Tracker,
        Budget,
        Charge,
        Preset,
        Collected,
        Asked,
        Trial,
        SavedRecipe,
        Dataset,
        Connection,
    ):
        model._base_manager.filter(organization=organization).delete()
    Membership.objects.filter(organization=organization).delete()


@pytest.fixture
def organization(db: None) -> Organization:
    return made.organization()


@pytest.fixture
def archive(organization: Organization, tmp_path: Path) -> Path:
    return packed(organization, tmp_path / "acme.zip")


def test_every_table_is_in_one_of_the_lists() -> None:
    assert list(unlisted()) == []


def test_the_example_has_something_in_every_table(organization: Organization) -> None:
    assert [table.label for table in TABLES if not table.rows(organization).exists()] == []


def test_no_key_and_no_password_is_in_the_archive(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        everything = b"".join(opened.read(name) for name in opened.namelist())
    assert made.KEY.encode() not in everything
    assert b"secret-canary" not in everything
    assert b"gAAAA" not in everything
    assert not any(user.password.encode() in everything for user in User.objects.all())


class TestImported:
    @pytest.fixture
    def came(self, archive: Path, organization: Organization) -> Organization:
        forget(organization)
        # Numbers differ on another server.
        Connection.objects.create(organization=Organization.objects.create(name="Else", slug="else"), name="x", key="k")
        return unpack(archive).organization

    def test_it_packs_to_the_same_again(self, came: Organization, archive: Path, tmp_path: Path) -> None:
        assert contents(packed(came, tmp_path / "again.zip")) == contents(archive)

    def test_what_points_at_rows_points_at_the_new_ones(self, came: Organization) -> None:
        model, connection = Model.objects.get(), Connection.objects.of(came).get()
        first = Evaluation.objects.get(name="First")
        assert model.threshold["evaluation"] == first.pk
        assert FineTune.objects.get(name="Running").parent == model
        assert Evaluation.objects.get(name="Again").again_of == first
        mine, base = Run.objects.order_by("pk")
        assert (mine.key, base.key) == (str(model.pk), f"c{connection.pk}:ada")
        assert base.tried == {str(Question.objects.get(number=2).pk): 2}
        scoring = Scoring.objects.get().data
        version = Version.objects.get(dataset__name="Tickets", number=2)
        assert (list(scoring["against"]), scoring["contradictions"]["version"]) == ([str(base.pk)], version.pk)
        assert version.split["validation"]["version"] == Version.objects.get(dataset__name="Validation").pk
        assert version.parent == Version.objects.get(dataset__name="Tickets", number=1)
        assert Preset.objects.get().key == Asked.objects.get().key == str(model.pk)
        assert Trial.objects.get().keys == [str(model.pk), f"c{connection.pk}:ada"]

    def test_files_are_there_byte_for_byte(self, came: Organization) -> None:
        for version in Version.objects.of(came):
            with default_storage.open(str(version.training)) as file:
                assert made.hashed(file.read()) == version.training_sha256
            assert str(version.training).startswith(version.dataset.folder)

    def test_times_and_tokens_are_those_of_then(self, came: Organization) -> None:
        assert FineTune.objects.get(name="First").created_at.year == 2024
        assert came.created_at < Arrival.objects.get().arrived_at

    def test_people_come_without_a_password(self, came: Organization) -> None:
        member = Membership.objects.of(came).get(user__email="mia@acme.test")
        assert not member.user.has_usable_password()
        assert (member.role, member.user.name) == ("member", "Mia Member")
        assert FineTune.objects.get(name="First").started_by == member.user

    def test_connections_and_hooks_have_no_keys(self, came: Organization) -> None:
        assert Connection.objects.of(came).get().key == ""

    def test_the_log_comes_along_and_says_where_it_is_from(self, came: Organization) -> None:
        (log,) = Arrival.objects.get().logs
        with default_storage.open(log["file"]) as file:
            actions = [json.loads(line)["action"] for line in file]
        assert "connection.created" in actions
        assert [entry.action for entry in came.audit_entries.all()] == ["organization.imported"]

    def test_its_chain_still_holds(self, archive: Path) -> None:
        with zipfile.ZipFile(archive) as opened:
            end = json.loads(opened.read("manifest.json"))["audit"]
            entries = [SimpleNamespace(**json.loads(line)) for line in opened.read("tables/audit.jsonl").splitlines()]
        before = chain.beginning(end["origin"])
        for entry in entries:
            entry.created_at = parse_datetime(entry.created_at)
            assert (entry.previous, entry.hash) == (before, chain.digest(entry))
            before = entry.hash
        assert (entries[-1].number, before) == (end["number"], end["hash"])

    def test_a_second_import_is_refused(self, came: Organization, archive: Path) -> None:
        with pytest.raises(Refused, match="already"):
            unpack(archive)
        assert Organization.objects.filter(name=came.name, memberships__role="owner").count() == 1

    def test_so_is_another_archive_of_the_same(self, came: Organization, tmp_path: Path) -> None:
        with pytest.raises(Refused, match="already"):
            unpack(packed(came, tmp_path / "later.zip"))


def test_whoever_has_an_account_is_invited(archive: Path, organization: Organization) -> None:
    forget(organization)
    known = User.objects.create_user("mia@acme.test", "correct horse")
    came = unpack(archive)
    assert not Membership.objects.filter(user=known).exists()
    invitation = Invitation.objects.of(came.organization).get()
    assert (invitation.email, invitation.role) == ("mia@acme.test", "member")
    assert came.links["mia@acme.test"].startswith("/join/")


def test_without_the_history_nobodys_questions_go_along(organization: Organization, tmp_path: Path) -> None:
    found = contents(packed(organization, tmp_path / "a.zip", history=False))
    assert not any(name.startswith(("tables/playground.Asked", "tables/playground.Trial")) for name in found)
    assert b'"asked":null' in found["tables/playground.Collected.jsonl"]


def test_who_has_left_and_what_they_asked_stay_here(organization: Organization, tmp_path: Path) -> None:
    Membership.objects.get(user__email="mia@acme.test").delete()
    with zipfile.ZipFile(packed(organization, tmp_path / "a.zip")) as archive:
        assert b"mia@acme.test" not in archive.read("tables/people.jsonl")
        assert archive.read("tables/playground.Asked.jsonl") == b""


def test_a_file_that_is_gone_is_named(organization: Organization, tmp_path: Path) -> None:
    default_storage.delete(str(Dataset.objects.get(name="Tickets").rows))
    with (tmp_path / "a.zip").open("w+b") as out:
        manifest = pack(organization, out)
    assert manifest["missing"] == [{"table": "datasets.Dataset", "id": 1, "file": "rows.jsonl"}]


@pytest.mark.live
def test_it_moves_to_postgresql_and_is_the_same(archive: Path, tmp_path: Path) -> None:
    with servers.postgresql() as address:
        surroundings = {
            **os.environ,
            "DATABASE_URL": address,
            "TUNEDECK_DATA": str(tmp_path / "data"),
            "TUNEDECK_SAMPLE": "0",
        }
        surroundings["DJANGO_SETTINGS_MODULE"] = "config.settings"
        again = tmp_path / "again.zip"
        for command in (("migrate", "-v0"), ("import_organization", archive), ("export_organization", "acme", again)):
            subprocess.run(
                [sys.executable, "manage.py", *map(str, command)], cwd=settings.ROOT, env=surroundings, check=True
            )
    assert contents(again) == contents(archive)
