"""What the documents say is checked against what the product has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted((ROOT / "docs").glob("*.md"))


def read_settings() -> set[str]:
    """Return the names of all environment variables that the product reads."""
    sources = [
        path for path in ROOT.glob("*/**/*.py") if path.parts[len(ROOT.parts)] not in {"tests", ".venv", ".venvs", "var"}
    ]
    pattern = re.compile(r"""env\.(?:text|flag|number|one_of|items|dates|folder|secret|database)\(\s*"([A-Z_]+)\"""")
    return {name for path in sources for name in pattern.findall(path.read_text(encoding="utf-8"))}


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs/settings.md").read_text(encoding="utf-8")))
    assert read_settings() == documented - {"NAME_FILE"}


def test_the_readme_names_every_setting_that_the_design_promises() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    promised = [
        "TUNEDECK_DATA",
        "PORT",
        "TRAINER_PORT",
        "DATABASE_URL",
        "CELERY_BROKER_URL",
        "TUNEDECK_OWNER_EMAIL",
        "TUNEDECK_SAMPLE",
    ]
    assert [name for name in promised if f"`{name}`" not in readme] == []


def test_the_readmes_tree_names_what_is_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = re.search(r"```text\n(.*?)```", readme, re.S)
    assert tree is not None
    named = re.findall(r"^(\S+?/?)(?:\s{2,}.*)?$", tree[1], re.M)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert missing == []
    packages = {path.parent.name + "/" for path in ROOT.glob("*/__init__.py")}
    assert packages - set(named) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("lock", [*ROOT.glob("*.lock"), *ROOT.glob("tests/clients/*.lock")], ids=lambda path: path.name)
def test_lock_files_hold_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    requirements = re.findall(r"^[a-z0-9][^\n]*==", text, re.M)
    assert requirements
    assert text.count("--hash=sha256:") >= len(requirements)
