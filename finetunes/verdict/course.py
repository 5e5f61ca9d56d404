"""Which course the loss took: the one finding that every run has. The first that holds is the one."""

from __future__ import annotations

from math import hypot

from finetunes.verdict.curve import LEAST, Curve, Level
from finetunes.verdict.run import Finding, Numbers, Run

SURE = 3.5
"""Standard errors that a rise must have: the lowest of up to 16 levels was chosen, which is like looking 16 times."""
LIKELY = 3.0
"""Standard errors for what is compared once."""
FELL = 3.2
"""A fall of fewer standard errors is none that can be told from noise; the lowest level was chosen here too."""
UNSURE = 2.0
"""Within so many standard errors two levels may well be the same."""
NOTICED = 0.05
"""A rise or a further fall that is smaller than this share of what was gained is nothing to act upon."""
WORTH = 0.1
"""A loss that still sinks by less than a tenth of itself in a quarter of the run is not worth going on for."""
GREAT = 0.2
"""A rise by more than this share of the best is something, however far the loss had fallen before."""
SETTLED = 0.05
"""Once this close to where it ends, as a share of the whole fall, a loss has stopped improving."""
EARLY = 0.75
"""It has stopped early if that was in the first three quarters of the run."""
NO_FALL = 0.02
"""A loss that falls by less than this share has not fallen."""
LATE = 0.02
"""Held-out data that is first measured after this share of the run may have missed the fall."""
LOW = 0.05
"""A loss that begins below this has nothing to learn from: the answers were known."""


def course(run: Run) -> Finding:
    """Say which course the loss took: on held-out data where it was measured, else on the training data."""
    found = _upset(run) or _of_validation(run) or _of_training(run)
    return found or Finding("too-short", {"steps": run.last_step, "least": LEAST, **_measured(run)})


def _upset(run: Run) -> Finding | None:
    """The training itself came apart: no number any more, or most of what was gained is lost again."""
    losses, curve = run.series.get("training_loss"), run.training
    if losses is None or not len(losses):
        return None
    missing = run.counted - int(losses.steps[-1])
    if missing > max(5, 0.01 * run.counted):
        return Finding("loss-lost", {"step": int(losses.steps[-1]), "last": losses.last(), "end": run.counted})
    if curve is None:
        return None
    best, end = curve.around(curve.best), curve.end
    gained = max(curve.start.mean - best.mean, 0.0)
    worse = end.mean - best.mean
    lost = worse > 0.5 * gained and worse > 0.25 * best.mean
    if lost and end.above(best) > SURE and (end.mean > 0.5 * curve.start.mean):
        return Finding("diverged", _from_to(run, curve, "training_loss"))
    return None


def _of_validation(run: Run) -> Finding | None:
    curve = run.validation
    if curve is None:
        return None
    name = run.validation_name
    if not _fell(curve) and not _began_late(run, curve):
        return _did_not_fall(run, curve, name)
    little = curve.fall < curve.start.mean / 4 and not _began_late(run, curve)
    if little and run.training and _by_heart(curve, run.training):
        return _learned_by_heart(run, curve, run.training, name)
    return _over_fitting(run, curve, name) or _gained(run, curve, name)


def _began_late(run: Run, curve: Curve) -> bool:
    """Whether it was first measured when an epoch was over: then most of the fall may have been before, unseen."""
    late = curve.is_whole or curve.start.first > LATE * run.steps
    return late and run.training is not None and _fell(run.training)


def _gained(run: Run, curve: Curve, name: str) -> Finding:
    """It fell and did not provably rise again; if it may have, nothing is claimed."""
    best, end = curve.around(curve.best), curve.end
    lost = end.mean - best.mean > curve.fall / 2
    found = _improving(run, curve, name) or (None if lost else _stopped(run, curve, name))
    return found or Finding("unclear" if lost else "learned", _from_to(run, curve, name))


def _of_training(run: Run) -> Finding | None:
    curve = run.training
    if curve is None:
        return None
    if not _fell(curve):
        return _did_not_fall(run, curve, "training_loss")
    found = _improving(run, curve, "training_loss")
    return found or Finding("learned", _from_to(run, curve, "training_loss"))


def _fell(curve: Curve) -> bool:
    rank, mean = curve.sank, curve.start.above(curve.around(curve.best))
    return (rank > FELL or (rank > UNSURE and mean > FELL)) and curve.fall > NO_FALL * curve.start.mean


def _did_not_fall(run: Run, curve: Curve, name: str) -> Finding:
    """Nothing was learned; or only the training data; or it was known before."""
    training, numbers = run.training, _from_to(run, curve, name)
    if max(curve.start.mean, curve.end.mean) < LOW:
        return Finding("known-before", numbers)
    if name == "training_loss" or training is None:
        return Finding("unclear" if _is_too_noisy(curve) else "nothing-learned", numbers)
    if not _fell(training):
        # On the training data there are more values: they tell where those of held-out data are too few, or too late.
        surer = training if _is_too_noisy(curve) or curve.start.first > LATE * run.steps else curve
        numbers = _from_to(run, surer, name if surer is curve else "training_loss")
        return Finding("unclear" if _is_too_noisy(surer) else "nothing-learned", numbers)
    if _by_heart(curve, training):
        return _learned_by_heart(run, curve, training, name)
    return Finding("unclear", numbers | _prefixed(training))


def _is_too_noisy(curve: Curve) -> bool:
    """Whether even a fall by a fifth would have gone unseen, or seems to be there."""
    if max(curve.start.mean, curve.levels[0].mean) > 1.25 * curve.end.mean:
        return True
    return UNSURE * _spread(curve.levels[0], curve.end) > 0.2 * abs(curve.levels[0].mean) + 1e-12


def _spread(one: Level, other: Level) -> float:
    return hypot(one.error, other.error)


def _learned_by_heart(run: Run, curve: Curve, training: Curve, name: str) -> Finding:
    begin, end = _ends_of(curve)
    means = {"start": begin.mean, "start_of": begin.count, "end": end.mean, "end_of": end.count}
    return Finding("by-heart", _from_to(run, curve, name) | means | _prefixed(training))


def _ends_of(curve: Curve) -> tuple[Level, Level]:
    """The first quarter and the last third of a curve, long enough to be compared."""
    return curve.between(0, max(1, len(curve.levels) // 4)), curve.tail(max(1, len(curve.levels) // 3))


def _by_heart(curve: Curve, training: Curve) -> bool:
    """The loss rises on held-out data, or at best sinks a little there while that of the training data is halved."""
    begin, end = _ends_of(curve)
    if end.above(begin) > LIKELY and end.mean > begin.mean * (1 + NOTICED):
        return True
    then, now = training.at(curve.levels[0].last), training.end
    halved = now.mean < then.mean / 2 and then.above(now) > LIKELY and end.above(now) > LIKELY
    return halved and begin.mean - end.mean + UNSURE * _spread(begin, end) < begin.mean / 2


def _over_fitting(run: Run, curve: Curve, name: str) -> Finding | None:
    """On held-out data the loss rose again, beyond noise, and stayed there until the end."""
    best = curve.around(curve.best)
    end = next((end for end in _ends(curve) if _risen(curve, best, end)), None)
    if end is None:
        return None
    numbers = _from_to(run, curve, name) | {"end": end.mean, "end_of": end.count}
    numbers["at_once"] = curve.is_whole and curve.best == 0
    numbers["good_until"] = _good_until(curve, best, end.mean - best.mean)
    return Finding("over-fitting", numbers | (_prefixed(run.training) if run.training else {}))


def _ends(curve: Curve) -> list[Level]:
    """What may be called the end: the last levels, or a longer stretch, which is known more exactly."""
    return [curve.end, *([curve.tail(len(curve.levels) // 3)] if len(curve.levels) >= 8 and not curve.is_whole else [])]


def _risen(curve: Curve, best: Level, end: Level) -> bool:
    rise = min(end.mean, curve.end.mean) - best.mean
    matters = rise > NOTICED * curve.fall or (rise > GREAT * best.mean and end.mean > LOW)
    return best.last < end.first and end.above(best) > SURE and matters and rise > NOTICED * best.mean


def _good_until(curve: Curve, best: Level, rise: float) -> int:
    """The last step at which less than half of the rise had happened."""
    good = [one.last for one in curve.levels if one.mean <= best.mean + rise / 2]
    return max(good, default=best.last)


def _improving(run: Run, curve: Curve, name: str) -> Finding | None:
    """The last quarter lies below the one before it, beyond noise and by enough to matter."""
    quarter = max(1, len(curve.levels) // 4)
    if len(curve.levels) < 3:
        return None
    last, before = curve.tail(quarter), curve.between(-2 * quarter, -quarter)
    drop = before.mean - last.mean
    if before.above(last) > LIKELY and drop > NOTICED * max(curve.fall, 0) and drop > WORTH * before.mean:
        numbers = {"before": before.mean, "before_step": before.first, "last": last.mean, "last_step": last.first}
        return Finding("improving", _from_to(run, curve, name) | numbers)
    return None


def _stopped(run: Run, curve: Curve, name: str) -> Finding | None:
    """From some level on, in the first three quarters, it stayed where it ended, and exactly enough to know."""
    count = len(curve.levels)
    place = next((place for place in range(count - 1) if _stays(curve, place)), None)
    if place is None or count < 3 or count - place < max(2, count // 4):
        return None
    since, step = curve.tail(count - place), curve.levels[place].first if place else curve.levels[0].last
    if step > EARLY * run.steps or (not curve.is_whole and since.error > SETTLED * curve.fall):
        return None
    numbers = {"settled": since.mean, "settled_of": since.count, "settled_step": step, "settled_epoch": run.epoch_of(step)}
    return Finding("stopped", _from_to(run, curve, name) | numbers | {"enough_epochs": _enough(run, step)})


def _stays(curve: Curve, place: int) -> bool:
    """Whether from a level on the earlier half lies no higher than the later one, as far as can be told."""
    count = len(curve.levels)
    half = (place + count) // 2
    here, early, late = curve.levels[place], curve.between(place, half), curve.between(half, count)
    near = SETTLED * curve.fall
    drop, most = early.mean - late.mean, 4 * near
    falls = max(early.above(late), curve.sinks(place, half)) > UNSURE and drop > near / 2
    is_known = curve.is_whole or drop + UNSURE * _spread(early, late) <= most
    return not falls and is_known and here.mean <= late.mean + max(near, UNSURE * here.error) and drop <= 2 * near


def _enough(run: Run, step: int) -> int | None:
    """The epochs in which it got so far: a tenth of the next one does not count."""
    epoch = run.epoch_of(step)
    return None if epoch is None else max(1, int(-(-(epoch - 0.1) // 1)))


def _from_to(run: Run, curve: Curve, name: str) -> Numbers:
    """The figures of a course, and how many values each of them is the mean of."""
    best, end = curve.around(curve.best), curve.end
    return {
        "name": name,
        "start": curve.start.mean,
        "start_of": curve.start.count,
        "best": best.mean,
        "best_of": best.count,
        "best_step": best.middle,
        "best_epoch": run.epoch_of(best.middle),
        "best_epochs": run.epochs_until(best.middle),
        "end": end.mean,
        "end_of": end.count,
        "end_step": end.last,
        "whole": curve.is_whole,
        "epochs": run.epochs,
        **_measured(run),
    }


def _measured(run: Run) -> Numbers:
    names = {"losses": "training_loss", "validations": run.validation_name}
    return {key: len(run.series.get(name, ())) for key, name in names.items()}


def _prefixed(curve: Curve) -> Numbers:
    best, end = curve.around(curve.best), curve.end
    return {"training_start": curve.start.mean, "training_best": best.mean, "training_end": end.mean}
