"""A day in production, told line by line: `python -m tests.production.like`, or `make production-like`.

Set up, start every process twice where that is allowed, sign in, prepare data, fine-tune, restart one web process while
somebody watches, back up, stop, lose everything, restore, go on.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import httpx

from tests.chaos.looking import one, prepared
from tests.chaos.person import Person
from tests.product import Product, wait_for
from tests.production.containers import EMAIL, Production, production

STAYING = ("web-1", "web-2", "trainer", "worker-1", "worker-2", "training", "beat")


def day(made: Production, say: Callable[[str], None]) -> None:
    set_up_twice_at_once(made)
    say("set up, twice at once")
    for name in STAYING:
        made.start(name)
    made.wait_until_healthy()
    say(f"healthy: {', '.join(made.containers)}")
    person = sign_in(made)
    say(f"signed in as {EMAIL} at {made.address}")
    fine_tune = train(made, person)
    say(f"fine-tune {fine_tune} succeeded")
    restart_while_watched(made, person, fine_tune)
    say("one web process restarted; the page went on at the other")
    say(made.run("backup", ["python", "manage.py", "backup", "/data/backup.tar.gz"]).splitlines()[0])
    kept = (made.folder / "data/backup.tar.gz").read_bytes()
    before = facts(made)
    say(f"stopped: {made.stop(*made.containers)}")
    made.destroy()
    (made.folder / "secrets/backup.tar.gz").write_bytes(kept)
    say("database and data folder destroyed")
    say(made.run("restore", ["python", "manage.py", "restore", "/run/secrets/backup.tar.gz"]).splitlines()[0])
    assert facts(made) == before
    made.run("set-up", made.service("set-up").command)
    made.start("web-1")
    made.wait_until_healthy()
    assert "Succeeded" in person.get(f"/finetunes/{fine_tune}/").text
    say("restored, and still signed in")
    say(f"stopped: {made.stop(*made.containers)}")


def set_up_twice_at_once(made: Production) -> None:
    """Whoever comes second waits for the first: both end well."""
    said: list[str] = []
    command = made.service("set-up").command
    both = [
        threading.Thread(target=lambda name=name: said.append(made.run(name, command))) for name in ("set-up-1", "set-up-2")
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(said) == 2
    assert all(f"Ready. Open {made.address}/accounts/login/" in one for one in said)
    assert made.rows("SELECT count(*) FROM teams_user") == [(1,)]


def sign_in(made: Production) -> Person:
    person = Person(made.address)
    person.sign_in(EMAIL, (made.folder / "secrets/owner_password").read_text())
    assert person.get("/").url.path == "/"
    return person


def train(made: Production, person: Person) -> int:
    # What looks at the product from outside asks for its rows and its address, and both are here.
    product = cast(Product, made)
    (version,) = prepared(product, person, "tickets", 20)
    connection = one(product, "select id from connections_connection")
    fine_tune = person.start(person.form(version, connection, "ada", epochs=1))
    ended = "select status from finetunes_finetune where id = ? and settled_at is not null"
    assert wait_for(lambda: one(product, ended, fine_tune), "the end of the fine-tune", 120) == "succeeded"
    return fine_tune


def restart_while_watched(made: Production, person: Person, fine_tune: int) -> None:
    """The stream of a page ends when its process stops, and goes on elsewhere after the last event that came."""
    stream = f"/finetunes/{fine_tune}/stream/"
    with person.http.stream("GET", stream) as watched:
        assert watched.status_code == httpx.codes.OK, watched.status_code
        lines = watched.iter_lines()
        seen = next(line for line in lines if line.startswith("id:"))
        began = time.monotonic()
        stopped = threading.Thread(target=made.stop, args=("web-1",))
        stopped.start()
        for _ in lines:
            pass
    stopped.join()
    assert time.monotonic() - began < 30
    other = httpx.Client(base_url=made.address_of("web-2"), cookies=person.http.cookies)
    with other.stream("GET", stream, headers={"Last-Event-ID": seen.partition(":")[2].strip()}) as watched:
        assert watched.status_code == httpx.codes.OK
    made.start("web-1")
    made.wait_until_healthy()


def facts(made: Production) -> dict[str, Any]:
    """What must be the same after a restore."""
    tables = ("finetunes_event", "finetunes_finetune", "datasets_version", "trainer_model", "teams_auditentry")
    return {table: made.rows(f"SELECT count(*), max(id) FROM {table}") for table in tables}


def main() -> None:
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

    with production(install="--install" in sys.argv) as made:
        say(f"built in {made.folder}, PostgreSQL and Redis are up")
        try:
            day(made, say)
        except BaseException:
            print(made.said(), file=sys.stderr)
            raise


if __name__ == "__main__":
    main()
