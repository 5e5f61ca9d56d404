"""Fine-tuned models: the list, and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from finetunes import shutdowns
from finetunes.deploy import DeploymentForm, what_to_do
from finetunes.models import Deletion, Model
from finetunes.rests import resting_on
from teams import access, audit
from teams.access import OrgRequest

PER_PAGE = 25


@require_safe
@access.viewer
def model_list(request: OrgRequest) -> HttpResponse:
    models = Model.objects.of(request.organization).filter(deletion_asked_at=None).light()
    show = request.GET.get("show", "")
    words = request.GET.get("q", "").strip()
    if show != "all":
        models = models.filter(deleted_at=None)
    if words:
        models = models.search(words)
    query = request.GET.copy()
    query.pop("page", None)
    page = Paginator(models, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "show": show, "words": words, "query": query.urlencode(), "is_filtered": bool(words)}
    if request.membership.can_own:
        context["deletions"] = Deletion.objects.of(request.organization).open().for_pages()
    template = "models/list.html#rows" if request.htmx.target == "rows" else "models/list.html"
    return render(request, template, context)


@require_safe
@access.viewer
def model_detail(request: OrgRequest, pk: int) -> HttpResponse:
    model = _model(request, pk)
    if request.htmx.target == "deletion" and not model.is_being_deleted:
        return HttpResponseClientRefresh()  # what the page waited for has come
    return _detail(request, model)


@require_POST
@access.member
def model_deployment(request: OrgRequest, pk: int) -> HttpResponse:
    model = _model(request, pk)
    form = DeploymentForm(request.POST, instance=model)
    if not form.is_valid():
        return _detail(request, model, form)
    form.save()
    audit.record(request, "model.deployed", model, deployment=model.deployment)
    messages.success(request, _("The name is kept: questions go to it from now on."))
    return redirect(model)


def _detail(request: OrgRequest, model: Model, form: DeploymentForm | None = None) -> HttpResponse:
    deletion = _deletion(model)
    if model.is_being_deleted and not (deletion and deletion.is_open):
        if request.htmx.target == "deletion":
            return HttpResponseClientRefresh()
        model.refresh_from_db()  # it ended between the two looks
    context: dict[str, Any] = {
        "model": model,
        "resting": resting_on(model),
        "ends": shutdowns.of_model(model),
        "deletion": deletion,
    }
    if model.connection.traits.deploys:
        context |= {"deployment": form or DeploymentForm(instance=model), "to_do": what_to_do(model)}
    template = "models/detail.html#deletion" if request.htmx.target == "deletion" else "models/detail.html"
    return render(request, template, context, status=422 if form else 200)


def _deletion(model: Model) -> Deletion | None:
    if not (model.is_being_deleted or model.is_deleted):
        return None
    return Deletion.objects.for_pages().filter(model=model, restored_at=None).order_by("-pk").first()


def _model(request: OrgRequest, pk: int) -> Model:
    return get_object_or_404(Model.objects.of(request.organization).for_page(), pk=pk)
