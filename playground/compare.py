"""Two fine-tuned models and their kept answers to the same questions; also of one that answers no more.

What is kept here is kept for good, each question once per model. To ask any models anew, or blind with a vote, there
is `playground.sides`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from finetunes.models import Model, ModelQuerySet, RecordedAnswer
from playground import record as recording
from playground import tasks
from playground.pick import trained_on
from teams import access, audit

MOST_OFFERED = 200
MOST_ROWS = 200
NUMBERS = (10, 20, 50)


@dataclass(frozen=True, slots=True)
class Row:
    """A question and what each of the two said to it."""

    question: str
    expected: str
    old: RecordedAnswer | None
    new: RecordedAnswer | None

    @property
    def differs(self) -> bool | None:
        if not (self.old and self.new and self.old.answered_at and self.new.answered_at):
            return None
        return self.old.answer.strip() != self.new.answer.strip()


@require_safe
@access.viewer
def compare(request: access.OrgRequest) -> HttpResponse:
    old = _model(request, request.GET.get("old"))
    context = _context(request, old, _model(request, request.GET.get("new")))
    template = "playground/compare.html#answers" if request.htmx.target == "answers" else "playground/compare.html"
    return render(request, template, context)


@require_POST
@access.member
def record(request: access.OrgRequest) -> HttpResponse:
    """Ask both models, as far as they answer; what was answered before stays as it was."""
    old, new = _model(request, request.POST.get("old")), _model(request, request.POST.get("new"))
    asked = [model for model in (old, new) if model is not None and model.is_usable]
    prompts = _prompts(request, old, new)
    if not asked:
        messages.error(request, _("Neither of the two answers any more. Choose another model."))
    elif not prompts:
        messages.error(request, _("There is nothing to ask. Type a prompt, or choose a model whose data is here."))
    else:
        tasks.ask_soon(recording.ask_all(asked, prompts, request.user))
        for model in asked:
            audit.record(request, "model.recorded", model, prompts=len(prompts))
    chosen = {name: model.pk for name, model in (("old", old), ("new", new)) if model}
    return redirect(f"{reverse('playground:compare')}?{urlencode(chosen)}")


def _prompts(request: access.OrgRequest, old: Model | None, new: Model | None) -> list[recording.Prompt]:
    source = request.POST.get("source")
    if source == "typed":
        return recording.typed(request.POST.get("prompts", "")[:100_000])
    if source == "recorded":
        return recording.recorded(old) if old else []
    versions = (trained_on(model) for model in (old, new) if model)
    version = next((version for version in versions if version), None)
    number = request.POST.get("number", "")
    return recording.of_rows(version, int(number) if number in map(str, NUMBERS) else NUMBERS[0]) if version else []


def _models(request: access.OrgRequest) -> ModelQuerySet:
    recorded = RecordedAnswer.objects.of(request.organization).values("model")
    found = Model.objects.of(request.organization).filter(Q(deleted_at=None, deletion_asked_at=None) | Q(pk__in=recorded))
    return found.select_related("connection", "version__dataset", "fine_tune").defer("raw").order_by("-created_at", "-pk")


def _model(request: access.OrgRequest, pk: str | None) -> Model | None:
    """Return the model of that key, also one that answers no more; 404 if it is not this organization's."""
    if not pk:
        return None
    found = _models(request).filter(pk=int(pk)).first() if pk.isascii() and pk.isdecimal() and len(pk) < 19 else None
    if found is None:
        raise Http404
    return found


def _context(request: access.OrgRequest, old: Model | None, new: Model | None) -> dict[str, Any]:
    rows = _rows(old, new)
    both = [row for row in rows if row.differs is not None]
    return {
        "models": _models(request)[:MOST_OFFERED],
        "old": old,
        "new": new,
        "rows": rows,
        "is_asking": _is_asking(old, new),
        "compared": len(both),
        "same": sum(not row.differs for row in both),
        "rights": [(model, *_right(model, rows, side)) for side, model in (("old", old), ("new", new)) if model],
        "numbers": NUMBERS,
        "has_data": any(model and trained_on(model) for model in (old, new)),
        "behind": bool(old and new and new.is_usable and any(row.old and not row.new for row in rows)),
    }


def _rows(old: Model | None, new: Model | None) -> list[Row]:
    pks = [model.pk for model in (old, new) if model]
    found: dict[str, dict[int, RecordedAnswer]] = {}
    for answer in RecordedAnswer.objects.filter(model__in=pks).order_by("pk")[: 2 * MOST_ROWS]:
        found.setdefault(answer.key, {})[answer.model_id] = answer
    rows = []
    for answers in list(found.values())[:MOST_ROWS]:
        one = next(iter(answers.values()))
        sides = [answers.get(model.pk) if model else None for model in (old, new)]
        rows.append(Row(one.question, one.expected, *sides))
    return rows


def _is_asking(old: Model | None, new: Model | None) -> bool:
    pks = [model.pk for model in (old, new) if model]
    return RecordedAnswer.objects.filter(model__in=pks, due_at__isnull=False).exists()


def _right(model: Model, rows: list[Row], side: str) -> tuple[int, int]:
    """Return how many answers are those of the data, and of how many that can be said."""
    held = [answer.is_right for row in rows if (answer := getattr(row, side)) and answer.is_right is not None]
    return sum(held), len(held)
