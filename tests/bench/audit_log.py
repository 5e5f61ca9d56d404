"""An audit log of a million entries: fill an empty database with it, then look at it as its owners do.

`python -m tests.bench.audit_log fill` writes a chain as Tunedeck would have; `… look` prints what took how long.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django

django.setup()

from asgiref.sync import async_to_sync  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection as database  # noqa: E402
from django.test import Client  # noqa: E402

from teams.audit import chain  # noqa: E402
from teams.audit.sentences import SENTENCES  # noqa: E402
from teams.models import AuditChain, AuditEntry, Membership, Organization, Role, User  # noqa: E402

ENTRIES, PEOPLE, THINGS, ADDRESSES = 1_000_000, 20, 5_000, 50
BEGUN = datetime(2024, 1, 1, tzinfo=UTC)
RARE = "organization.renamed"
EVERY = timedelta(seconds=50)
COLUMNS = (
    *("organization_id", "created_at", "actor_id", "actor_name", "action", "target_type", "target_id", "target_name"),
    *("address", "details", "number", "previous", "hash", "seals"),
)
TURNS = 5


def fill() -> None:
    organization = Organization.objects.create(name="Example", slug="example")
    people = [User.objects.create_user(f"person-{number}@example.com") for number in range(PEOPLE)]
    for person in people:
        Membership.objects.create(organization=organization, user=person, role=Role.OWNER)
    end = AuditChain.objects.create(name=str(organization.pk), organization=organization)
    end.hash = chain.beginning(end.origin)
    with database.cursor() as cursor, cursor.copy(f"COPY teams_auditentry ({','.join(COLUMNS)}) FROM STDIN") as copy:
        for row in rows(end, people):
            copy.write_row(row)
    end.save()
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")


def rows(end: AuditChain, people: list[User]) -> Iterator[list[Any]]:
    """Yield the chain's entries; the end is moved along."""
    chance = random.Random(7)
    actions = [action for action in SENTENCES if action != RARE]
    often = [1 / (place + 1) for place in range(len(actions))]  # some things are done all day, others hardly ever
    for number in range(1, ENTRIES + 1):
        person = None if number % 11 == 0 else chance.choice(people)
        thing = chance.randrange(THINGS)
        entry = SimpleNamespace(
            organization_id=end.organization_id,
            created_at=BEGUN + number * EVERY,
            actor_id=person.pk if person else None,
            actor_name=str(person) if person else "Tunedeck",
            action=RARE if number == 1_000 else chance.choices(actions, often)[0],
            target_type="dataset",
            target_id=str(thing),
            target_name=f"Answers of week {thing}",
            address=f"10.0.{chance.randrange(ADDRESSES)}.7" if person else None,
            details={"rows": thing, "reason": "It is what the customers ask for most."},
            number=number,
            previous=end.hash,
            seals=f"{number:032x},{number + 1:032x},{number + 2:032x}",
        )
        entry.hash = end.hash = chain.digest(entry)
        end.number, end.last_at = number, entry.created_at
        entry.details = json.dumps(entry.details)
        yield [getattr(entry, name) for name in COLUMNS]


def look() -> dict[str, Any]:
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    person = User.objects.order_by("pk")[3]
    client.force_login(person, settings.AUTHENTICATION_BACKENDS[0])
    client.get("/audit/")
    took = {name: [timed(client, query) for _turn in range(TURNS)] for name, query in wishes(person).items()}
    return {"took": took, "taken": taken(client), "entries": AuditEntry.objects.count()}


def wishes(person: User) -> dict[str, dict[str, Any]]:
    someone, here = {"person": person.pk}, {"address": "10.0.3.7"}
    common = next(iter(SENTENCES))
    return {
        "the newest": {},
        "a page in the middle": {"before": ENTRIES // 2},
        "the oldest page": {"before": 40},
        "a person": someone,
        "nobody": {"person": "tunedeck"},
        "nobody any more": {"person": 10**9},
        "a common action": {"action": common},
        "a rare action": {"action": RARE},
        "a common kind": {"action": common.partition(".")[0]},
        "a rare kind": {"action": RARE.partition(".")[0]},
        "an address": here,
        "no such address": {"address": "192.0.2.1"},
        "a thing": {"target": "dataset:77"},
        "two days": {"since": "2024-06-01", "until": "2024-06-02"},
        "before a day, a person": {"until": "2024-06-01", **someone},
        "since a day, a rare action": {"since": "2024-06-01", "action": RARE},
        "words of a name": {"q": "week 4321"},
        "words of a sentence": {"q": "signed in"},
        "words that nobody wrote": {"q": "zebra"},
        "words that nobody wrote, further back": {"q": "zebra", "before": ENTRIES // 2},
        "words and a person": {"q": "zebra", **someone},
        "words and a rare action": {"q": "zebra", "action": RARE},
        "a person from an address": {**someone, **here},
        "a rare action from an address": {"action": RARE, **here},
        "a kind, a person and an address": {"action": common.partition(".")[0], **someone, **here},
        "a thing and a person": {"target": "dataset:77", **someone},
        "everything, and nothing is found": {"q": "zebra", "action": "model", "since": "2024-06-01", **someone, **here},
    }


def timed(client: Client, query: dict[str, Any]) -> float:
    begun = time.perf_counter()
    answer = client.get("/audit/", query)
    assert answer.status_code == 200, answer.status_code
    return time.perf_counter() - begun


def taken(client: Client) -> dict[str, Any]:
    """Take everything as CSV; seconds until its first entry and its last one, and how the process grew."""
    forget_peak()
    before, begun = peak(), time.perf_counter()
    answer: Any = client.get("/audit/export/")

    async def read() -> tuple[float, int]:
        first, lines = 0.0, 0
        async for piece in answer.streaming_content:
            lines += piece.count(b"\n")
            first = first or (time.perf_counter() - begun if lines > 1 else 0.0)
        return first, lines

    first, lines = async_to_sync(read)()
    return {"first": first, "whole": time.perf_counter() - begun, "lines": lines, "grown": peak() - before}


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """Megabytes that this process has had at most."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024


if __name__ == "__main__":
    print(json.dumps({"fill": fill, "look": look}[sys.argv[1]]()))
