"""Connections, for owners. Others choose one by its name where they start something."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connections import answering, bases, prices, providers, retire
from connections.bases_form import BasesForm
from connections.forms import ConnectionForm
from connections.models import Connection
from connections.price_form import PriceForm
from connections.probe import Verdict, probe
from teams import access, audit, throttle
from teams.access import OrgRequest


@require_safe
@access.owner
def connection_list(request: OrgRequest) -> HttpResponse:
    everything = Connection.objects.of(request.organization).defer("key")
    context = {"connections": everything.active(), "archived": everything.filter(archived_at__isnull=False)}
    return render(request, "connections/list.html", context)


@require_safe
@access.owner
def connection_detail(request: OrgRequest, pk: int) -> HttpResponse:
    return _detail(request, _connection(request, pk))


@sensitive_post_parameters("key")
@require_http_methods(["GET", "HEAD", "POST"])
@access.owner
def connection_add(request: OrgRequest) -> HttpResponse:
    provider = providers.named(request.POST.get("provider") or request.GET.get("provider"))
    if provider is None and not request.POST:
        return render(request, "connections/choose.html", {"providers": providers.PROVIDERS})
    form = ConnectionForm(request.POST or None, organization=request.organization, provider=provider)
    if not form.is_valid():
        return _form(request, form)
    connection = form.fill()
    connection.created_by = request.user
    connection.save()
    audit.record(request, "connection.added", connection, base_url=connection.base_url, dialect=connection.dialect)
    messages.success(request, _("The connection is saved. Test it before you use it."))
    return redirect(connection)


@sensitive_variables("form")
@sensitive_post_parameters("key")
@require_http_methods(["GET", "HEAD", "POST"])
@access.owner
def connection_edit(request: OrgRequest, pk: int) -> HttpResponse:
    form = ConnectionForm(request.POST or None, instance=_connection(request, pk), organization=request.organization)
    if not form.is_valid():
        return _form(request, form)
    connection = form.fill()
    if form.changed_data:
        connection.tested_at = connection.works = None
        connection.save()
        audit.record(request, "connection.changed", connection, **audit.changes(form, form.Meta.fields, secrets=["key"]))
    messages.success(request, _("The connection is saved."))
    return redirect(connection)


@require_http_methods(["GET", "HEAD", "POST"])
@access.owner
def connection_prices(request: OrgRequest, pk: int) -> HttpResponse:
    connection = _connection(request, pk)
    form = PriceForm(request.POST or None, connection=connection)
    if not form.is_valid():
        context = {"form": form, "connection": connection}
        return render(request, "connections/prices.html", context, status=422 if form.is_bound else 200)
    if form.changed_data:
        before = {"prices": _priced(connection)}
        form.keep()
        changed = audit.difference(before, {"prices": _priced(connection)})
        audit.record(request, "connection.priced", connection, **changed)
    messages.success(request, _("The prices are saved."))
    return redirect(connection)


def _priced(connection: Connection) -> str:
    return "\n".join((prices.written(connection.prices), answering.written(connection))).strip()[:2000]


@require_http_methods(["GET", "HEAD", "POST"])
@access.owner
def connection_bases(request: OrgRequest, pk: int) -> HttpResponse:
    connection = _connection(request, pk)
    form = BasesForm(request.POST or None, connection=connection)
    if not form.is_valid():
        context = {"form": form, "connection": connection}
        return render(request, "connections/bases.html", context, status=422 if form.is_bound else 200)
    if form.changed_data:
        before = _known_bases(connection)
        form.keep()
        changed = audit.difference(before, _known_bases(connection))
        audit.record(request, "connection.bases", connection, **changed)
    messages.success(request, _("The base models are saved."))
    return redirect(connection)


def _known_bases(connection: Connection) -> dict[str, str]:
    known = bases.table(connection)
    return {"bases": bases.written(known.rows) if known else "", "source": known.source if known else ""}


@require_POST
@access.owner
def connection_test(request: OrgRequest, pk: int) -> HttpResponse:
    connection = _connection(request, pk)
    if not throttle.allow("probe", request.organization.pk, times=30, seconds=60):
        return throttle.too_many(request)
    verdict = probe(connection)
    audit.record(request, "connection.tested", connection, works=verdict.works)
    return _detail(request, connection, verdict)


@require_POST
@access.owner
def connection_reopen(request: OrgRequest, pk: int) -> HttpResponse:
    """Let an owner say that the provider trains for the account again; the next create or test finds out."""
    connection = _connection(request, pk)
    connection.open_training()
    audit.record(request, "connection.reopened", connection)
    messages.success(
        request, _("%(connection)s may train again, as far as Tunedeck knows. Test it.") % {"connection": connection}
    )
    return redirect(connection)


@require_POST
@access.owner
def connection_archive(request: OrgRequest, pk: int) -> HttpResponse:
    connection = _connection(request, pk)
    if retire.archive(connection):
        audit.record(request, "connection.archived", connection)
        messages.success(
            request, _("%(connection)s is out of use: no new fine-tune can choose it.") % {"connection": connection}
        )
    return redirect("connections:list")


@require_POST
@access.owner
def connection_restore(request: OrgRequest, pk: int) -> HttpResponse:
    connection = _connection(request, pk)
    if retire.restore(connection):
        audit.record(request, "connection.restored", connection)
        messages.success(request, _("%(connection)s is in use again.") % {"connection": connection})
    return redirect(connection)


@require_POST
@access.owner
def connection_delete(request: OrgRequest, pk: int) -> HttpResponse:
    connection = _connection(request, pk)
    try:
        retire.delete(connection)
    except retire.InUse as refusal:
        messages.error(request, str(refusal))
        return redirect("connections:detail", pk)
    audit.record(request, "connection.deleted", None, name=connection.name, base_url=connection.base_url)
    messages.success(request, _("%(connection)s is deleted, its key too.") % {"connection": connection})
    return redirect("connections:list")


def _connection(request: OrgRequest, pk: int) -> Connection:
    return get_object_or_404(Connection.objects.of(request.organization).select_related("created_by"), pk=pk)


def _detail(request: OrgRequest, connection: Connection, verdict: Verdict | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "connection": connection,
        "verdict": verdict,
        "dependents": retire.dependents(connection),
        "bases": bases.table(connection),
    }
    context["prices"] = prices.listed(connection)
    context["answer_prices"] = answering.listed(connection)
    template = "connections/detail.html#result" if request.htmx.target == "result" else "connections/detail.html"
    return render(request, template, context)


def _form(request: OrgRequest, form: ConnectionForm) -> HttpResponse:
    return render(request, "connections/form.html", {"form": form}, status=422 if form.is_bound else 200)
