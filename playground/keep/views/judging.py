"""Judge an answer, correct it, and so collect an example: in the playground's page and in the history."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from datasets.models import Dataset
from datasets.shape import classes
from datasets.wording import say
from datasets.words import Refused
from playground.keep import collect
from playground.models import Asked, Collected
from teams import access, audit

JUDGING = "playground/_judging.html"
MOST_OFFERED = 200
MOST_CLASSES = 100
NEW = "new"  # in the place of a dataset's key
LONGEST_ANSWER = 200_000


@require_safe
@access.member
def judging(request: access.OrgRequest, pk: int) -> HttpResponse:
    """Offer to judge an answer that has just come."""
    return render(request, JUDGING, {"judged": context_of(_mine(request, pk))})


@require_POST
@access.member
def judge(request: access.OrgRequest, pk: int) -> HttpResponse:
    """Note a thumb; an answer that is good as it is becomes an example."""
    row, verdict = _mine(request, pk), request.POST.get("verdict", "")
    if verdict not in Asked.Verdict.values:
        raise Http404
    Asked.objects.filter(pk=row.pk).update(verdict=verdict)
    row.verdict = verdict
    if verdict == Asked.Verdict.GOOD:
        return _collected(request, row, _text(row, _sample(request)), _dataset(request, row))
    _let_go(request, row)
    return _shown(request, row, said=_("Noted. Write what it should have said, and the example is collected."))


@sensitive_post_parameters()
@require_POST
@access.member
def correct(request: access.OrgRequest, pk: int) -> HttpResponse:
    """Collect the answer as somebody has corrected it."""
    row, answer = _mine(request, pk), request.POST.get("answer", "").replace("\r\n", "\n")[:LONGEST_ANSWER]
    same = answer.strip() == _text(row, _sample(request)).strip()
    verdict = Asked.Verdict.GOOD if same else Asked.Verdict.BAD
    Asked.objects.filter(pk=row.pk).update(verdict=verdict)
    row.verdict = verdict
    return _collected(request, row, answer, _dataset(request, row))


@require_POST
@access.member
def let_go(request: access.OrgRequest, pk: int) -> HttpResponse:
    """Take back what was collected from an answer."""
    row = _mine(request, pk)
    _let_go(request, row)
    return _shown(request, row, said=_("It is not collected any more."))


def context_of(row: Asked) -> dict[str, Any]:
    """What the fragment shows: the answer's example if there is one, and where it can go."""
    example = Collected.objects.filter(asked=row).select_related("dataset").first()
    dataset = example.dataset if example else collect.usual(row)
    version = dataset.versions.first() if dataset else None
    return {
        "asked": row,
        "example": example,
        "dataset": dataset,
        "datasets": collect.datasets(row.organization).values_list("pk", "name")[:MOST_OFFERED],
        "classes": classes(version)[:MOST_CLASSES] if version and version.is_classifier else [],
        "answer": example.answer if example else row.answer.strip(),
        "numbers": range(len(row.samples)) if len(row.samples) > 1 else (),
    }


def chosen(request: access.OrgRequest) -> Dataset | None:
    """Return the dataset that the request names, None for a new one; 404 if it is not this organization's."""
    key = request.POST.get("dataset", NEW)
    if key == NEW:
        return None
    pk = int(key) if key.isascii() and key.isdecimal() and len(key) < 19 else 0
    return get_object_or_404(collect.datasets(request.organization), pk=pk)


def _dataset(request: access.OrgRequest, row: Asked) -> Dataset | None:
    return chosen(request) if "dataset" in request.POST else collect.usual(row)


def _collected(request: access.OrgRequest, row: Asked, answer: str, dataset: Dataset | None) -> HttpResponse:
    is_new, sample = "new_class" in request.POST, _sample(request)
    try:
        example = collect.collect(row, answer, dataset, request.user, said=_text(row, sample), is_new_class=is_new)
    except Refused as why:
        wanted = {"answer": answer, "dataset": dataset, "is_new_class": is_new, "sample": sample}
        return _shown(request, row, problem=str(say(why.sentence)), status=422, **wanted)
    audit.record(request, "example.collected", example.dataset, corrected=example.is_corrected)
    return _shown(request, row, said=_("Collected."))


def _sample(request: access.OrgRequest) -> int:
    """Return which of several answers is meant."""
    number = request.POST.get("sample", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 0


def _text(row: Asked, sample: int) -> str:
    return str(row.samples[sample]["text"]) if sample < len(row.samples) else row.answer


def _let_go(request: access.OrgRequest, row: Asked) -> None:
    example = Collected.objects.filter(asked=row).first()
    if example:
        audit.record(request, "example.removed", example.dataset)
        example.delete()


def _shown(request: access.OrgRequest, row: Asked, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"judged": {**context_of(row), **more}}
    if request.htmx.target == "judging":
        return render(request, JUDGING, context, status=status)
    if status == 200:
        return redirect(row)
    return render(request, "playground/judging.html", context, status=status)


def _mine(request: access.OrgRequest, pk: int) -> Asked:
    return get_object_or_404(Asked.objects.of(request.organization).by(request.user).select_related("connection"), pk=pk)
