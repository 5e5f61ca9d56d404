"""Collect an answer, good as it is or corrected, as an example for a dataset's next version."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from django.core.files.base import ContentFile
from django.db.models import Exists, OuterRef

from datasets import extend
from datasets.extend import Added
from datasets.models import Dataset, DatasetQuerySet, Version
from datasets.shape import classes, new_class, refuse_unfit, shaped
from datasets.upload import receive
from datasets.words import Refused
from datasets.words import gettext_noop as _
from finetunes.models import Model
from playground.models import Asked, Collected
from playground.pick import checkpointed, trained_on
from teams.models import Organization, User

SHOWN_CLASSES = 8


def datasets(organization: Organization) -> DatasetQuerySet:
    """The datasets that examples can be collected for: those with a version to add them to."""
    versions = Version.objects.filter(dataset=OuterRef("pk"))
    return Dataset.objects.of(organization).filter(Exists(versions)).order_by("name", "pk")


def learned_from(row: Asked) -> Version | None:
    """The version that the asked model was trained on, also of a model that is gone."""
    if row.model_id:
        model = Model.objects.select_related("version__dataset", "fine_tune").get(pk=row.model_id)
        return trained_on(model)
    return checkpointed(row.connection, row.name) if row.connection else None


def usual(row: Asked) -> Dataset | None:
    """The dataset that an answer is collected for unless a person chooses: the model's own, or their last one."""
    version = learned_from(row)
    if version:
        return version.dataset
    last = Collected.objects.of(row.organization).filter(created_by=row.person, dataset__isnull=False).first()
    return datasets(row.organization).filter(pk=last.dataset_id or 0).first() if last else None


def collect(
    row: Asked, answer: str, dataset: Dataset | None, by: User, *, said: str, is_new_class: bool = False
) -> Collected:
    """Collect the answer to a question, in the place of what was collected from it before; raises Refused.

    `said` is the model's own answer.
    """
    thread = asked(row)
    _check(dataset, thread, answer, said=said, is_new_class=is_new_class)
    there = Collected.objects.filter(asked=row).first()
    example = there or Collected(asked=row, organization=row.organization, created_by=by, model_name=row.name)
    example.thread, example.said = thread, said
    return _keep(example, answer, dataset)


def change(example: Collected, answer: str, dataset: Dataset | None, *, is_new_class: bool = False) -> Collected:
    """Give an example another answer, or collect it for another dataset; raises Refused."""
    _check(dataset, example.thread, answer, said=example.said, is_new_class=is_new_class)
    return _keep(example, answer, dataset)


def asked(row: Asked) -> list[dict[str, Any]]:
    """The question without the separator that the model's training adds to it."""
    version = learned_from(row)
    if row.is_chat or not version or not version.separator:
        return row.thread
    return [{**message, "content": message["content"].removesuffix(version.separator)} for message in row.thread]


def of_dataset(dataset: Dataset) -> list[Collected]:
    """The examples that its versions may be extended by, oldest first."""
    found = Collected.objects.of(dataset.organization).filter(dataset=dataset, in_source=False)
    return list(found.order_by("created_at", "pk"))


def waiting(examples: list[Collected], version: Version) -> list[Collected]:
    """Those that this version does not hold."""
    held = set(version.split.get("added", {}).get("ids", ()))
    return [example for example in examples if str(example.token) not in held]


def put(examples: list[Collected], version: Version, by: User) -> None:
    """Ask for a version of this one's rows and the examples; raises Refused."""
    extend.request(version, [_added(example, version) for example in examples[: extend.MOST]], by=by.pk)


def start_dataset(organization: Organization, by: User, name: str) -> Dataset:
    """Make a dataset of the examples that were collected for none; raises Refused."""
    examples = list(Collected.objects.of(organization).filter(dataset=None).order_by("created_at", "pk"))
    if not examples:
        raise Refused(_("There is no example to begin a dataset with."))
    lines = b"".join(orjson.dumps(line) + b"\n" for line in _plain(examples))
    dataset = receive(organization, by, ContentFile(lines, name="collected.jsonl"), name=name)
    Collected.objects.filter(pk__in=[example.pk for example in examples]).update(dataset=dataset, in_source=True)
    return dataset


def _check(dataset: Dataset | None, thread: list[dict[str, Any]], answer: str, *, said: str, is_new_class: bool) -> None:
    """Refuse what the dataset's newest version could not hold, as far as that is quickly told."""
    version = dataset.versions.select_related("dataset").first() if dataset else None
    if version is None:
        refuse_unfit(thread, answer)
        return
    try:
        _check_against(version, thread, answer, said=said, is_new_class=is_new_class)
    except FileNotFoundError:
        raise Refused(_("The files of %(version)s are gone. Choose another dataset.", version=str(version))) from None


def _check_against(version: Version, thread: list[dict[str, Any]], answer: str, *, said: str, is_new_class: bool) -> None:
    example = shaped(version, thread, answer, said=said)
    if not is_new_class and new_class(version, answer):
        known = ", ".join(f"“{name}”" for name in classes(version)[:SHOWN_CLASSES])
        raise Refused(
            _(
                "%(dataset)s knows no such class: it has %(classes)s. "
                "If there should be a new one, say so beside the answer.",
                dataset=version.dataset.name,
                classes=known + (" …" if len(version.labels) > SHOWN_CLASSES else ""),
            )
        )
    if extend.is_quick(version):
        _check_standing(version, example)


def _check_standing(version: Version, example: dict[str, Any]) -> None:
    found = extend.sort_out(version, [{"id": "", "example": example}])
    if found.held_out:
        raise Refused(
            _(
                "A row that %(version)s holds out to judge models by asks the same. "
                "A model that had trained on it would only seem better, so it is not collected.",
                version=str(version),
            )
        )
    if found.there:
        raise Refused(_("%(version)s has exactly this example among its training rows already.", version=str(version)))


def _keep(example: Collected, answer: str, dataset: Dataset | None) -> Collected:
    if example.pk and (answer, dataset) != (example.answer, example.dataset):
        example.token, example.in_source = uuid.uuid4(), False  # what a version holds is another one
    example.answer, example.dataset = answer, dataset
    example.save()
    return example


def _added(example: Collected, version: Version) -> Added:
    try:
        made = shaped(version, example.thread, example.answer, said=example.said)
    except Refused as why:
        question = " ".join(example.question[:80].split())
        raise Refused(_("“%(question)s”: %(why)s", question=question, why=str(why))) from None
    return {"id": str(example.token), "example": made}


def _plain(examples: list[Collected]) -> list[dict[str, Any]]:
    """Lines of a new dataset: pairs, or conversations if any of them is one."""
    if all(len(example.thread) == 1 for example in examples):
        return [{"prompt": example.question, "completion": example.answer} for example in examples]
    return [{"messages": [*example.thread, {"role": "assistant", "content": example.answer}]} for example in examples]
