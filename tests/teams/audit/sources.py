"""Every action that the product's source writes into the record."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = (
    "handover",
    "config",
    "connections",
    "datasets",
    "evaluations",
    "finetunes",
    "forgetting",
    "notifications",
    "playground",
    "teams",
    "work",
)
WRITERS = {"record", "note", "note_for", "by_operator", "revealed"}


@cache
def trees() -> dict[str, ast.Module]:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def constants() -> set[str]:
    """Return every text that stands in the source."""
    nodes = (node for tree in trees().values() for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def calls() -> Iterator[tuple[str, ast.expr]]:
    """Yield the file of each call that writes an entry, and what it gives as the action."""
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _writes(node, name) and len(node.args) > 1:
                yield name, node.args[1]


def _writes(node: ast.Call, name: str) -> bool:
    if isinstance(node.func, ast.Attribute):
        return isinstance(node.func.value, ast.Name) and node.func.value.id == "audit" and node.func.attr in WRITERS
    return isinstance(node.func, ast.Name) and node.func.id in WRITERS and name.startswith("teams/audit/")


def actions() -> tuple[set[str], set[str]]:
    """Return the actions that stand in such calls, and the files of the calls that take theirs from elsewhere."""
    found, elsewhere = set(), set()
    for name, action in calls():
        if isinstance(action, ast.Constant) and isinstance(action.value, str):
            found.add(action.value)
        else:
            elsewhere.add(f"{name}: {ast.unparse(action)}")
    return found, elsewhere
