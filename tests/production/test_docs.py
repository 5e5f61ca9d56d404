"""The commands of the documents are run as they stand: from nothing to a sign-in, a backup and a restore."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from tests import servers
from tests.production import compose

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("production-docs"), pytest.mark.timeout(300)]
BLOCK = re.compile(r"^ *```sh run(?: (\w+))?\n(.*?)^ *```$", re.S | re.M)
FOLDERS = ("/srv/tunedeck", "/etc/tunedeck", "/etc/systemd/system", "/var/lib/tunedeck")
HEADERS = {"Host": "tunedeck.example.com", "X-Forwarded-Proto": "https"}


def blocks(document: str, kind: str = "") -> list[str]:
    """Return the blocks of a document that are marked to be run, of one kind."""
    text = (compose.ROOT / "docs" / document).read_text(encoding="utf-8")
    return [block for name, block in BLOCK.findall(text) if name == kind]


@dataclass
class Machine:
    """A machine of which the folders lie elsewhere and the ports are others; all else is as the documents say."""

    folder: Path
    database_port: int
    broker: str
    ports: dict[str, int] = field(default_factory=lambda: {name: servers.free_port() for name in ("8000", "8001")})

    def here(self, text: str) -> str:
        for there in FOLDERS:
            text = text.replace(there, f"{self.folder}{there}")
        text = text.replace("127.0.0.1:5432", f"127.0.0.1:{self.database_port}").replace(
            "redis://127.0.0.1:6379/0", self.broker
        )
        return re.sub(r"\b800[01]\b", lambda found: str(self.ports[found[0]]), text)

    def run(self, *commands: str) -> str:
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(map(self.here, commands))],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return f"{done.stdout}{done.stderr}"

    @property
    def environment(self) -> dict[str, str]:
        psql = str(Path(servers.postgresql_program("psql")).parent)
        server = {"PGHOST": "127.0.0.1", "PGPORT": str(self.database_port), "PGUSER": "root"}
        return {"PATH": f"{Path(sys.executable).parent}:{psql}:{os.environ['PATH']}", "LANG": "C.UTF-8", **server}


def as_root(database: str, user: str, statement: str) -> None:
    with psycopg.connect(database.replace("tunedeck@", f"{user}@"), autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    for there in FOLDERS:
        (folder / there[1:]).mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "srv/tunedeck")
    (folder / "srv/tunedeck").symlink_to(compose.ROOT)
    with servers.postgresql() as database, servers.redis() as broker:
        # The documents make a role of the name that this server's own has.
        as_root(database, "tunedeck", "CREATE ROLE root SUPERUSER LOGIN")
        as_root(database, "root", "ALTER ROLE tunedeck RENAME TO first")
        yield Machine(folder, int(re.findall(r":(\d+)/", database)[0]), broker)


@pytest.fixture(scope="module")
def installed(machine: Machine) -> Machine:
    """Everything of install.md but the last block, which asks what was installed how it is."""
    assert "Ready. Open https://tunedeck.example.com/accounts/login/" in machine.run(*blocks("install.md")[:-1])
    return machine


def units(machine: Machine) -> dict[str, str]:
    """Return the commands of the services that were written."""
    folder = machine.folder / "etc/systemd/system"
    found = {path.stem.removeprefix("tunedeck-"): path.read_text() for path in folder.glob("tunedeck-*.service")}
    return {name: re.findall(r"^ExecStart=(.*)$", text, re.M)[0] for name, text in found.items()}


@contextmanager
def web(machine: Machine) -> Iterator[httpx.Client]:
    """Run the service of that name as systemd would, and yield somebody who comes through the proxy."""
    lines = (machine.folder / "etc/tunedeck/environment").read_text().splitlines()
    environment = {**machine.environment, **dict(line.split("=", 1) for line in lines)}
    address = f"http://127.0.0.1:{machine.ports['8000']}"
    command = shlex.split(units(machine)["web"])
    with subprocess.Popen(
        command, cwd=machine.folder / "srv/tunedeck", env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            servers.wait_for_port(machine.ports["8000"], 60)
            with httpx.Client(base_url=address, headers=HEADERS, timeout=60) as client:
                yield client
        finally:
            process.terminate()


def sign_in(machine: Machine, client: httpx.Client) -> httpx.Response:
    """Sign in, keeping the cookies by hand: they are for HTTPS only, which ends at the proxy."""
    page = client.get("/accounts/login/")
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[:1]
    password = (machine.folder / "etc/tunedeck/secrets/owner_password").read_text()
    form = {"login": "you@example.com", "password": password, "csrfmiddlewaretoken": token}
    headers = {"Cookie": cookies(page), "Referer": "https://tunedeck.example.com/accounts/login/"}
    done = client.post("/accounts/login/", data=form, headers=headers)
    assert done.status_code == 302, done.text
    return client.get("/", headers={"Cookie": cookies(done)})


def cookies(answer: httpx.Response) -> str:
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))
    return "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_list("set-cookie"))


def test_from_nothing_to_a_sign_in(installed: Machine) -> None:
    with web(installed) as client:
        said = installed.run(blocks("install.md")[-1])
        assert json.loads(said)["ok"] is False, "no worker was started"
        assert "database" not in json.loads(said)["not answering"]
        assert sign_in(installed, client).status_code == 200


def test_the_services_are_those_of_compose(installed: Machine) -> None:
    services = compose.services(dict.fromkeys(("TUNEDECK_ADDRESS", "TUNEDECK_ALLOWED_HOSTS", "TUNEDECK_OWNER_EMAIL"), "x"))
    for name, command in units(installed).items():
        assert meaning(shlex.split(installed_words(command, installed))) == meaning(services[name].command), name


def installed_words(command: str, machine: Machine) -> str:
    """Return the command with the ports of the documents, and as systemd reads it."""
    for there, here in machine.ports.items():
        command = command.replace(str(here), there)
    return command.replace("%%", "%").replace("--pidfile=", "--pidfile ''").replace("127.0.0.1", "0.0.0.0")


def meaning(command: list[str]) -> list[str]:
    return sorted(Path(word).name if word.startswith("/") else word for word in command)


def test_operate_as_the_document_says_then_lose_everything(installed: Machine) -> None:
    load, *steps = blocks("operate.md")
    set_up, backup, rotate = steps
    assert "Ready." in installed.run(load, set_up)
    assert "each with its SHA-256" in installed.run(load, backup)
    data = installed.folder / "var/lib/tunedeck"
    shutil.move(data / "today.tar.gz", installed.folder / "etc/tunedeck/today.tar.gz")
    shutil.rmtree(data)
    create = blocks("install.md")[1].splitlines()[1]
    installed.run('psql -q -d postgres -c "DROP DATABASE tunedeck"', create, "mkdir /var/lib/tunedeck")
    assert "all as written" in installed.run(load, *blocks("operate.md", "lost"))
    assert "encrypted again" in installed.run(load, rotate)
    with web(installed) as client:
        assert sign_in(installed, client).status_code == 200


def test_the_secrets_for_compose_are_those_that_it_asks_for(tmp_path: Path) -> None:
    subprocess.run(["bash", "-e", "-c", "\n".join(blocks("install.md", "compose"))], cwd=tmp_path, check=True)
    assert {path.name for path in (tmp_path / "secrets").iterdir()} == set(compose.raw()["secrets"])
    variables = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    assert compose.services(variables)["web"].environment["TUNEDECK_ALLOWED_HOSTS"] == "tunedeck.example.com"
    password = (tmp_path / "secrets/postgres_password").read_text()
    assert len(password) > 40
    assert (tmp_path / "secrets/database_url").read_text() == f"postgres://tunedeck:{password}@db/tunedeck"
