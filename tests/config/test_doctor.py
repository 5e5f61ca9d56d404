"""`manage.py doctor`: each part yields sentences that say what is wrong and what to do, and shows no key."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django.fixtures import Settings

from config import doctor, reporting
from config.doctor import (
    audit,
    broker,
    clock,
    database,
    disk,
    keys,
    mail,
    providers,
    storage,
    surroundings,
    trainer,
    waiting,
    watchers,
    workers,
)
from config.doctor.findings import Finding, Level, ago, bad, good, size
from connections.models import Connection
from datasets.models import Dataset
from teams.audit import write
from teams.models import AuditChain
from tests.conftest import People
from tests.servers import free_port
from work.models import FRESH_SECONDS, Pulse

KEY = "canary-key-that-costs-money"


def worst(findings: Any) -> Level:
    return max((finding.level for finding in findings), default=Level.GOOD)


def said(findings: Any) -> str:
    return "\n".join(f"{finding.sentence} {finding.advice}" for finding in findings)


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out, no_color=True)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


# The command


def parts(*findings: Finding) -> tuple[doctor.Part, ...]:
    return tuple(doctor.Part(f"part {number}", lambda one=finding: [one]) for number, finding in enumerate(findings))  # type: ignore[misc]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("findings", "status"),
    [
        ([good("fine")], 0),
        ([good("fine"), doctor.findings.warning("hm", "look")], 1),
        ([bad("broken", "mend"), doctor.findings.warning("hm", "look"), good("fine")], 2),
    ],
)
def test_the_exit_status_tells_the_worst(findings: list[Finding], status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PARTS", parts(*findings))
    assert run()[0] == status


@pytest.mark.django_db
def test_a_person_reads_what_is_wrong_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PARTS", parts(good("It answers."), bad("It is gone.", "Bring it back.")))
    assert run()[1] == (
        "ok      part 0      It answers.\nbad     part 1      It is gone.\n                    → Bring it back.\n"
    )


@pytest.mark.django_db
def test_a_program_reads_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PARTS", parts(bad("It is gone.", "Bring it back.")))
    status, text = run("--json")
    assert status == 2
    assert json.loads(text) == [{"part": "part 0", "level": "bad", "sentence": "It is gone.", "advice": "Bring it back."}]


@pytest.mark.django_db
def test_a_part_that_cannot_be_examined_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise RuntimeError(KEY)

    monkeypatch.setattr(doctor, "PARTS", (doctor.Part("broken", broken), *parts(good("It answers."))))
    status, text = run()
    assert status == 2
    assert "It could not be examined (RuntimeError)." in text
    assert "It answers." in text
    assert KEY not in text


def test_without_the_database_what_needs_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "answers", lambda: False)
    names = {name for name, _ in doctor.examine(doctor.PARTS)}
    assert {"database", "broker", "disk", "settings"} <= names
    assert names.isdisjoint({"workers", "work", "keys", "audit"})


@pytest.mark.django_db
def test_only_what_is_named_is_examined() -> None:
    _, text = run("--json", "--only", "database", "disk")
    assert {finding["part"] for finding in json.loads(text)} == {"database", "disk"}


# Each part


@pytest.mark.django_db
def test_the_database_tells_its_version_and_size() -> None:
    findings = list(database.look())
    assert worst(findings) == Level.GOOD
    assert "The database answers: " in said(findings)


@pytest.mark.django_db
def test_missing_migrations_are_named() -> None:
    MigrationRecorder.Migration.objects.filter(app="work", name="0002_tally").delete()
    findings = list(database.look())
    assert worst(findings) == Level.BAD
    assert "1 migrations are missing: work.0002_tally. Run `manage.py set_up`." in said(findings)


def test_a_broker_that_answers_is_good_and_one_that_does_not_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worst(broker.look()) == Level.GOOD
    monkeypatch.setattr(broker, "answers", lambda: False)
    assert "CELERY_BROKER_URL" in said(broker.look())


def test_messages_that_pile_up_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "depths", lambda: {"dashboard": 5, "training": 5000})
    findings = list(broker.look())
    assert worst(findings) == Level.WARNING
    assert "5000 messages wait in the queue “training”" in said(findings)


@pytest.mark.django_db
def test_workers_and_the_clock_are_found_by_their_signs_of_life() -> None:
    for queue in workers.NAMES:
        Pulse.objects.beat(f"{queue}@here", queue, 2)
    findings = list(workers.look())
    assert worst(findings) == Level.GOOD
    assert "beat rang 0 seconds ago." in said(findings)
    assert "Workers of the queue “training”: 1, with room for 2 tasks at once." in said(findings)


@pytest.mark.django_db
def test_whoever_is_silent_is_named_with_how_long_and_how_to_start_it() -> None:
    Pulse.objects.create(worker="beat@here", queue="beat", at=timezone.now() - timedelta(minutes=10))
    text = said(workers.look())
    assert "No beat is alive; the last sign of life was 10 minutes ago. Start it: `celery -A config.celery beat`." in text
    assert "No training worker is alive; none was seen in the last day." in text


@pytest.mark.django_db
def test_two_clocks_are_one_too_many() -> None:
    for host in ("here", "there"):
        Pulse.objects.beat(f"beat@{host}", "beat", 0)
    assert "2 clocks ring: " in said(workers.look())


@pytest.mark.django_db
def test_work_that_waits_too_long_is_told_by_its_kind(people: People) -> None:
    assert worst(waiting.look()) == Level.GOOD
    past = timezone.now() - timedelta(hours=3)
    Dataset.objects.create(organization=people.organization, name="late", size=1, due_at=past, lease_until=past)
    findings = list(waiting.look())
    assert worst(findings) == Level.WARNING
    assert "datasets.dataset: 1 rows wait, the first for 3 hours; 1 of them were begun and left." in said(findings)


def test_a_probe_leaves_nothing_behind() -> None:
    before = default_storage.listdir("") if default_storage.exists("") else ([], [])
    assert worst(storage.look()) == Level.GOOD
    assert default_storage.listdir("") == before or not before[1]


def test_a_storage_that_cannot_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.MEDIA_ROOT = str(tmp_path / "file" / "below")
    assert "A probe could not be written (" in said(storage.look())


@pytest.mark.parametrize(("free", "level"), [(500, Level.GOOD), (100, Level.WARNING), (10, Level.BAD)])
def test_a_disk_that_fills_is_told_in_time(
    free: int, level: Level, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA, settings.UPLOAD_MAX_BYTES = tmp_path, 1
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "large").write_bytes(b"x" * 5000)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(total=1000, free=free))
    findings = list(disk.look())
    assert worst(findings) == level
    assert "Most is taken by files (5 kB)." in said(findings)


class Trainer(BaseHTTPRequestHandler):
    """Stands for a trainer whose clock is wrong, or for something else at its address."""

    status, date = 200, "Sat, 21 Nov 2026 20:00:00 GMT"

    def do_GET(self) -> None:
        self.send_response_only(self.status)
        self.send_header("Date", self.date)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def listening(settings: Settings) -> Iterator[type[Trainer]]:
    class Here(Trainer):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Here)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    settings.TRAINER_ADDRESS = f"http://127.0.0.1:{server.server_address[1]}/v1"
    yield Here
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [
        (200, Level.GOOD, "The trainer answers at "),
        (401, Level.BAD, "the same TUNEDECK_TRAINER_KEY"),
        (404, Level.BAD, "something answers 404"),
        (302, Level.BAD, "something answers 302"),
    ],
)
def test_the_trainer_is_asked_with_the_key(listening: type[Trainer], status: int, level: Level, words: str) -> None:
    listening.status = status
    findings = list(trainer.look())
    assert worst(findings) == level
    assert words in said(findings)


def test_a_trainer_that_is_not_there_is_told(settings: Settings) -> None:
    settings.TRAINER_ADDRESS = f"http://127.0.0.1:{free_port()}/v1"
    assert "The trainer cannot be reached at " in said(trainer.look())


@pytest.mark.django_db
@pytest.mark.parametrize(("off", "level"), [(0, Level.GOOD), (20, Level.WARNING), (-3600, Level.BAD)])
def test_a_clock_that_differs_is_told(listening: type[Trainer], off: int, level: Level) -> None:
    from email.utils import format_datetime

    listening.date = format_datetime(timezone.now() + timedelta(seconds=off), usegmt=True)
    assert worst(clock.look()) == level


@pytest.mark.django_db
def test_keys_that_cannot_be_read_are_counted_and_not_shown(people: People, settings: Settings) -> None:
    settings.SECRET_KEY = "0123456789abcdefghijklmnopqrstuvwxyz-0123456789"
    settings.FIELD_KEYS = ["0123456789abcdefghijklmnopqrstuvwxyz-0123456789"]
    kept = Connection.objects.create(organization=people.organization, name="kept", base_url="http://a", key=KEY)
    assert "All 1 stored keys can be read." in said(keys.look())
    settings.FIELD_KEYS = ["another-key-of-this-server-0123456789-abcdefghij"]
    findings = list(keys.look())
    assert worst(findings) == Level.BAD
    assert f"1 of 1 stored keys cannot be read: connection {kept.pk}." in said(findings)
    assert KEY not in said(findings)


@pytest.mark.django_db
def test_weak_keys_and_open_key_files_are_told_by_name_only(settings: Settings, tmp_path: Path) -> None:
    settings.SECRET_KEY, settings.DATA = "secret", tmp_path
    (tmp_path / "fields.key").write_text(KEY)
    (tmp_path / "fields.key").chmod(0o644)
    text = said(keys.look())
    assert "TUNEDECK_SECRET_KEY is easy to guess." in text
    assert f"Run `chmod 600 {tmp_path / 'fields.key'}`." in text
    assert KEY not in text


@pytest.mark.django_db
def test_the_audit_log_is_verified(people: People) -> None:
    write.by_operator(people.organization, "organization.renamed")
    assert worst(audit.look()) == Level.GOOD
    AuditChain.objects.update(hash="0" * 64)
    findings = list(audit.look())
    assert worst(findings) == Level.BAD
    assert "`manage.py verify_audit`" in said(findings)


def test_mail_that_is_only_written_to_the_log_is_a_warning(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "Set EMAIL_HOST." in said(mail.look())


def test_a_mail_server_that_does_not_answer_is_bad(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    assert "does not take us (ConnectionRefusedError)" in said(mail.look())


def test_a_mail_server_that_greets_is_good(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            client, _ = server.accept()
            with client, client.makefile("rw", newline="\r\n") as lines:
                lines.write("220 mail.example\n")
                lines.flush()
                for line in lines:
                    lines.write("221 bye\n" if line.startswith("QUIT") else "250 fine\n")
                    lines.flush()

        threading.Thread(target=greet, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.getsockname()[1]
        assert "The mail server 127.0.0.1 takes us." in said(mail.look())


@pytest.mark.django_db
def test_a_mail_is_sent_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PARTS", ())
    status, text = run("--mail", "operator@example.com")
    assert status == 0
    assert "was handed over" in text
    assert outbox.outbox[0].to == ["operator@example.com"]


@pytest.mark.django_db
def test_providers_are_asked_only_on_request(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"http://127.0.0.1:{free_port()}/v1"
    Connection.objects.create(organization=people.organization, name="Away", base_url=address, key=KEY)
    asked: list[str] = []
    monkeypatch.setattr("connections.probe.probe", lambda one: asked.append(one.name))
    monkeypatch.setattr(doctor, "PARTS", parts(good("It answers.")))
    assert run()[0] == 0
    assert asked == []


@pytest.mark.django_db
def test_a_connection_that_does_not_work_is_named_without_its_key(people: People) -> None:
    assert said(providers.look()).strip() == "There are no connections."
    address = f"http://127.0.0.1:{free_port()}/v1"
    Connection.objects.create(organization=people.organization, name="Away", base_url=address, key=KEY)
    findings = list(providers.look())
    assert worst(findings) == Level.BAD
    assert "Example Org: Away does not work." in said(findings)
    assert KEY not in said(findings)


SHARED = {
    "SITE_ADDRESS": "https://tunedeck.example",
    "HTTPS": True,
    "ALLOWED_HOSTS": ["tunedeck.example"],
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "SECURE_SSL_REDIRECT": True,
    "DEBUG": False,
}


@pytest.mark.parametrize(
    ("changed", "level", "words"),
    [
        ({}, Level.GOOD, "agree with each other"),
        ({"ALLOWED_HOSTS": [".example"]}, Level.GOOD, "agree with each other"),
        ({"DEBUG": True}, Level.BAD, "TUNEDECK_DEBUG=0"),
        ({"ALLOWED_HOSTS": ["localhost"]}, Level.BAD, "Add tunedeck.example to TUNEDECK_ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ["*"]}, Level.WARNING, "Any host name is answered"),
        ({"SECURE_PROXY_SSL_HEADER": None}, Level.WARNING, "TUNEDECK_BEHIND_PROXY=1"),
        ({"SITE_ADDRESS": "http://tunedeck.example", "HTTPS": False}, Level.BAD, "Set TUNEDECK_ADDRESS to https://"),
        ({"SITE_ADDRESS": "http://127.0.0.1:8000", "HTTPS": False}, Level.BAD, "Set TUNEDECK_ADDRESS to https://"),
    ],
)
def test_settings_that_fight_each_other_are_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], level: Level, words: str
) -> None:
    for name, value in (SHARED | changed).items():
        setattr(settings, name, value)
    monkeypatch.setattr(surroundings, "_processes", list)
    findings = list(surroundings.look())
    assert worst(findings) == level
    assert words in said(findings)


def test_a_place_for_errors_without_its_client_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(watchers.look()) == []
    monkeypatch.setenv("SENTRY_DSN", "http://key@127.0.0.1/1")
    monkeypatch.setattr(reporting, "has", lambda package: False)
    assert "Install Tunedeck with [sentry]." in said(watchers.look())


@pytest.mark.parametrize(("seconds", "words"), [(119, "119 seconds"), (600, "10 minutes"), (8000, "2 hours")])
def test_times_are_told_in_a_unit_that_people_use(seconds: float, words: str) -> None:
    assert ago(seconds) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0 bytes"), (1500, "2 kB"), (2.5 * 10**12, "2.5 TB")])
def test_sizes_are_told_in_a_unit_that_people_use(number: float, words: str) -> None:
    assert size(number) == words


def test_signs_of_life_are_fresh_for_longer_than_the_time_between_two() -> None:
    from config.pulse import EVERY_SECONDS

    assert FRESH_SECONDS > 2 * EVERY_SECONDS
