"""Blind rounds: read the answers, choose one by number, see whose it was, go on to the next."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from playground import tasks
from playground.models import Round, Side, Trial, Vote
from playground.sides import tally
from playground.sides.shown import shown
from playground.sides.start import AHEAD, open_rounds
from playground.sides.views import trials, with_sides
from teams import access, audit

PAGE = "playground/blind.html"
PER_PAGE = 25
SKIP = "skip"


@require_safe
@access.viewer
def sitting(request: access.OrgRequest, pk: int) -> HttpResponse:
    """Go to the first round that waits for this person's vote; when there is none, to the count."""
    trial = get_object_or_404(trials(request), pk=pk, blind=True)
    waiting = _waiting(request, trial).first()
    if waiting and request.membership.can_change:
        return redirect(waiting)
    return _votes(request, trial)


@require_safe
@access.viewer
def round(request: access.OrgRequest, pk: int, place: int) -> HttpResponse:
    found = _round(request, pk, place)
    template = f"{PAGE}#round" if request.htmx.target == "round" else PAGE
    return render(request, template, _context(request, found))


@require_POST
@access.member
def vote(request: access.OrgRequest, pk: int, place: int) -> HttpResponse:
    """Keep the vote, once; a second press changes nothing. Names are shown from then on."""
    found = _round(request, pk, place)
    choice = request.POST.get("choice", "")
    tasks.ask_sides_soon(open_rounds(found.trial, found.place + AHEAD))
    if choice == SKIP:
        return redirect(_next(request, found) or found.trial)
    if not all(side.is_answered for side in found.sides.all()):
        messages.error(request, _("There is no vote on this prompt: not every model has answered. Ask again, or skip it."))
        return redirect(found)
    given = _given(found, choice)
    if given is None:
        messages.error(request, _("Choose one of the answers, a tie, or all bad."))
        return redirect(found)
    kept, is_new = Vote.objects.get_or_create(round=found, person=request.user, defaults=given)
    if is_new:
        audit.record(request, "side_by_side.voted", found.trial, round=found.place, verdict=kept.verdict)
    return redirect(found)


@require_safe
@access.viewer
def votes(request: access.OrgRequest) -> HttpResponse:
    return _votes(request, None)


def _votes(request: access.OrgRequest, trial: Trial | None) -> HttpResponse:
    """Count and list the votes: those of the organization, or those of one trial."""
    listed = Vote.objects.filter(round__trial__organization=request.organization)
    listed = listed.filter(round__trial=trial) if trial else listed
    mine = Vote.objects.filter(round=OuterRef("round"), person=request.user)
    related = listed.select_related("round__trial", "person", "winner").prefetch_related("round__sides")
    page = Paginator(related.annotate(is_mine=Exists(mine)), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "trial": trial,
        "pairs": tally.pairs(request.organization, trial),
        "page": page,
        "waiting": _open_trials(request),
        "may_vote": request.membership.can_change,
    }
    return render(request, "playground/votes.html", context)


def _round(request: access.OrgRequest, pk: int, place: int) -> Round:
    trial = get_object_or_404(trials(request), pk=pk, blind=True)
    return get_object_or_404(with_sides(trial).select_related("trial"), place=place)


def _context(request: access.OrgRequest, found: Round) -> dict[str, Any]:
    own = Vote.objects.filter(round=found, person=request.user).select_related("winner").first()
    may_vote = request.membership.can_change
    # Who may not vote is shown the names once somebody has voted.
    hidden = own is None and (may_vote or not found.votes.exists())
    return {
        "trial": found.trial,
        "shown": shown(found, vote=own, hidden=hidden),
        "number": found.trial.rounds.count(),
        "voted": found.trial.rounds.filter(votes__person=request.user).count(),
        "next": _next(request, found),
        "may_vote": may_vote,
        "pairs": [] if hidden else tally.pairs(request.organization, found.trial),
    }


def _given(found: Round, choice: str) -> dict[str, Any] | None:
    """Return the vote's fields for "1" to "6", "tie" or "bad"."""
    if choice in (Vote.Verdict.TIE, Vote.Verdict.BAD):
        return {"verdict": choice}
    winner: Side | None = next((side for side in found.sides.all() if str(side.place) == choice), None)
    return {"verdict": Vote.Verdict.BEST, "winner": winner} if winner else None


def _waiting(request: access.OrgRequest, trial: Trial) -> QuerySet[Round]:
    return trial.rounds.exclude(votes__person=request.user)


def _next(request: access.OrgRequest, found: Round) -> Round | None:
    """Return the next round that waits for a vote, behind this one."""
    return _waiting(request, found.trial).filter(place__gt=found.place).first()


def _open_trials(request: access.OrgRequest) -> QuerySet[Trial]:
    voted = Vote.objects.filter(round=OuterRef("pk"), person=request.user)
    rounds = Round.objects.filter(~Exists(voted), trial=OuterRef("pk"))
    return Trial.objects.of(request.organization).filter(Exists(rounds), blind=True).prefetch_related("rounds")[:5]
