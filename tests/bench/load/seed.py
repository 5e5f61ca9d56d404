"""Fill an empty database as a company does in years: `python -m tests.bench.load.seed PROVIDER`.

Organizations, people and fine-tunes are shared out unevenly, as they are in life: the largest of 50 organizations has
a fifth of everything. Fine-tunes and what hangs on them come in bulk, the million events in one statement. It prints
who may look at what, as JSON.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection as database  # noqa: E402
from django.utils import timezone  # noqa: E402

from connections.models import Connection  # noqa: E402
from datasets import sample  # noqa: E402
from datasets.models import Dataset, Version  # noqa: E402
from finetunes import judging  # noqa: E402
from finetunes.metrics import Series  # noqa: E402
from finetunes.models import FineTune, Model, Span  # noqa: E402
from finetunes.spans import encode as encoded  # noqa: E402
from finetunes.spans import outline, pack  # noqa: E402
from finetunes.statuses import ENDED, Status  # noqa: E402
from notifications.models import Notification, Receipt  # noqa: E402
from teams import sessions  # noqa: E402
from teams.audit import keep  # noqa: E402
from teams.models import AuditEntry, Membership, Organization, Role, User  # noqa: E402

ORGANIZATIONS, PEOPLE, FINE_TUNES, EVENTS = 50, 200, 10_000, 1_000_000
DATASETS, ENTRIES, TOLD = 10, 40, 40
"""For each organization so many datasets, for each fine-tune and person so many entries and notifications."""
STEPS = 200
SERIES = ("training_loss", "validation_loss", "training_token_accuracy")
WORDS = [
    "billing",
    "delivery",
    "returns",
    "contracts",
    "complaints",
    "invoices",
    "addresses",
    "reviews",
    "tickets",
    "offers",
]
SUMMARY = {
    name: {"first": 2.0, "last": 0.5, "last_step": STEPS, "best": 0.4, "best_step": STEPS - 9, "count": STEPS}
    for name in SERIES
}
EVENTS_SQL = """
INSERT INTO finetunes_event (fine_tune_id, ordinal, key, created_at, level, type, message, metrics, raw)
{numbers}
SELECT f.id, n, 'ftevent-' || f.id || '-' || n, f.created_at, 'info', 'message',
       'Step ' || n || '/{each}: training loss=' || round(2.5 / (1 + n / 9.0), 3) || ', validation loss=0.61',
       NULL, {empty}
FROM finetunes_finetune f, numbers
"""
NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {each})"


def shares(whole: int, parts: int) -> list[int]:
    """Share out by rank: the second gets half of the first, the third a third; nobody gets nothing."""
    weights = [1 / rank for rank in range(1, parts + 1)]
    found = [max(1, round(whole * weight / sum(weights))) for weight in weights]
    found[0] += whole - sum(found)
    return found


def organization(number: int, people: int, provider: str) -> tuple[Organization, Connection, list[User]]:
    made = Organization.objects.create(name=f"Office {number}", slug=f"office-{number}")
    connection = Connection.objects.create(
        organization=made, name="Quick provider", base_url=provider, dialect="jobs", key="k", works=True
    )
    users = [User(email=f"person{number}.{place}@example.com", name=f"Person {number}.{place}") for place in range(people)]
    for user in users:
        user.set_unusable_password()
    User.objects.bulk_create(users)
    roles = [Role.OWNER, Role.MEMBER, Role.MEMBER, Role.VIEWER]
    Membership.objects.bulk_create(
        Membership(user=user, organization=made, role=roles[place % 4]) for place, user in enumerate(users)
    )
    return made, connection, users


def copies(whole: Version, organizations: Iterable[Organization]) -> dict[int, list[Version]]:
    """Give every organization the sample dataset under several names; they share its files."""
    found: dict[int, list[Version]] = {}
    for one in organizations:
        for number in range(DATASETS):
            dataset = Dataset.objects.get(pk=whole.dataset_id)
            dataset.pk, dataset.organization, dataset.name = None, one, f"{WORDS[number % len(WORDS)]} {number}"
            dataset.save(force_insert=True)
            version = Version.objects.get(pk=whole.pk)
            version.pk, version.dataset = None, dataset
            version.save(force_insert=True)
            found.setdefault(one.pk, []).append(version)
    return found


def fine_tunes(chance: random.Random, connection: Connection, versions: list[Version], users: list[User], count: int) -> Any:
    now = timezone.now()
    for number in range(count):
        status = _status(chance, number)
        begun = now - timedelta(minutes=37 * number + chance.randrange(30))
        ended = begun + timedelta(minutes=20) if status in (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED) else None
        yield FineTune(
            organization_id=connection.organization_id,
            connection=connection,
            dialect="jobs",
            name=f"{chance.choice(WORDS)} {number}",
            base_model=chance.choice(["babbage-002", "davinci-002", "gpt-4o-mini-2024-07-18"]),
            training_version=chance.choice(versions),
            started_by=chance.choice(users),
            created_at=begun,
            status=status,
            remote_id=f"ftjob-{connection.pk}-{number}",
            sent_at=begun,
            started_at=begun,
            finished_at=ended,
            ended_at=ended,
            settled_at=ended,
            answered_at=now,
            fine_tuned_model=f"ft:{connection.pk}:{number}" if status == Status.SUCCEEDED else "",
            resolved={"n_epochs": 4, "batch_size": 8},
            summary=SUMMARY,
            spark=[3.0, 2.0, 1.0, 0.5],
            step=STEPS if ended else 90,
            total_steps=STEPS,
            last_event=EVENTS // FINE_TUNES,
            revision=3,
            raw={"id": f"ftjob-{number}", "object": "fine_tuning.job", "status": status.value, "seed": 42},
        )


def _status(chance: random.Random, number: int) -> Status:
    """Of the newest some are under way; of the others most went well."""
    if number < 3:
        return Status.RUNNING
    return chance.choices([Status.SUCCEEDED, Status.FAILED, Status.CANCELLED], [85, 10, 5])[0]


def models(made: list[FineTune]) -> list[Model]:
    return [
        Model(
            organization_id=one.organization_id,
            connection=one.connection,
            name=one.fine_tuned_model,
            base_model=one.base_model,
            fine_tune=one,
            version=one.training_version,
            created_at=one.finished_at or one.created_at,
            ready_at=one.finished_at,
            checked_at=timezone.now(),
        )
        for one in made
        if one.fine_tuned_model
    ]


def spans(made: list[FineTune]) -> Iterator[Span]:
    """The same curve for all of them, packed once."""
    steps = np.arange(1, STEPS + 1, dtype=np.int64)
    for name in SERIES:
        series = Series(steps, 2.5 / (1 + steps / 9.0) + 0.01 * np.sin(steps))
        packed = pack(series)
        values = {field: getattr(packed, field) for field in ("count", "first", "last", "stride", "form", "steps", "values")}
        for one in made:
            yield Span(fine_tune=one, name=name, number=0, outline=encoded(outline(series)), **values)


def verdicts(made: list[FineTune]) -> None:
    """What a worker finds with the last numbers; those that ended alike, on the same curve and data, are told the same."""
    alike = {one.status: one for one in made if one.status in ENDED}
    for status, one in alike.items():
        found = judging.find(one, {})
        FineTune.objects.filter(organization=one.organization_id, status=status).update(verdict=found)


def events() -> None:
    """All of them in one statement; the rows that they point at were made a moment ago."""
    each, is_postgresql = EVENTS // FINE_TUNES, database.vendor == "postgresql"
    empty = "'{}'::jsonb" if is_postgresql else "'{}'"
    with database.cursor() as cursor:
        if is_postgresql:
            cursor.execute("SET session_replication_role = replica")
        cursor.execute(EVENTS_SQL.format(numbers=NUMBERS.format(each=each), each=each, empty=empty))
        if is_postgresql:
            cursor.execute("SET session_replication_role = DEFAULT")


def entries(made: Organization, users: list[User], fine_tunes: list[FineTune]) -> None:
    """What the audit log and the pages of notifications hold."""
    AuditEntry.objects.bulk_create(
        AuditEntry(
            organization=made,
            actor=users[number % len(users)],
            actor_name=str(users[number % len(users)]),
            action="fine-tune.created",
            target_type="fine-tune",
            target_id=str(one.pk),
            target_name=one.name,
            created_at=one.created_at,
            address="192.0.2.7",
            details={"base_model": one.base_model},
        )
        for number, one in enumerate(fine_tunes)
    )
    told = Notification.objects.bulk_create(
        Notification(
            organization=made,
            kind="ended",
            key=f"ended {one.pk}",
            path=f"/finetunes/{one.pk}/",
            facts={"name": one.name, "status": one.status},
            created_at=one.created_at,
        )
        for one in fine_tunes[:TOLD]
    )
    Receipt.objects.bulk_create(Receipt(notification=one, user=user) for one in told for user in users)


def signed_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[sessions.SINCE] = session[sessions.SEEN] = int(time.time())
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def main(provider: str) -> None:
    chance, people = random.Random(2026), []
    offices = [organization(number, share, provider) for number, share in enumerate(shares(PEOPLE, ORGANIZATIONS), 1)]
    versions = copies(sample.load(offices[0][0], offices[0][2][0]), [office for office, _, _ in offices])
    for (office, connection, users), share in zip(offices, shares(FINE_TUNES, ORGANIZATIONS), strict=True):
        made = FineTune.objects.bulk_create(
            fine_tunes(chance, connection, versions[office.pk], users, share), batch_size=1000
        )
        tuned = Model.objects.bulk_create(models(made), batch_size=1000)
        Span.objects.bulk_create(spans(made), batch_size=2000)
        verdicts(made)
        entries(office, users, made)
        mine = {
            "fine_tunes": [one.pk for one in made[:60]],
            "models": [one.pk for one in tuned[:30]],
            "datasets": [version.dataset_id for version in versions[office.pk]],
            "pages": 1 + (share - 1) // 25,
        }
        for place, user in enumerate(users):
            people.append({"cookie": signed_in(user), "role": ("owner", "member", "member", "viewer")[place % 4], **mine})
    keep.take_in()
    events()
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(json.dumps(people))


if __name__ == "__main__":
    main(sys.argv[1])
