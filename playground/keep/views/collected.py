"""Collected examples: look at them, change them, and make a version or a dataset of them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from datasets import extend
from datasets.models import Dataset, Version
from datasets.shape import classes
from datasets.views.page import begin
from datasets.wording import say
from datasets.words import Refused
from datasets.words import gettext_noop as datasets_said
from playground.keep import collect
from playground.keep.views.judging import LONGEST_ANSWER, MOST_CLASSES, MOST_OFFERED, NEW, chosen
from playground.models import Collected, CollectedQuerySet
from teams import access, audit

PER_PAGE = 25
MOST_VERSIONS = 20  # that are offered to be extended, the newest first


@require_safe
@access.viewer
def collected(request: access.OrgRequest) -> HttpResponse:
    key = request.GET.get("dataset", "")
    found = _all(request).select_related("dataset", "created_by")
    dataset = None
    if key == NEW:
        found = found.filter(dataset=None)
    elif key:
        dataset = _dataset(request, key)
        found = found.filter(dataset=dataset)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(example, _state(example, numbers)) for example, numbers in _with_versions(list(page))],
        "key": key,
        "query": urlencode({"dataset": key}) if key else "",
        "groups": _groups(request),
        "for_new": _all(request).filter(dataset=None).count(),
        "may_change": request.membership.can_change,
        **(_making(dataset) if dataset else {}),
    }
    return render(request, "playground/collected.html", context)


@require_safe
@access.member
def edit(request: access.OrgRequest, pk: int) -> HttpResponse:
    example = _one(request, pk)
    return _edited(request, example, answer=example.answer, dataset=example.dataset)


@sensitive_post_parameters()
@require_POST
@access.member
def change(request: access.OrgRequest, pk: int) -> HttpResponse:
    example, dataset = _one(request, pk), chosen(request)
    answer = request.POST.get("answer", "").replace("\r\n", "\n")[:LONGEST_ANSWER]
    try:
        collect.change(example, answer, dataset, is_new_class="new_class" in request.POST)
    except Refused as why:
        return _edited(request, example, answer=answer, dataset=dataset, problem=say(why.sentence), status=422)
    audit.record(request, "example.edited", dataset)
    messages.success(request, _("The example is changed."))
    return redirect(_address(dataset))


@require_POST
@access.member
def remove(request: access.OrgRequest, pk: int) -> HttpResponse:
    example = _one(request, pk)
    example.delete()
    audit.record(request, "example.removed", example.dataset)
    messages.success(request, _("The example is not collected any more. Versions that hold it stay as they are."))
    return redirect(_address(example.dataset))


@require_POST
@access.member
def make_version(request: access.OrgRequest, pk: int) -> HttpResponse:
    """Have a version made of an older one's rows and the examples that it does not hold."""
    dataset = _dataset(request, str(pk))
    version, newest = _numbered(dataset, request.POST.get("to", "")), dataset.versions.first()
    try:
        if str(newest and newest.number) != request.POST.get("newest"):  # as when the button was pressed twice
            raise Refused(datasets_said("There is a new version since the page was loaded. Look which examples it holds."))
        collect.put(collect.waiting(collect.of_dataset(dataset), version), version, request.user)
    except Refused as why:
        messages.error(request, say(why.sentence))
        return redirect(_address(dataset))
    audit.record(request, "version.requested", dataset, to=version.number, collected=True)
    begin(version.dataset)
    return redirect("datasets:versions", dataset.pk)


@require_POST
@access.member
def make_dataset(request: access.OrgRequest) -> HttpResponse:
    """Have a new dataset made of the examples that were collected for none."""
    name = request.POST.get("name", "").replace("\0", "").strip() or _("Collected examples")
    try:
        dataset = collect.start_dataset(request.organization, request.user, name)
    except Refused as why:
        messages.error(request, say(why.sentence))
        return redirect(f"{reverse('playground:collected')}?dataset={NEW}")
    audit.record(request, "dataset.uploaded", dataset, collected=True)
    begin(dataset)
    return redirect(dataset)


def _all(request: access.OrgRequest) -> CollectedQuerySet:
    return Collected.objects.of(request.organization)


def _one(request: access.OrgRequest, pk: int) -> Collected:
    return get_object_or_404(_all(request).select_related("dataset"), pk=pk)


def _dataset(request: access.OrgRequest, key: str) -> Dataset:
    pk = int(key) if key.isascii() and key.isdecimal() and len(key) < 19 else 0
    return get_object_or_404(Dataset.objects.of(request.organization), pk=pk)


def _numbered(dataset: Dataset, number: str) -> Version:
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise Http404
    return get_object_or_404(dataset.versions.select_related("dataset"), number=int(number))


def _address(dataset: Dataset | None) -> str:
    return f"{reverse('playground:collected')}?dataset={dataset.pk if dataset else NEW}"


def _groups(request: access.OrgRequest) -> list[tuple[int, str, int]]:
    """The datasets that something was collected for, with how much."""
    own = Dataset.objects.of(request.organization).filter(pk__in=_all(request).values("dataset"))
    counted = _all(request).filter(dataset__in=own).values("dataset").annotate(n=Count("pk"))
    numbers = {row["dataset"]: row["n"] for row in counted}
    return [(pk, name, numbers.get(pk, 0)) for pk, name in own.order_by("name").values_list("pk", "name")[:MOST_OFFERED]]


def _with_versions(examples: list[Collected]) -> list[tuple[Collected, list[int]]]:
    """Each example with the numbers of its dataset's versions that hold it."""
    wanted = {example.dataset_id for example in examples if example.dataset_id}
    held: dict[str, list[int]] = {}
    made = Version.objects.filter(dataset__in=wanted, split__has_key="added").order_by("number")
    for number, split in made.values_list("number", "split"):
        for token in split["added"]["ids"]:
            held.setdefault(token, []).append(number)
    return [(example, held.get(str(example.token), [])) for example in examples]


def _state(example: Collected, numbers: list[int]) -> str:
    if numbers:
        return _("in %(versions)s") % {"versions": ", ".join(f"v{number}" for number in numbers)}
    return _("in the uploaded rows") if example.in_source and example.dataset_id else _("waiting")


def _making(dataset: Dataset) -> dict[str, Any]:
    """What making a version from here would do: which versions can be extended, and by how many examples."""
    examples, versions = collect.of_dataset(dataset), dataset.versions.all()[:MOST_VERSIONS]
    choices = [(version, len(collect.waiting(examples, version))) for version in versions]
    return {"dataset": dataset, "choices": choices, "ready": choices[0][1] if choices else 0, "most": extend.MOST}


def _edited(
    request: access.OrgRequest,
    example: Collected,
    *,
    answer: str,
    dataset: Dataset | None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    version = dataset.versions.first() if dataset else None
    context = {
        "example": example,
        "answer": answer,
        "dataset": dataset,
        "problem": problem,
        "datasets": collect.datasets(request.organization).values_list("pk", "name")[:MOST_OFFERED],
        "classes": classes(version)[:MOST_CLASSES] if version and version.is_classifier else [],
    }
    return render(request, "playground/example.html", context, status=status)
