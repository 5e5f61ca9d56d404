"""What the pages of one evaluation share."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from datasets.wording import say
from datasets.words import Refused
from evaluations.models import Evaluation
from teams.access import OrgRequest


def evaluation_of(request: OrgRequest, pk: int) -> Evaluation:
    related = Evaluation.objects.of(request.organization).select_related("version__dataset", "created_by", "again_of")
    return get_object_or_404(related, pk=pk)


def refused(request: OrgRequest, why: Refused, evaluation: Evaluation) -> HttpResponse:
    messages.warning(request, say(why.sentence))
    return redirect(evaluation)
