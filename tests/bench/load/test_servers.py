"""`kill -9` of PostgreSQL, Redis and processes on them while fine-tunes run: it recovers by itself within 30 seconds.

Nothing is lost, nothing doubled. tests/bench/load/test_kills.py is the long form of it, with people and an evaluation.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.chaos.looking import one, prepared
from tests.chaos.mortal import Deployment, deployment
from tests.chaos.person import OWNER, Person
from tests.chaos.test_fine_tunes import BASES, each_job_once, ends_well
from tests.product import wait_for

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.xdist_group("chaos-servers"), pytest.mark.timeout(300)]

RECOVERY_SECONDS = 30.0


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("data")) as found:
        yield found


def test_servers_and_processes_that_die_and_come_back_cost_nothing_but_time(deployed: Deployment) -> None:
    product = deployed.product
    person = Person(product.address)
    person.sign_in(*OWNER)
    version = prepared(product, person, "small", 40)[0]
    connection = one(product, "select id from connections_connection")
    started = [person.start(person.form(version, connection, base)) for base in BASES]
    forms = [person.form(version, connection, base, epochs=2) for base in BASES]
    wait_for(lambda: deployed.told() > 0, "the first event")

    deployed.redis.kill()
    assert page(person).status_code == 200, "a page needs no broker"
    started.append(person.start(forms[0]))
    deployed.redis.start()
    took = {"Redis": deployed.recovered()}

    deployed.postgresql.kill()
    away = page(person)
    assert away.status_code == 503
    assert away.headers["Retry-After"]
    deployed.postgresql.start()
    started.append(person.insist(forms[1]))
    took["PostgreSQL"] = deployed.recovered()

    took |= {name: deployed.killed(name) for name in ("worker", "beat")}
    print({name: f"{max(seconds.values()):.1f} s" for name, seconds in took.items()})
    for fine_tune in started:
        ends_well(product, fine_tune)
    each_job_once(product)
    told_once(deployed, started)
    assert all(max(seconds.values()) <= RECOVERY_SECONDS for seconds in took.values()), took


def page(person: Person) -> httpx.Response:
    """One look, answered however it may be; a machine that is busy may hang up at the moment of a kill."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return person.http.get("/finetunes/")
        except httpx.HTTPError:
            assert time.monotonic() < deadline


def told_once(deployed: Deployment, started: list[int]) -> None:
    """The end of each fine-tune was announced once, and stands once on the page of whose it is."""
    rows = deployed.product.rows
    wait_for(lambda: not rows("select id from notifications_notification where due_at is not null"), "all of them")
    ends = sorted(path for (path,) in rows("select path from notifications_notification where kind = 'succeeded'"))
    assert ends == sorted(f"/finetunes/{pk}/" for pk in started)
    counted = "select count(r.id) from notifications_notification n left join notifications_receipt r"
    assert set(rows(f"{counted} on r.notification_id = n.id group by n.id")) == {(1,)}
