"""What members do to single rows: edit one, exclude some, take either back."""

from __future__ import annotations

import numpy as np
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from datasets import amend, browse, by_hand
from datasets.forms import RowForm
from datasets.models import Dataset
from datasets.narrow import Wanted
from datasets.views import examples
from datasets.views.checks import done
from datasets.views.page import begin, dataset_of, refused
from datasets.wording import say
from datasets.words import Refused
from teams import access, audit
from teams.access import OrgRequest


@require_POST
@access.member
def edit(request: OrgRequest, pk: int) -> HttpResponse:
    dataset, wanted, name = dataset_of(request, pk), Wanted.of(request.POST), request.POST.get("row", "")
    key = by_hand.named(name)
    try:
        if key is None:
            raise Refused(amend.GONE)
        form = RowForm(amend.before_fixes(dataset, key), request.POST)
    except Refused as why:
        return refused(request, why, dataset)
    if not _edited(request, dataset, key, form):
        drawer = examples.opened_row(request, dataset, wanted, name, form)
        return examples.listed(request, dataset, wanted, drawer=drawer, status=422)
    return redirect(examples.address(dataset, wanted, row=name))


def _edited(request: OrgRequest, dataset: Dataset, key: int, form: RowForm) -> bool:
    """Whether the row now is what was typed; if not, the form says why."""
    if not form.is_valid():
        return False
    try:
        changed = amend.edit(dataset, key, form.texts(), was=form.cleaned_data["was"], by=str(request.user))
    except Refused as why:
        form.renew()
        form.add_error(None, say(why.sentence))
        return False
    if changed:
        audit.record(request, "dataset.row_edited", dataset, row=by_hand.name_of(key))
        messages.success(request, _("The row was edited."))
        begin(dataset)
    return True


@require_POST
@access.member
def exclude(request: OrgRequest, pk: int) -> HttpResponse:
    """Leave out the row that is named, or all that were shown."""
    dataset, wanted = dataset_of(request, pk), Wanted.of(request.POST)
    name = request.POST.get("row", "")
    try:
        after = _exclude_one(dataset, wanted, name, str(request.user)) if name else ""
        count = 1 if name else _exclude_shown(dataset, wanted, request)
    except Refused as why:
        refused(request, why, dataset)
        return redirect(examples.address(dataset, wanted, **({"row": name} if name else {})))
    shown = {} if name else wanted.pairs()
    audit.record(request, "dataset.rows_excluded", dataset, rows=count, row=name, shown=shown)
    said = ngettext("%(count)s row was excluded.", "%(count)s rows were excluded.", count) % {"count": count}
    messages.success(request, said)
    begin(dataset)
    return redirect(examples.address(dataset, wanted if name else Wanted(), **({"row": after} if after else {})))


def _exclude_one(dataset: Dataset, wanted: Wanted, name: str, by: str) -> str:
    """Leave the row out; returns the name of the one to look at next."""
    key = by_hand.named(name)
    row = browse.row(dataset, wanted, key) if key is not None else None
    if row is None:
        raise Refused(amend.GONE)
    amend.exclude(dataset, np.array([row.key], np.uint64), by=by)
    return row.next or row.previous


def _exclude_shown(dataset: Dataset, wanted: Wanted, request: OrgRequest) -> int:
    revision = request.POST.get("revision", "")
    seen = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0
    return amend.exclude_shown(dataset, wanted, revision=seen, by=str(request.user))


@require_POST
@access.member
def restore(request: OrgRequest, pk: int) -> HttpResponse:
    """Take back an edit or an exclusion; from the drawer one comes back to the drawer."""
    dataset, name = dataset_of(request, pk), request.POST.get("row", "")
    try:
        taken = amend.undo(dataset, request.POST.get("change", ""))
    except Refused as why:
        return refused(request, why, dataset)
    audit.record(request, "dataset.by_hand_undone", dataset, change=str(by_hand.said(taken)))
    if not name:
        return done(request, dataset)
    begin(dataset)
    return redirect(examples.address(dataset, Wanted.of(request.POST), row=name))
