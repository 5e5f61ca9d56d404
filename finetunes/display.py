"""What the page of a fine-tune shows, gathered in one place for the page and for its live stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from connections.models import Connection
from finetunes import again, judging, next_steps, store, telling, words
from finetunes.charts import axes
from finetunes.charts.plots import MOST_LINES, Plot, arrange
from finetunes.models import Event, FineTune, Model, ResultFile
from finetunes.outcome import doubtful, waiting_for_files
from finetunes.progress import Progress, queue_number
from finetunes.statuses import Status
from teams.looks import signs
from work.prepared import Prepared

EVENTS_SHOWN = 200
TILES = (
    ("training_loss",),
    ("full_validation_loss", "validation_loss"),
    ("classification/accuracy",),
    ("full_validation_token_accuracy", "validation_token_accuracy", "training_token_accuracy"),
    ("validation_sequence_accuracy", "training_sequence_accuracy"),
)
"""One tile each, for the first series that there is."""
_LAST_EVENTS = Prepared(
    lambda pk: Event.objects.filter(fine_tune=pk).exclude(type="metrics").order_by("-ordinal").lines()[:EVENTS_SHOWN]
)
_MODEL = Prepared(lambda pk: Model.objects.filter(fine_tune=pk).order_by("pk")[:1])
_FILES = Prepared(lambda pk: ResultFile.objects.filter(fine_tune=pk).order_by("pk"))
MOST_CHARTS = 40
"""A file of a thousand columns is drawn in part; the tables have all of it."""
SCORES = ("classification/accuracy", "full_validation_loss", "validation_loss")


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    value: str
    note: str
    is_of_classes: bool = False  # whether the page of the classes says more


@dataclass(frozen=True, slots=True)
class Chart:
    plot: Plot
    title: str
    meaning: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Strip:
    """The progress strip: a strong word, what is said beside it, and a share if there is one."""

    title: str
    text: str
    share: float | None
    is_open: bool  # whether the bar may move without a known share
    elapsed: int | None = None  # seconds since it began to run, for a clock that goes on in the page

    @property
    def percent(self) -> int | None:
        return None if self.share is None else int(self.share * 100)


def live(fine_tune: FineTune) -> dict[str, Any]:
    """Return what changes while a fine-tune runs."""
    names = store.series_names(fine_tune)
    model, verdict = model_of(fine_tune), telling.tell(judging.kept(fine_tune))
    return {
        "fine_tune": fine_tune,
        "strip": strip(fine_tune, _queued(fine_tune), closely=True),
        "tiles": tiles(fine_tune),
        "charts": charts(fine_tune, names),
        "more_charts": max(0, len(arrange(names)) - MOST_CHARTS),
        "axes": axes.offered(fine_tune, names) if names else {},
        "model": model,
        "verdict": verdict,
        "next_steps": next_steps.steps(fine_tune, model) if verdict else [],
        "result_files": _FILES(fine_tune.pk),
        "settings": settings(fine_tune),
        "elsewhere": elsewhere(fine_tune) if fine_tune.was_turned_away else [],
    }


def _queued(fine_tune: FineTune) -> Event | None:
    """Return what the provider said last about the place in its queue."""
    if fine_tune.status != Status.QUEUED:
        return None
    return fine_tune.events.filter(message__contains="Queue number: ").order_by("ordinal").last()


def elsewhere(fine_tune: FineTune) -> list[tuple[Connection, str]]:
    """Return the connections that may train the same, each with the address of the form, filled in."""
    version = fine_tune.training_version
    return [(one, again.form(fine_tune, one, version)) for one in again.others(fine_tune)] if version else []


def state(fine_tune: FineTune) -> str:
    """Return what decides which actions the page shows."""
    if fine_tune.has_ended:
        return "succeeded" if fine_tune.status == Status.SUCCEEDED else "ended"
    return "active" if fine_tune.can_be_cancelled else "cancelling"


def shows(context: dict[str, Any]) -> str:
    """Name the charts and files of a page, so that it can tell whether there are new ones."""
    keys = [chart.plot.key + "+".join(chart.lines) for chart in context["charts"]]
    return "|".join([*keys, *context["axes"], *(str(file.pk) for file in context["result_files"])])


def page(fine_tune: FineTune) -> dict[str, Any]:
    """Return everything on the page."""
    # Of what was read first: what comes after it is told by the live stream, even if the page shows some of it already.
    cursor = fine_tune.last_event
    events = _LAST_EVENTS(fine_tune.pk)
    context = live(fine_tune)
    return {
        **context,
        "state": state(fine_tune),
        "shows": shows(context),
        "events": events,
        "cursor": cursor,
    }


def model_of(fine_tune: FineTune) -> Model | None:
    return _MODEL.first(fine_tune.pk)


def tiles(fine_tune: FineTune) -> list[Tile]:
    found = []
    for names in TILES:
        name = next((name for name in names if name in fine_tune.summary), None)
        if name:
            found.append(_tile(name, fine_tune.summary[name]))
    return found


def _tile(name: str, summary: dict[str, float]) -> Tile:
    """Show the last value; that of a batch says that it is no more than that."""
    note = ""
    if not words.is_share(name) and summary["first"] != summary["last"]:
        note = _("from %(first)s") % {"first": words.number(summary["first"])}
    elif name.startswith(("training_", "validation_")):
        note = _("last batch")
    return Tile(words.series(name), words.figure(name, summary["last"]), note, name.startswith("classification/"))


def score(fine_tune: FineTune) -> Tile | None:
    """Return the one number that a list shows: how well it does on data that it has not seen."""
    for name in SCORES:
        if name in fine_tune.summary:
            label = _("accuracy") if words.is_share(name) else _("validation loss")
            return Tile(label, words.figure(name, fine_tune.summary[name]["last"]), "")
    return None


def charts(fine_tune: FineTune, names: Iterable[str]) -> list[Chart]:
    return [
        Chart(plot, words.measure(plot), words.meaning(plot), [words.line(one.label) for one in plot.lines][:MOST_LINES])
        for plot in arrange(names)[:MOST_CHARTS]
    ]


def settings(fine_tune: FineTune) -> list[tuple[str, str]]:
    """Return what the provider resolved, over what was sent."""
    sent = dict(fine_tune.hyperparameters)
    if fine_tune.seed is not None:
        sent["seed"] = fine_tune.seed
    shown = {**sent, **{name: value for name, value in fine_tune.resolved.items() if value is not None}}
    return [(words.setting(name), words.value(value)) for name, value in shown.items()]


def strip(fine_tune: FineTune, last: Event | None, *, closely: bool = False) -> Strip:
    """Say in words where the fine-tune is; `closely` asks the database for more than lists have the time for."""
    progress = _progress(fine_tune)
    if fine_tune.has_ended:
        return Strip(fine_tune.status_label, _ending(fine_tune), _final_share(fine_tune, progress), False)
    title, text = _running(fine_tune, progress, last)
    if closely and fine_tune.status == Status.CHECKING_FILES and not fine_tune.remote_id:
        text = waiting_for_files(fine_tune)
    if fine_tune.trouble and not fine_tune.in_doubt:
        text = _("%(provider)s does not answer; it is asked again and again. %(words)s") % {
            "provider": fine_tune.connection,
            "words": fine_tune.trouble,
        }
    is_open = fine_tune.status in {Status.RUNNING, Status.SENDING, Status.CHECKING_FILES}
    elapsed = int(_elapsed(fine_tune)) if fine_tune.status == Status.RUNNING else None
    return Strip(title, text, progress.share, is_open, elapsed)


def _progress(fine_tune: FineTune) -> Progress:
    """Return the progress as told; where only steps are told, the epoch follows from them."""
    progress = Progress(fine_tune.step, fine_tune.total_steps, fine_tune.epoch, fine_tune.epochs)
    epochs = fine_tune.resolved.get("n_epochs")
    if progress.epoch is None and progress.step is not None and progress.total_steps and isinstance(epochs, int):
        progress.epoch, progress.epochs = progress.step * epochs // progress.total_steps, epochs
    return progress


def _running(fine_tune: FineTune, progress: Progress, last: Event | None) -> tuple[str, str]:
    if fine_tune.status == Status.RUNNING:
        return _place(progress), _remaining(fine_tune, progress)
    if fine_tune.in_doubt:
        return _("Sending, outcome unknown"), doubtful(fine_tune)
    number = queue_number(last.message) if last else None
    if fine_tune.status == Status.QUEUED and number is not None:
        return fine_tune.status_label, _place_in_queue(number)
    texts = {
        Status.AWAITING_APPROVAL: _("It starts as soon as an owner approves it. Nothing has been sent."),
        Status.SENDING: _("The files go to the provider, then the fine-tune is created there."),
        Status.CHECKING_FILES: _("The provider is reading the files."),
        Status.QUEUED: _("The provider will start it."),
        Status.CANCELLING: _("The provider has been told to stop."),
        Status.PAUSED: _("It stands still at the provider."),
        Status.UNKNOWN: _("The provider says “%(word)s”, which is no state that Tunedeck knows.")
        % {"word": fine_tune.provider_status},
    }
    return fine_tune.status_label, texts.get(Status(fine_tune.status), "")


def _place(progress: Progress) -> str:
    """Name the epoch in work and the step, as far as the provider tells."""
    if progress.epoch is not None and progress.epochs:
        numbers = {"epoch": min(progress.epoch + 1, progress.epochs), "epochs": progress.epochs}
        if progress.epoch >= progress.epochs:
            return _("All %(epochs)d epochs done") % numbers
        return _("Epoch %(epoch)d of %(epochs)d") % numbers
    if progress.step is not None and progress.total_steps:
        return _("Step %(step)s of %(total)s") % {
            "step": signs(f"{progress.step:,}"),
            "total": signs(f"{progress.total_steps:,}"),
        }
    return _("Running")


def _place_in_queue(number: int) -> str:
    if number == 0:
        return _("Next in the provider's queue")
    return _("Number %(number)d in the provider's queue") % {"number": number}


def _elapsed(fine_tune: FineTune) -> float:
    since = fine_tune.started_at or fine_tune.remote_created_at or fine_tune.created_at
    return max(0.0, (timezone.now() - since).total_seconds())


def _remaining(fine_tune: FineTune, progress: Progress) -> str:
    """Say what the provider expects, else what follows from the pace of its steps; nothing where neither is known."""
    now = timezone.now()
    if fine_tune.estimated_finish and fine_tune.estimated_finish > now:
        left = words.duration((fine_tune.estimated_finish - now).total_seconds())
        return _("the provider expects %(time)s more") % {"time": left}
    seconds = progress.seconds_left(_elapsed(fine_tune)) if fine_tune.started_at else None
    if not seconds:
        return ""
    return _("about %(time)s left, estimated from its steps so far") % {"time": words.duration(seconds)}


def _ending(fine_tune: FineTune) -> str:
    if fine_tune.started_at and fine_tune.finished_at and fine_tune.finished_at >= fine_tune.started_at:
        took = words.duration((fine_tune.finished_at - fine_tune.started_at).total_seconds())
        return _("trained for %(time)s") % {"time": took}
    return ""


def _final_share(fine_tune: FineTune, progress: Progress) -> float | None:
    return 1.0 if fine_tune.status == Status.SUCCEEDED else progress.share


def sparkline(points: Iterable[float], width: int = 80, height: int = 20) -> str:
    """Return the points of an SVG polyline; empty when there is nothing to draw."""
    values = list(points)
    if len(values) < 2:
        return ""
    least, most = min(values), max(values)
    room = (most - least) or 1.0
    step = width / (len(values) - 1)
    return " ".join(
        f"{place * step:.1f},{2 + (most - value) / room * (height - 4):.1f}" for place, value in enumerate(values)
    )
