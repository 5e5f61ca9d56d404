"""What docs/security.md claims is held by tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_every_claim_names_a_test_that_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)
    assert named
    gone = [name for name in named if not (ROOT / name[0]).is_file() or f"def {name[1]}" not in (ROOT / name[0]).read_text()]
    assert gone == []


def test_every_line_of_the_tables_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| what |")]
    assert [row for row in rows if "`tests/" not in row] == []
