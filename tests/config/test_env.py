from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path

import pytest

from config import env


def test_a_variable_may_be_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("EXAMPLE_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("EXAMPLE", "from the environment")
    assert env.text("EXAMPLE") == "from a file"


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EXAMPLE_FILE", str(tmp_path / "nothing"))
    with pytest.raises(env.ConfigurationError, match=r"EXAMPLE_FILE names .*nothing.*No such file"):
        env.text("EXAMPLE")


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("true", True), ("YES", True), ("0", False), ("no", False)])
def test_a_flag_is_yes_or_no(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("EXAMPLE", value)
    assert env.flag("EXAMPLE", default=not expected) is expected


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE", "perhaps")
    with pytest.raises(env.ConfigurationError, match="EXAMPLE must be 1 or 0, not “perhaps”"):
        env.flag("EXAMPLE", default=True)


@pytest.mark.parametrize(
    ("value", "reason"), [("many", "must be a whole number"), ("0", "from 1 to 65535"), ("70000", "from 1 to 65535")]
)
def test_a_number_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch, value: str, reason: str) -> None:
    monkeypatch.setenv("EXAMPLE", value)
    with pytest.raises(env.ConfigurationError, match=reason):
        env.number("EXAMPLE", 8000, least=1, most=65535)


def test_items_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE", " one, two ,,three")
    assert env.items("EXAMPLE") == ["one", "two", "three"]


def test_a_folder_is_made_and_left_empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EXAMPLE", str(tmp_path / "deep" / "down"))
    folder = env.folder("EXAMPLE", tmp_path)
    assert folder.is_dir()
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EXAMPLE", str(tmp_path / "file"))
    with pytest.raises(env.ConfigurationError, match=r"the data folder .*file cannot be written .*EXAMPLE"):
        env.folder("EXAMPLE", tmp_path)


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first = env.secret("NOT_SET_ANYWHERE", tmp_path / "secret.key")
    assert env.secret("NOT_SET_ANYWHERE", tmp_path / "secret.key") == first
    assert len(first) >= 48
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_of_two_processes_that_make_a_secret_the_first_one_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.key"
    really_link = os.link

    def somebody_is_faster(draft: Path, target: Path) -> None:
        if not target.exists():
            target.write_text("theirs")
        really_link(draft, target)

    monkeypatch.setattr(os, "link", somebody_is_faster)
    assert env.secret("NOT_SET_ANYWHERE", path) == "theirs"


@pytest.mark.parametrize(
    ("address", "engine", "name", "host"),
    [
        ("", "django.db.backends.sqlite3", "/default.sqlite3", None),
        ("sqlite:///elsewhere/my%20data.sqlite3", "django.db.backends.sqlite3", "/elsewhere/my data.sqlite3", None),
        ("postgres://me:p%40ss@db.example:5433/tunedeck", "config.postgresql", "tunedeck", "db.example"),
    ],
)
def test_a_database_is_named_by_its_address(
    monkeypatch: pytest.MonkeyPatch, address: str, engine: str, name: str, host: str | None
) -> None:
    monkeypatch.setenv("EXAMPLE_URL", address)
    found = env.database("EXAMPLE_URL", Path("/default.sqlite3"))
    assert (found["ENGINE"], found["NAME"], found.get("HOST")) == (engine, name, host)


def test_a_password_in_an_address_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_URL", "postgres://me:p%40ss@db.example/tunedeck")
    assert env.database("EXAMPLE_URL", Path("/x"))["PASSWORD"] == "p@ss"


def test_an_unknown_kind_of_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_URL", "mysql://me@db/tunedeck")
    with pytest.raises(env.ConfigurationError, match="must begin with postgres:// or sqlite://"):
        env.database("EXAMPLE_URL", Path("/x"))


def test_a_choice_is_one_of_those_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.one_of("CHOICE", "plain", "base64") == "plain"
    monkeypatch.setenv("CHOICE", "base64")
    assert env.one_of("CHOICE", "plain", "base64") == "base64"
    monkeypatch.setenv("CHOICE", "zip")
    with pytest.raises(env.ConfigurationError, match="one of plain, base64, not “zip”"):
        env.one_of("CHOICE", "plain", "base64")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER", "")
    assert env.text("BROKER", "files://") == "files://"
    assert env.number("BROKER", 7) == 7
    assert env.flag("BROKER", True) is True


def test_dates_name_known_things_and_their_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE", "ada=2027-01-14, curie=2027-02-01")
    assert env.dates("EXAMPLE", ["ada", "curie"]) == {"ada": date(2027, 1, 14), "curie": date(2027, 2, 1)}
    assert env.dates("NOT_SET_ANYWHERE", ["ada"]) == {}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("gpt-9=2027-01-14", "names “gpt-9”, which is none of ada"),
        ("ada", "like ada=2027-01-14"),
        ("ada=soon", "like ada=2027-01-14"),
    ],
)
def test_a_date_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str, reason: str) -> None:
    monkeypatch.setenv("EXAMPLE", value)
    with pytest.raises(env.ConfigurationError, match=reason):
        env.dates("EXAMPLE", ["ada"])
