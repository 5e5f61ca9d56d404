"""compose.yaml and Dockerfile as what they say: services with commands, settings, health checks and limits."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ("db", "redis")  # the services that run somebody else's image
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class Unset(Exception):
    """A variable that compose.yaml insists on has no value; the message is compose.yaml's own."""


@dataclass(frozen=True)
class Service:
    name: str
    command: list[str]
    environment: dict[str, str]
    healthcheck: list[str]
    """The command that tells whether it is healthy; empty if there is none."""
    raw: Mapping[str, Any]


def raw() -> dict[str, Any]:
    """Return compose.yaml with its anchors and merges resolved, and its variables not."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


def services(variables: Mapping[str, str]) -> dict[str, Service]:
    """Return the services as Docker Compose would see them with these variables in .env."""
    document = filled(raw(), variables)
    return {name: _service(name, one) for name, one in document["services"].items()}


def filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(inner, variables) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, variables) for inner in value]
    return VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, kind, rest = found.groups()
    if variables.get(name):
        return variables[name]
    if kind == "?":
        raise Unset(f"{name}: {rest}")
    return rest or ""


def _service(name: str, one: Mapping[str, Any]) -> Service:
    test = one.get("healthcheck", {}).get("test", [])
    return Service(name, list(one.get("command", [])), dict(one.get("environment", {})), test[1:], one)


def dockerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, each with its words on one line."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ").splitlines()
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines) if word]


def build_commands() -> list[str]:
    """Return what the first stage runs."""
    found = dockerfile()
    return [rest for word, rest in found[: -len(last_stage())] if word == "RUN"]


def last_stage() -> list[tuple[str, str]]:
    found = dockerfile()
    start = max(number for number, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def image_settings() -> dict[str, str]:
    """Return the environment that the image itself brings."""
    pairs = [pair for word, rest in last_stage() if word == "ENV" for pair in rest.split()]
    return dict(pair.split("=", 1) for pair in pairs)


def image_command(word: str) -> list[str]:
    """Return what CMD runs; for HEALTHCHECK what its CMD runs."""
    (rest,) = [rest for name, rest in last_stage() if name == word]
    command: list[str] = json.loads(rest[rest.index("[") :])
    return command


def image_files() -> list[str]:
    """Return the files of the working copy that `COPY . .` takes, by .dockerignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    return [name for name in listed.stdout.splitlines() if _is_taken(name, patterns) and (ROOT / name).is_file()]


def _is_taken(name: str, patterns: list[str]) -> bool:
    taken = True
    for pattern in patterns:
        kept, anywhere = pattern.removeprefix("!"), pattern.removeprefix("**/")
        if kept in {"*", name.split("/")[0]} or (anywhere != pattern and anywhere in name.split("/")):
            taken = pattern.startswith("!")
    return taken


def copy_image(target: Path) -> None:
    for name in image_files():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place)
