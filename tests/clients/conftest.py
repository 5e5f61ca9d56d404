"""The official clients, each in a virtual environment of its own, against the running trainer."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 150.0

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def program(environment: str, name: str) -> str:
    found = ROOT / ".venvs" / environment / "bin" / name
    assert found.exists(), f"{found} is missing: `make test` installs it"
    return str(found)


def environment(key: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return inherited | {"OPENAI_API_KEY": key, "PYTHONUNBUFFERED": "1", "NO_PROXY": "*"}


def run(command: list[str], trainer: Any, key: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a client's program as an engineer would: the address and the key come from the environment."""
    return subprocess.run(
        command,
        env=environment(key or trainer.owner_key) | variables,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
        check=False,
    )


LOADING = "That model is still being loaded."


@pytest.fixture(scope="session")
def openai(live_trainer: Any) -> Run:
    """Run `openai …`, the command of the legacy client."""

    def call(*arguments: str, key: str = "", fails: bool = False, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [program("openai-legacy", "openai"), *arguments]
        done = run(command, live_trainer, key, OPENAI_API_BASE=live_trainer.base_url, **variables)
        while LOADING in done.stderr:  # as it says: try again shortly
            done = run(command, live_trainer, key, OPENAI_API_BASE=live_trainer.base_url, **variables)
        assert (done.returncode != 0) == fails, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done

    return call


@pytest.fixture(scope="session")
def sdk(live_trainer: Any) -> Iterator[Callable[..., Any]]:
    """Take a step of sdk_steps.py with the current client and return what it saw; a warning of the client fails it."""
    command = [program("openai-current", "python"), str(Path(__file__).parent / "sdk_steps.py")]
    own = {"OPENAI_BASE_URL": live_trainer.base_url, "PYTHONWARNINGS": "error"}
    process = subprocess.Popen(
        command, env=environment(live_trainer.owner_key) | own, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    said, heard = process.stdin, process.stdout
    assert said
    assert heard

    def call(*step: str, key: str = "") -> Any:
        said.write(json.dumps([key or live_trainer.owner_key, *step]) + "\n")
        said.flush()
        seen, wrong = json.loads(heard.readline())
        assert not wrong, f"{step}\n{wrong}"
        return seen

    yield call
    process.kill()
    process.communicate()
