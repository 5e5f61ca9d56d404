"""The page where one prompt goes to several models, and what is done with each answer there."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from playground import pick, tasks
from playground.models import Round, Side, Trial
from playground.pick import Picked
from playground.sides import columns
from playground.sides.forms import SidesForm
from playground.sides.shown import shown
from playground.sides.start import Wish, start
from teams import access, audit

PAGE = "playground/sides.html"
EARLIER = 10


@require_safe
@access.viewer
def sides(request: access.OrgRequest) -> HttpResponse:
    if tuned := request.GET.get("with_base"):
        return redirect(columns.address(columns.with_base(request.organization, tuned)))
    return _page(request, columns.chosen(request.organization, request.GET.getlist("model")))


@sensitive_post_parameters()
@require_POST
@access.member
def ask(request: access.OrgRequest) -> HttpResponse:
    """Write down what to ask and go where the answers come. A second press comes to the same place."""
    picked = columns.chosen(request.organization, request.POST.getlist("model"))
    form = SidesForm(request.POST, versions=columns.versions(picked))
    if not form.is_valid():
        return _page(request, picked, form=form, status=422)
    if len(picked) < columns.LEAST:
        messages.error(request, _("Choose at least two models: there is nothing to compare yet."))
        return _page(request, picked, form=form, status=422)
    prompts = form.prompts()
    if not prompts:
        messages.error(request, _("There is no row to ask. Choose other prompts."))
        return _page(request, picked, form=form, status=422)
    data = form.cleaned_data
    wish = Wish(
        token=data["token"],
        columns=picked,
        prompts=prompts,
        settings=form.settings(),
        blind="blind" in request.POST,
        live=data["live"],
    )
    return _to_answers(_started(request, wish))


def _started(request: access.OrgRequest, wish: Wish) -> Trial:
    trial, is_new = start(request.organization, request.user, wish)
    if is_new:
        audit.record(request, "side_by_side.asked", trial, models=trial.keys, prompts=len(wish.prompts), blind=wish.blind)
        if not trial.live:
            tasks.ask_sides_soon(Side.objects.due().filter(round__trial=trial))
    return trial


def _to_answers(trial: Trial) -> HttpResponse:
    first = trial.rounds.first()
    return redirect(first if trial.blind and first else f"{trial.get_absolute_url()}#rounds")


@require_safe
@access.viewer
def trial(request: access.OrgRequest, pk: int) -> HttpResponse:
    """Show the answers of an open trial; a blind one is shown round by round, then counted."""
    found = get_object_or_404(trials(request), pk=pk)
    if found.blind:
        return redirect("playground:sitting", found.pk)
    rounds = [shown(round, vote=None, hidden=False) for round in with_sides(found)]
    if request.htmx.target == "rounds":
        return render(request, f"{PAGE}#rounds", {"trial": found, "rounds": rounds, **_over(rounds)})
    return _page(request, _still_here(request, found), trial=found, rounds=rounds, **_over(rounds))


@require_POST
@access.member
def stop(request: access.OrgRequest, pk: int, round: int, place: int) -> HttpResponse:
    """End the wait for an answer that nobody is writing just now."""
    side = own_side(request, pk, round, place)
    waiting = Side.objects.filter(pk=side.pk, ended_at=None).exclude(lease_until__gt=timezone.now())
    waiting.update(stopped=True, ended_at=timezone.now(), due_at=None)
    return redirect(side.round.trial)


@require_POST
@access.member
def again(request: access.OrgRequest, pk: int, round: int, place: int) -> HttpResponse:
    """Ask once more where nothing came, because a person wants it: it may cost again."""
    side = own_side(request, pk, round, place)
    ended = Side.objects.filter(pk=side.pk, ended_at__isnull=False)
    over = [one.pk for one in ended if not one.is_answered]
    fresh = {"stopped": False, "problem": {}, "samples": [], "told": {}, "ended_at": None, "attempts": 0}
    if ended.filter(pk__in=over).update(due_at=timezone.now(), **fresh) and not side.round.trial.live:
        tasks.ask_sides_soon([side])
    if over:
        audit.record(request, "side_by_side.asked-again", side.round.trial, round=round)
    return redirect(side.round if side.round.trial.blind else side.round.trial)


def trials(request: access.OrgRequest) -> QuerySet[Trial]:
    return Trial.objects.of(request.organization).seen_by(request.user)


def with_sides(found: Trial) -> QuerySet[Round]:
    return found.rounds.prefetch_related(Prefetch("sides", queryset=Side.objects.order_by("place")))


def own_side(request: access.OrgRequest, pk: int, round: int, place: int) -> Side:
    related = Side.objects.select_related("round__trial__organization")
    found = get_object_or_404(trials(request), pk=pk)
    return get_object_or_404(related, round__trial=found, round__place=round, place=place)


def _still_here(request: access.OrgRequest, found: Trial) -> list[Picked]:
    """Return the trial's models that can still be asked: its answers stay when one is gone."""
    usable = {str(pk) for pk in pick.models(request.organization).filter(pk__in=_pks(found)).values_list("pk", flat=True)}
    active = {f"c{connection.pk}" for connection in pick.connections(request.organization)}
    return columns.chosen(
        request.organization, [key for key in found.keys if key in usable or key.partition(":")[0] in active]
    )


def _pks(found: Trial) -> list[str]:
    return [key for key in found.keys if key.isdecimal()]


def _over(rounds: list[Any]) -> dict[str, Any]:
    return {
        "ended": sum(round.ended for round in rounds),
        "asked": sum(len(round.sides) for round in rounds),
        "is_over": all(round.is_over for round in rounds),
    }


def _page(
    request: access.OrgRequest, picked: list[Picked], *, form: SidesForm | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    models, bases = columns.offered(request.organization, picked)
    chosen = more.get("trial")
    context = {
        "columns": columns.columns(picked),
        "models": models,
        "bases": bases,
        "groups": [pick.base_models(one) for one in pick.connections(request.organization)]
        if "bases" in request.GET
        else [],
        "connections": pick.connections(request.organization),
        "form": form or SidesForm(initial=_again(chosen), versions=columns.versions(picked)),
        "may_ask": request.membership.can_change,
        "enough": len(picked) >= columns.LEAST,
        "full": len(picked) >= columns.MOST,
        "address": request.build_absolute_uri(columns.address([one.key for one in picked])),
        "earlier": Trial.objects.of(request.organization).filter(person=request.user).prefetch_related("rounds")[:EARLIER],
    }
    return render(request, PAGE, context | more, status=status)


def _again(chosen: Trial | None) -> dict[str, Any]:
    """Fill the form as it was, under a new token: pressed again, it asks again."""
    filled: dict[str, Any] = {"token": uuid.uuid4()}
    if chosen is None:
        return filled
    questions = [round.question for round in chosen.rounds.all()]
    lines = len(questions) > 1 and not any("\n" in one for one in questions)
    settings: dict[str, Any] = chosen.settings
    return filled | settings | {"prompt": "\n".join(questions if lines else questions[:1]), "lines": lines}
