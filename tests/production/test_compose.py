"""What compose.yaml and the Dockerfile promise: hardened, limited, healthy or not, and started with commands that exist."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.management.commands import run
from tests.docs.test_docs import read_settings
from tests.production import compose

VARIABLES = {
    "TUNEDECK_ADDRESS": "https://tunedeck.example.com",
    "TUNEDECK_ALLOWED_HOSTS": "tunedeck.example.com",
    "TUNEDECK_OWNER_EMAIL": "owner@example.com",
}
SERVICES = compose.services(VARIABLES)
OWN = [name for name in SERVICES if name not in compose.IMAGES]
STAYING = [name for name in SERVICES if name != "set-up"]
PROGRAMS = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command", [["hadolint", "Dockerfile"], ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]]
)
def test_the_checkers_of_their_kind_find_nothing(command: list[str]) -> None:
    done = subprocess.run(
        [PROGRAMS / command[0], *command[1:]], cwd=compose.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_nothing_starts_without_what_only_the_operator_knows(name: str) -> None:
    with pytest.raises(compose.Unset, match=name):
        compose.services({key: value for key, value in VARIABLES.items() if key != name})


@pytest.mark.parametrize("name", list(SERVICES))
def test_each_service_has_few_rights_and_limits(name: str) -> None:
    service = SERVICES[name].raw
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert "privileged" not in service


@pytest.mark.parametrize("name", STAYING)
def test_each_service_that_stays_says_whether_it_is_healthy_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert service.healthcheck
    assert service.raw["restart"] == "unless-stopped"


def test_database_and_broker_are_not_reached_from_outside() -> None:
    for name in compose.IMAGES:
        assert SERVICES[name].raw["networks"] == ["inside"]
        assert "ports" not in SERVICES[name].raw
    assert compose.raw()["networks"]["inside"] == {"internal": True}


def test_what_listens_does_so_on_this_machine_only_unless_told_otherwise() -> None:
    ports = [port for service in SERVICES.values() for port in service.raw.get("ports", [])]
    assert ports == ["127.0.0.1:8000:8000", "127.0.0.1:8001:8001"]


def test_no_secret_stands_in_an_environment() -> None:
    for service in SERVICES.values():
        for name, value in service.environment.items():
            if re.search(r"KEY|PASSWORD|DATABASE_URL", name):
                assert name.endswith("_FILE"), name
                assert value.removeprefix("/run/secrets/") in service.raw["secrets"], value


def test_every_setting_exists() -> None:
    known = read_settings() | {"FORWARDED_ALLOW_IPS"}
    for name in OWN:
        assert {setting.removesuffix("_FILE") for setting in SERVICES[name].environment} <= known


def test_the_processes_are_those_of_one_machine() -> None:
    """`manage.py run` and compose.yaml start the same programs with the same queues."""
    alone = {process.name: meaning(list(process.command)[2:]) for process in run.processes()}
    shared = {name: meaning(SERVICES[name].command) for name in OWN if name != "set-up"}
    assert shared == alone


def meaning(command: list[str]) -> set[str]:
    """Return the words of a command, leaving out where it listens, how patient it is and how much it does at once."""
    words = iter(word for word in command if word not in {"python", "-m"})
    return {
        word for word in words if not (word in {"--host", "--port", "--timeout-graceful-shutdown", "-c"} and next(words))
    }


def test_a_service_has_longer_to_stop_than_its_last_answers_take() -> None:
    for name in ("web", "trainer"):
        command = SERVICES[name].command
        assert int(command[command.index("--timeout-graceful-shutdown") + 1]) < seconds(
            SERVICES[name].raw["stop_grace_period"]
        )


def seconds(duration: Any) -> int:
    return int(str(duration).removesuffix("s"))


def test_the_image_runs_as_the_user_that_compose_names() -> None:
    assert ("USER", SERVICES["web"].raw["user"]) in compose.last_stage()
    assert [rest for word, rest in compose.last_stage() if word == "USER"][-1] != "root"


def test_the_image_asks_its_own_port_and_starts_everything_by_itself() -> None:
    assert compose.image_command("HEALTHCHECK") == SERVICES["web"].healthcheck
    assert compose.image_command("CMD") == ["python", "manage.py", "run"]


def test_nothing_is_installed_in_the_last_stage() -> None:
    words = " ".join(rest for word, rest in compose.last_stage() if word == "RUN")
    assert not re.search(r"\b(pip|apt|apt-get|gcc|make)\b", words)


def test_what_is_installed_is_checked_by_its_hash() -> None:
    installs = [rest for word, rest in compose.dockerfile() if word == "RUN" and "pip install" in rest]
    assert installs
    assert all("--require-hashes -r requirements.lock" in rest for rest in installs)


def test_the_base_is_pinned_and_can_be_named_with_its_digest() -> None:
    found = compose.dockerfile()
    assert [rest for word, rest in found if word == "FROM"] == ["${BASE} AS build", "${BASE}"]
    (base,) = [rest for word, rest in found if word == "ARG" and rest.startswith("BASE=")]
    assert re.fullmatch(r"BASE=python:3\.11\.\d+-slim-\w+", base)


def test_the_label_says_the_version() -> None:
    project = tomllib.loads((compose.ROOT / "pyproject.toml").read_text())["project"]
    assert ("ARG", f"VERSION={project['version']}") in compose.last_stage()


def test_the_image_holds_every_package_and_nothing_else() -> None:
    files = compose.image_files()
    packages = {path.parent.name for path in compose.ROOT.glob("*/__init__.py")} - {"tests"}
    assert {name.split("/")[0] for name in files} == packages | {
        "manage.py",
        "pyproject.toml",
        "requirements.lock",
        "static",
        "templates",
        "encodings",
    }
