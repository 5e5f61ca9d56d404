"""Make a version of another one's rows and of examples that were collected since.

All parts stay byte for byte what they were, but for new lines at the end of the training part: what is held out there
stays held out, and no example that asks the same comes to be trained on. In: a dataset that has been asked for it
(`making`). Out: one Version, which says in its split what was added to which version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from datasets import keyed, later, leaks
from datasets.drafting import Part, commit, tokens_of
from datasets.mapping import Example
from datasets.models import Dataset, Version
from datasets.pace import Pace
from datasets.split import PARTS, TRAINING
from datasets.storing import Draft, opened, sweep
from datasets.words import Refused, ngettext
from datasets.words import gettext_noop as _

MOST = 1_000  # examples that are added at once
MOST_BYTES = 5_000_000
BLOCK = 1 << 20

Added = dict[str, Any]  # {"id": whose it is to whoever asks, "example": …}


@dataclass
class Sorted:
    """Which examples can be added, which cannot, by their ids, and how many answer a training row's question anew."""

    taken: list[Added] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    otherwise: int = 0


def request(parent: Version, added: Sequence[Added], *, by: int | None) -> None:
    """Ask for a version of the parent's rows and these examples; raises Refused."""
    if not added:
        raise Refused(_("There is no new example to make a version with."))
    if len(added) > MOST or sum(len(orjson.dumps(one)) for one in added) > MOST_BYTES:
        raise Refused(_("That is too much at once: at most %(most)s examples of together 5 MB.", most=MOST))
    if parent.dataset.state != Dataset.State.READY:
        raise Refused(_("The dataset's file is not read. Look at its page first."))
    if not parent.dataset.ask(making={"added": list(added), "to": parent.pk, "by": by}):
        raise Refused(_("A version is being made already, or the dataset has just changed. Look again."))


def make(dataset: Dataset, wanted: dict[str, Any]) -> Version:
    parent = dataset.versions.filter(pk=wanted["to"]).first()
    if parent is None:
        raise Refused(_("The version that was to be extended has been deleted. Choose another one."))
    pace = Pace(dataset, parent.rows, share=0.5)
    found = sort_out(parent, wanted["added"], lambda done: pace(round(done * parent.rows)))
    if not found.taken:
        raise Refused(_none_left(found))
    with ExitStack() as stack:
        made = [Part(stack.enter_context(Draft(dataset, name)), tuple(parent.tokens)) for name in PARTS]
        for name, part in zip(PARTS, made, strict=True):
            _resume(part, parent, name, Pace(dataset, 1, start=0.5, share=0.5))
        for one in found.taken:
            made[PARTS.index(TRAINING)].add(one["example"])
        fields = {name: value for part, name in zip(made, PARTS, strict=True) for name, value in part.fields(name).items()}
        fields["sides"] = _sides(parent, stack.enter_context(Draft(dataset, "sides", "npz")))
        version = commit(dataset, wanted, {**_inherited(parent, found), **fields, "tokens": tokens_of(made)})
    sweep(dataset)
    return version


def is_quick(parent: Version) -> bool:
    """Whether examples can be sorted out while a person waits."""
    return parent.rows <= leaks.SMALL or later.answer(parent.dataset, f"v{parent.pk}.npy").is_there()


def sort_out(parent: Version, added: Sequence[Added], progress: later.Progress = lambda done: None) -> Sorted:
    """Hold examples against all rows of the version, whatever spelling they are in."""
    rows = keyed.of_version(parent, progress)
    training = rows["at"] >> keyed.PART_AT == PARTS.index(TRAINING)
    asked = np.array([_asked(one["example"], parent) for one in added], np.uint64)
    whole = np.array([keyed.whole(one["example"]) for one in added], np.uint64)
    held_out, there, otherwise = (
        np.isin(keys, known)
        for keys, known in (
            (asked, rows["wording"][~training]),
            (whole, rows["whole"][training]),
            (asked, rows["wording"][training]),
        )
    )
    return _sorted(added, whole.tolist(), held_out, there, otherwise)


def _sorted(added: Sequence[Added], whole: list[int], held_out: Any, there: Any, otherwise: Any) -> Sorted:
    found, seen = Sorted(), set()
    for at, one in enumerate(added):
        if held_out[at]:
            found.held_out.append(one["id"])
        elif there[at] or whole[at] in seen:
            found.there.append(one["id"])
        else:
            found.taken.append(one)
            found.otherwise += int(otherwise[at])
        seen.add(whole[at])
    return found


def _asked(example: Example, parent: Version) -> int:
    return keyed.question(example, parent.separator)[2]


def _none_left(found: Sorted) -> Any:
    if not found.held_out:
        return _("All of these examples stand in training already.")
    return ngettext(
        "No example is left: %(count)s asks what a held-out row asks, which must not be trained on.",
        "No example is left: %(count)s ask what held-out rows ask, which must not be trained on.",
        len(found.held_out),
    )


def _resume(part: Part, parent: Version, name: str, pace: Pace) -> None:
    """Take over a part of the parent, byte by byte, with what is known of it."""
    stored, sha256 = getattr(parent, name), hashlib.sha256()
    if not stored:
        return
    last = b"\n"
    with opened(stored) as file:
        while block := file.read(BLOCK):
            pace(0)
            sha256.update(block)
            part.draft.write(block)
            last = block[-1:]
    if sha256.hexdigest() != getattr(parent, f"{name}_sha256"):
        raise Refused(
            _("The files of version %(number)s are not what they were. Use another version.", number=parent.number)
        )
    if last != b"\n" and name == TRAINING:
        part.draft.write(b"\n")
    part.rows = getattr(parent, f"{name}_rows")
    for encoding, counts in parent.tokens.items():
        part.tokens[encoding], part.longest[encoding] = counts.get(name, 0), counts["longest"]
        part.answer[encoding] = counts.get("answer", 0)


def _sides(parent: Version, draft: Draft) -> str:
    if not parent.sides:
        return ""
    with opened(parent.sides) as file:
        draft.write(file.read())
    return draft.keep()


def _inherited(parent: Version, found: Sorted) -> dict[str, Any]:
    """What is the parent's own, with the classes counted anew, and what was added."""
    same = ("format", "task", "separator", "ending", "system_message", "recipe")
    counts = {label: parent.label_counts.get(label, 0) for label in parent.labels}
    for one in found.taken if parent.labels else ():
        label = one["example"]["completion"]
        counts[label] = counts.get(label, 0) + 1
    there = [*parent.split.get("added", {}).get("ids", ()), *(one["id"] for one in found.taken), *found.there]
    said: dict[str, Any] = {"to": parent.number, "rows": len(found.taken), "otherwise": found.otherwise}
    said |= {"ids": list(dict.fromkeys(there)), "held_out": found.held_out}  # of all that it holds, and of the refused
    return {
        **{name: getattr(parent, name) for name in same},
        "labels": sorted(counts, key=lambda label: -counts[label]),
        "label_counts": counts,
        "split": {**parent.split, "added": said},
        "parent": parent,
    }
