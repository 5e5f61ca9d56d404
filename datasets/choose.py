"""Choose how a file is read: its columns, its sheet, its encoding."""

from __future__ import annotations

from datasets.decide import CHANGED
from datasets.formats import Options
from datasets.mapping import Mapping
from datasets.models import Dataset
from datasets.words import Refused
from datasets.words import gettext_noop as _

READING_AGAIN = _("The file is being read again.")
NOT_LOOKED_AT = _("The file is still being read. Its columns can be chosen as soon as that is done.")
GONE = _("The uploaded file was removed, as your organization keeps such files for a while only. Upload it again.")


def columns(dataset: Dataset, *, mapping: Mapping | None, options: Options) -> None:
    """Read the file again in this way; without a mapping, its columns are looked at first."""
    _read_again_of(dataset)
    asked = {"mapping": mapping.to_json() if mapping else {}, "options": vars(options), "accept_recommended": False}
    _asked(dataset.ask_again(state=Dataset.State.UPLOADED, **asked))


def task(dataset: Dataset, chosen: str) -> None:
    """Have everything checked for this task, now and after every later change; "" is the one that is inferred."""
    if chosen and chosen not in dataset.numbers.get("judged", {}).get("possible", []):
        raise Refused(_("These rows cannot be prepared for that task. Look at the dataset again, then choose."))
    if not dataset.ask_again(chosen_task=chosen):
        raise Refused(CHANGED)


def again(dataset: Dataset) -> None:
    """Do once more what failed or was cancelled: the reading, or the checks of what was read."""
    if not dataset.can_retry:
        raise Refused(_("There is nothing to try again: the file has been read."))
    read = dataset.state == Dataset.State.READY
    if not read:
        _read_again_of(dataset)
    _asked(dataset.ask_again() if read else dataset.ask_again(state=Dataset.State.UPLOADED))


def _read_again_of(dataset: Dataset) -> None:
    if not dataset.source:
        raise Refused(GONE)


def _asked(won: bool) -> None:
    if not won:
        raise Refused(CHANGED)
