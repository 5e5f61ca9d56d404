"""`kill -9` of PostgreSQL and of Redis while fine-tunes run: it recovers by itself, nothing is lost, nothing doubled."""

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

pytestmark = [pytest.mark.bench, pytest.mark.live, pytest.mark.xdist_group("chaos-servers"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("data")) as found:
        yield found


def test_servers_that_die_and_come_back_cost_nothing_but_time(deployed: Deployment) -> None:
    product = deployed.product
    person = Person(product.address)
    person.sign_in(*OWNER)
    version = prepared(product, person, "small", 60)[0]
    connection = one(product, "select id from connections_connection")
    started = [person.start(person.form(version, connection, base)) for base in BASES]
    forms = [person.form(version, connection, base) for base in BASES]
    wait_for(lambda: deployed.told() > 0, "the first event")

    before = deployed.told()
    deployed.redis.kill()
    assert page(person).status_code == 200, "a page needs no broker"
    started.append(person.start(forms[0]))
    deployed.redis.start()
    took = {"Redis": deployed.recovered(before)}

    before = deployed.told()
    deployed.postgresql.kill()
    away = page(person)
    assert away.status_code == 503
    assert away.headers["Retry-After"]
    deployed.postgresql.start()
    started.append(person.insist(forms[1]))
    took["PostgreSQL"] = deployed.recovered(before)
    print({name: f"{seconds:.1f} s" for name, seconds in took.items()})

    for fine_tune in started:
        ends_well(product, fine_tune)
    each_job_once(product)
    told_once(deployed)


def page(person: Person) -> httpx.Response:
    """One look, answered however it may be; a machine that is busy may hang up at the moment of a kill."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return person.http.get("/finetunes/")
        except httpx.HTTPError:
            assert time.monotonic() < deadline


def told_once(deployed: Deployment) -> None:
    """Everything that was announced was announced once, to each person once."""
    announced = "select count(*), count(distinct key) from notifications_notification"
    ((all_of_them, different),) = deployed.product.rows(announced)
    assert all_of_them == different
    twice = "select notification_id from notifications_receipt group by notification_id, user_id having count(*) > 1"
    assert deployed.product.rows(twice) == []
