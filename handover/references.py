"""Numbers of rows that stand inside other values: a key such as "12" or "c3:ada", or an entry of a JSON column."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MODEL, CONNECTION = "finetunes.Model", "connections.Connection"
VERSION, RUN, QUESTION, EVALUATION = "datasets.Version", "evaluations.Run", "evaluations.Question", "evaluations.Evaluation"
PERSON = "teams.User"

Renumber = Callable[[str, int], int | None]
"""Given a table and a row's number, the number that it has on the other side; None if it has none there."""
PICKED = re.compile(r"(?:(\d{1,18})|c(\d{1,18}):(.+))", re.S)


def _picked(value: Any, renumber: Renumber) -> Any:
    """A model as the playground names it; one that is not there names nothing that could be asked."""
    found = PICKED.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    model, connection, name = found.groups()
    number = renumber(MODEL, int(model)) if model else renumber(CONNECTION, int(connection))
    if number is None:
        return "gone" if model else f"gone:{name}"
    return str(number) if model else f"c{number}:{name}"


def _all_picked(value: Any, renumber: Renumber) -> Any:
    return [_picked(one, renumber) for one in value] if isinstance(value, list) else value


def _within(**kinds: str) -> Callable[[Any, Renumber], Any]:
    """Entries of an object, by name; `a__b` is entry b of entry a."""

    def change(value: Any, renumber: Renumber) -> Any:
        for path, kind in kinds.items():
            value = _entry(value, path.split("__"), kind, renumber)
        return value

    return change


def _entry(value: Any, path: list[str], kind: str, renumber: Renumber) -> Any:
    if not isinstance(value, dict) or path[0] not in value:
        return value
    if len(path) > 1:
        return {**value, path[0]: _entry(value[path[0]], path[1:], kind, renumber)}
    number = value[path[0]]
    return {**value, path[0]: renumber(kind, number) if isinstance(number, int) else None}


def _names(kind: str) -> Callable[[Any, Renumber], Any]:
    """The names of an object's entries are numbers of rows; those of rows that are not there are left out."""

    def change(value: Any, renumber: Renumber) -> Any:
        if not isinstance(value, dict):
            return value
        pairs = [(renumber(kind, int(name)), kept) for name, kept in value.items() if name.isdecimal()]
        return {str(number): kept for number, kept in pairs if number is not None}

    return change


def _scoring(value: Any, renumber: Renumber) -> Any:
    changed = _within(contradictions__version=VERSION)(value, renumber)
    if isinstance(changed, dict) and "against" in changed:
        changed = {**changed, "against": _names(RUN)(changed["against"], renumber)}
    return changed


REFERENCES: dict[tuple[str, str], Callable[[Any, Renumber], Any]] = {
    ("datasets.Dataset", "making"): _within(to=VERSION, by=PERSON, validation__version=VERSION),
    ("datasets.Version", "split"): _within(validation__version=VERSION),
    ("finetunes.Model", "threshold"): _within(evaluation=EVALUATION),
    ("evaluations.Run", "key"): _picked,
    ("evaluations.Run", "tried"): _names(QUESTION),
    ("evaluations.Scoring", "data"): _scoring,
    ("playground.Preset", "key"): _picked,
    ("playground.Asked", "key"): _picked,
    ("playground.Trial", "keys"): _all_picked,
    ("playground.Side", "key"): _picked,
}
LATE = {("datasets.Dataset", "making"), ("datasets.Version", "split"), ("finetunes.Model", "threshold")}
"""Those that point at rows which are read after them."""
