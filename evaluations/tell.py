"""How far an evaluation is, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from evaluations.models import Evaluation, Run
from evaluations.scores.figure import Figure
from finetunes import words
from playground.tell import percent

MAIN = ("accuracy", "normalized")
"""Of labels, and of texts: without regard to case, punctuation and spaces."""
ENOUGH = 10
"""After so many answers the pace says how long the rest takes."""


@dataclass(frozen=True, slots=True)
class State:
    word: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One model: how far it is, and what stands in its way."""

    run: Run
    rows: int
    state: State
    left: str  # how long the rest takes, "" if nobody knows

    @property
    def known(self) -> str:
        """Say how its answers are kept to the known labels."""
        return str(Evaluation.Known(self.run.known).label)

    @property
    def may_ask_again(self) -> bool:
        return self.run.state == Run.State.DONE and self.run.problem_count > 0

    @property
    def share(self) -> int:
        return min(100, 100 * self.run.done_count // self.rows) if self.rows else 0


def state(evaluation: Evaluation) -> State:
    """Say in one word what an evaluation is doing; it is as far as its models are."""
    if evaluation.state == Evaluation.State.READY:
        return _asked(list(evaluation.runs.all()))
    known = {Evaluation.State.DRAFT: "", Evaluation.State.READING: "busy", Evaluation.State.FAILED: "bad"}
    return State(evaluation.get_state_display(), known[Evaluation.State(evaluation.state)])


def _asked(runs: Sequence[Run]) -> State:
    states = {run.state for run in runs}
    if states & {Run.State.RUNNING, Run.State.WAITING}:
        return State(_("Asking"), "busy")
    if Run.State.STOPPED in states:
        return State(_("Stopped"), "bad")
    if Run.State.CANCELLED in states:
        return State(_("Cancelled"), "wait")
    return State(_("Done"), "good") if runs else State(_("No model"))


def is_active(evaluation: Evaluation) -> bool:
    """Whether something still happens by itself, so that its page looks again."""
    if evaluation.state == Evaluation.State.READY:
        return any(run.is_active for run in evaluation.runs.all())
    return evaluation.state == Evaluation.State.READING


def share(evaluation: Evaluation) -> int | None:
    """Return how much has been asked, in per cent, while that grows."""
    runs = list(evaluation.runs.all())
    whole = evaluation.row_count * len(runs)
    if not whole or not is_active(evaluation):
        return None
    return min(100, 100 * sum(run.done_count for run in runs) // whole)


def lines(evaluation: Evaluation) -> list[Line]:
    return [
        Line(run, evaluation.row_count, _of_run(evaluation, run), _left(evaluation, run)) for run in evaluation.runs.all()
    ]


def _of_run(evaluation: Evaluation, run: Run) -> State:
    if evaluation.state == Evaluation.State.FAILED:
        return State(_("Not asked"))
    tones = {"waiting": "wait", "running": "busy", "done": "good", "stopped": "bad", "cancelled": "wait"}
    return State(run.get_state_display(), tones[run.state])


def _left(evaluation: Evaluation, run: Run) -> str:
    rest = evaluation.row_count - run.done_count
    if run.state != Run.State.RUNNING or run.done_count < ENOUGH or run.asking_seconds <= 0 or rest <= 0:
        return ""
    return words.duration(rest * run.asking_seconds / run.done_count)


def source(evaluation: Evaluation) -> str:
    """Say what is asked: the part of a version, or the file."""
    if evaluation.version is None:
        return evaluation.filename
    part = Evaluation.Part(evaluation.part).label if evaluation.part else _("held out")
    return _("%(version)s, %(part)s") % {"version": evaluation.version, "part": part}


def main_score(run: Run) -> Score | None:
    """Return the one number that a list shows: how often the model was right; None if nothing is scored yet."""
    name = next((name for name in MAIN if name in run.scores), "")
    value = Figure.of(run.scores.get(name)).value
    return Score(percent(value), _("right")) if value is not None else None
