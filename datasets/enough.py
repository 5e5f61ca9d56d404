"""Whether there is enough data for the task, as a share of what is advised and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from datasets import infer
from datasets.checks.classes import ADVISED
from datasets.words import Sentence, ngettext
from datasets.words import gettext_noop as _

ADVISED_ROWS = {infer.GENERATION: 500, infer.OPEN_ENDED: 500, infer.CHAT: 50, infer.PREFERENCE: 50}


@dataclass(frozen=True, kw_only=True)
class Meter:
    share: int  # percent, at most 100
    verdict: Sentence
    why: Sentence
    severity: Literal["good", "wait", "bad"]


def meter(task: str, rows: int, labels: Mapping[str, int]) -> Meter:
    if task == infer.CLASSIFICATION and labels:
        share, why = _of_classes(labels)
    else:
        advised = ADVISED_ROWS.get(task, ADVISED)
        share = 100 * rows // advised
        why = ngettext(
            "%(count)s example of about %(advised)s.", "%(count)s examples of about %(advised)s.", rows, advised=advised
        )
    share = min(100, share)
    return Meter(share=share, why=why, verdict=_verdict(share), severity=_severity(share))


def _of_classes(labels: Mapping[str, int]) -> tuple[int, Sentence]:
    rarest = min(labels, key=lambda label: labels[label])
    full = sum(count >= ADVISED for count in labels.values())
    share = sum(min(count, ADVISED) for count in labels.values()) // len(labels)
    if full == len(labels):
        return share, _("Each of the %(classes)s classes has %(advised)s examples or more.", classes=full, advised=ADVISED)
    return share, _(
        "%(full)s of %(classes)s classes have %(advised)s examples or more; “%(rarest)s” has %(fewest)s.",
        full=full,
        classes=len(labels),
        advised=ADVISED,
        rarest=rarest.strip()[:40],
        fewest=labels[rarest],
    )


def _verdict(share: int) -> Sentence:
    if share >= 100:
        return _("Good for a first fine-tune.")
    return _("Enough to try.") if share >= 50 else _("More examples will help.")


def _severity(share: int) -> Literal["good", "wait", "bad"]:
    if share >= 100:
        return "good"
    return "wait" if share >= 20 else "bad"
