"""Settings and data of runs beside each other, and where two versions of one dataset can be compared row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from datasets import recipe
from datasets.checks.separator import visible
from datasets.models import Version
from datasets.tokens import encoding_for
from datasets.wording import say
from finetunes import display
from finetunes.models import FineTune

Facts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    values: list[str]  # of each run, in their order; a dash where it says nothing

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Changed:
    """Two versions of one dataset, and the address of what changed between them."""

    old: Version
    new: Version

    @property
    def address(self) -> str:
        query = urlencode({"old": self.old.number, "new": self.new.number})
        return f"{reverse('datasets:compare', args=[self.new.dataset_id])}?{query}"


def sections(runs: Sequence[FineTune], *, only_differing: bool) -> list[Section]:
    """Return the tables of settings and of data; without rows in which all runs agree, if these are not wanted."""
    made = [
        Section(_("Settings"), _rows([dict(_settings(one)) for one in runs])),
        Section(_("Data"), _rows([dict(_data(one)) for one in runs])),
    ]
    if not only_differing:
        return made
    return [Section(one.title, [row for row in one.rows if row.differs]) for one in made]


def changed_versions(runs: Iterable[FineTune]) -> list[Changed]:
    """Return each two neighbours among the versions of one dataset that these runs learned from."""
    versions = {one.training_version.pk: one.training_version for one in runs if one.training_version}
    ordered = sorted(versions.values(), key=lambda version: (version.dataset_id, version.number))
    return [Changed(old, new) for old, new in pairwise(ordered) if old.dataset_id == new.dataset_id]


def _rows(facts: Sequence[Facts]) -> list[Row]:
    labels = dict.fromkeys(label for one in facts for label in one)
    return [Row(label, [one.get(label, "–") for one in facts]) for label in labels]


def _settings(one: FineTune) -> Iterator[tuple[str, str]]:
    yield _("Connection"), str(one.connection)
    yield _("Base model"), one.base_model
    if one.parent is not None:
        yield _("Continues"), str(one.parent)
    yield from display.settings(one)
    yield _("Suffix"), one.suffix or "–"


def _data(one: FineTune) -> Iterator[tuple[str, str]]:
    version = one.training_version
    if version is None:
        files = ", ".join(str(file.get("name", "")) for file in one.file_names.values())
        yield _("Data"), files or _("not here: it was started elsewhere")
        return
    yield _("Data"), str(version)
    yield _("Format"), version.get_format_display()
    yield _("Task"), version.get_task_display()
    yield _("Examples"), _whole(version.training_rows)
    yield _("Validation examples"), _whole(version.validation_rows) if one.use_validation else _("none")
    encoding = encoding_for(one.base_model)
    if tokens := version.tokens.get(encoding, {}).get("training"):
        yield _("Tokens in each epoch"), _("%(tokens)s, %(encoding)s") % {"tokens": _whole(tokens), "encoding": encoding}
    yield _("Separator"), visible(version.separator) or "–"
    yield _("Ending"), visible(version.ending) or "–"
    if version.is_classifier:
        yield _("Classes"), ", ".join(visible(label) for label in version.labels)
    if version.system_message:
        yield _("System message"), version.system_message
    yield _("Accepted fixes"), "; ".join(say(one) for one in recipe.in_words(version.recipe)) or _("none")


def _whole(number: int) -> str:
    return number_format(number, 0, force_grouping=True)
