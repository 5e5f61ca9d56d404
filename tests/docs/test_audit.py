"""What `make check` says of vulnerabilities: none, some, or that nobody could be asked."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOUND = 'for last in "$@"; do :; done; echo "| django | 1.0 | a hole |" >"$last"; exit 1'


def audited(tmp_path: Path, program: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script with this in place of what asks, if anything."""
    if program:
        (tmp_path / "pip-audit").write_text(f"#!/bin/sh\necho \"$@\" >>'{tmp_path}/asked'\n{program}\n")
        (tmp_path / "pip-audit").chmod(0o755)
        environment["PATH"] = f"{tmp_path}:{os.environ['PATH']}"
    command = [str(ROOT / "scripts/audit")]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60)


def test_without_a_network_that_is_said_and_nothing_fails(tmp_path: Path) -> None:
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    began = time.monotonic()
    ended = audited(tmp_path, NO_PROXY="", no_proxy="", **nowhere)
    assert (ended.returncode, ended.stdout.strip()) == (0, "not audited: nobody answered who knows of vulnerabilities")
    assert time.monotonic() - began < 15


def test_what_is_found_fails_and_is_told(tmp_path: Path) -> None:
    ended = audited(tmp_path, FOUND)
    assert ended.returncode == 1
    assert "| django | 1.0 | a hole |" in ended.stdout


def test_a_clean_answer_says_nothing_and_is_about_everything(tmp_path: Path) -> None:
    ended = audited(tmp_path, "exit 0")
    assert (ended.returncode, ended.stdout) == (0, "")
    first, whole = (tmp_path / "asked").read_text().splitlines()
    assert "--requirement requirements.lock " in whole
    assert "--requirement requirements.lock " not in first


def test_a_program_that_is_called_wrongly_does_not_pass_for_a_network_that_is_away(tmp_path: Path) -> None:
    ended = audited(tmp_path, "echo 'no such option' >&2; exit 2")
    assert ended.returncode == 2
    assert "no such option" in ended.stderr


def test_check_audits() -> None:
    assert re.search(r"^step .* scripts/audit$", (ROOT / "scripts/check").read_text(), re.M)
