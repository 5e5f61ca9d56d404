"""What all pages of one dataset share."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from datasets import advance, tasks
from datasets.models import Dataset, Version
from datasets.remove import SHOWN, StillUsed
from datasets.wording import say
from datasets.words import Refused
from teams.access import OrgRequest


def dataset_of(request: OrgRequest, pk: int) -> Dataset:
    return get_object_or_404(Dataset.objects.of(request.organization), pk=pk)


def version_of(request: OrgRequest, pk: int, number: int) -> Version:
    versions = Version.objects.of(request.organization).select_related("dataset", "created_by", "parent")
    return get_object_or_404(versions, dataset_id=pk, number=number)


def show(request: OrgRequest, template: str, dataset: Dataset, **context: Any) -> HttpResponse:
    return render(request, template, {"dataset": dataset, "numbers": dataset.numbers, **context})


def begin(dataset: Dataset) -> None:
    """Have the work done: here if it is small, else by a worker."""
    if advance.soon(dataset):
        advance.advance(dataset.pk)
    else:
        tasks.ring_for(dataset.pk)


def refused(request: OrgRequest, why: Refused, to: Dataset | Version) -> HttpResponseRedirect:
    messages.error(request, format_html("{} {}", say(why.sentence), _links(why)))
    return redirect(to)


def _links(why: Refused) -> SafeString:
    """Links to what points at something that was to be deleted."""
    users = why.users[:SHOWN] if isinstance(why, StillUsed) else []
    pairs = [(user.get_absolute_url(), user) for user in users if hasattr(user, "get_absolute_url")]
    return format_html_join(" · ", '<a class="link" href="{}">{}</a>', pairs)
