"""What a person decides about findings: accept the fix, skip it, undo either.

Decisions are an ordered list in the dataset; the accepted ones are its recipe. Each change raises the revision, after
which everything is checked again.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from datasets.adjust import adjusted
from datasets.checks import BY_CODE
from datasets.models import Dataset
from datasets.recipe import Recipe
from datasets.words import Refused
from datasets.words import gettext_noop as _

ACCEPTED, SKIPPED = "accepted", "skipped"
Stored = dict[str, Any]  # a finding or a decision as JSON
CHANGED = _("Somebody else changed this dataset at the same moment, or its version is being made. Look again, then decide.")


def accepted(dataset: Dataset) -> Recipe:
    made = (one for one in dataset.decisions if one["choice"] == ACCEPTED and concerns(dataset, one))
    return [{"code": one["code"], "params": one["params"]} for one in made]


def concerns(dataset: Dataset, made: Stored) -> bool:
    """Whether a decision is about data of the dataset's format; it waits while the columns make another."""
    return dataset.format in BY_CODE[made["code"]].formats


def decided(dataset: Dataset, code: str, choice: str) -> bool:
    return any(made["code"] == code and made["choice"] == choice for made in dataset.decisions)


def recommended(dataset: Dataset, finding: Stored) -> bool:
    """Whether a finding's fix is accepted by "accept all": it is safe, and nobody has skipped it."""
    fix = finding["fix"]
    if not fix or not fix["recommended"] or decided(dataset, finding["code"], SKIPPED):
        return False
    # What has just been accepted and is found again is not helped by more of the same.
    last = dataset.decisions[-1] if dataset.decisions else {"code": None}
    return not (last["code"] == finding["code"] and last["params"] == fix["params"])


def open_count(dataset: Dataset, findings: list[Stored]) -> int:
    """How many findings offer something that nobody has accepted or skipped."""
    return sum(bool(found["fix"]) and not decided(dataset, found["code"], SKIPPED) for found in findings)


def decision(finding: Stored, choice: str, *, by: str) -> Stored:
    return {
        "code": finding["code"],
        "choice": choice,
        "params": dict(finding["fix"]["params"]) if finding["fix"] else {},
        "title": finding["title"],
        "by": by,
        "at": timezone.now().isoformat(),
    }


def decide(dataset: Dataset, code: str, choice: str, *, by: str, value: str = "") -> Stored:
    """Accept or skip the finding with this code; returns the finding. A value takes the place of the proposed one."""
    finding: Stored | None = next((found for found in dataset.findings if found["code"] == code), None)
    if dataset.to_check or finding is None or (choice == ACCEPTED and not finding["fix"]):
        raise Refused(_("The checks have changed meanwhile. Look at them again, then decide."))
    made = decision(finding, choice, by=by)
    if value and choice == ACCEPTED:
        made["params"] = adjusted(code, made["params"], value)
    _write(dataset, [*_without_skip(dataset, code), made])
    return finding


def _without_skip(dataset: Dataset, code: str) -> list[Stored]:
    return [made for made in dataset.decisions if not (made["code"] == code and made["choice"] == SKIPPED)]


def undo(dataset: Dataset, number: int) -> Stored:
    """Take back the decision at this place of the list; returns it."""
    if not 0 <= number < len(dataset.decisions):
        raise Refused(_("That decision has been taken back already."))
    kept = [made for at, made in enumerate(dataset.decisions) if at != number]
    taken: Stored = dataset.decisions[number]
    _write(dataset, kept)
    return taken


def accept_recommended(dataset: Dataset, *, by: str) -> None:
    if not dataset.ask_again(accept_recommended=True, accepting=by[:254]):
        raise Refused(CHANGED)


def _write(dataset: Dataset, decisions: list[Stored]) -> None:
    if not dataset.ask_again(decisions=decisions):
        raise Refused(CHANGED)
