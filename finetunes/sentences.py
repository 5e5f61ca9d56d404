"""A title and a sentence for each finding of a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finetunes import words

Numbers = Mapping[str, Any]
SHARES = frozenset({"accuracy", "share", "recall", "precision", "f1", "token", "whole"})


def place(step: int | None, epoch: float | None, epochs: int | None) -> str:
    """A place in the run: its step, and the epoch that it lies in."""
    if step is None:
        return ""
    text = _("step %(step)s") % {"step": number_format(step, 0, force_grouping=True)}
    if epoch is None or not epochs or epochs < 2:
        return text
    return _("%(step)s (epoch %(epoch)d of %(epochs)d)") % {
        "step": text,
        "epoch": min(int(epoch) + 1, epochs),
        "epochs": epochs,
    }


def values(numbers: Numbers) -> dict[str, Any]:
    """All figures as they are read in a sentence."""
    said = {key: _figure(key, value) for key, value in numbers.items()}
    said["series"] = words.series(str(numbers.get("name", "training_loss")))
    for key in ("best", "settled"):
        if f"{key}_step" in numbers:
            said[f"{key}_place"] = place(numbers[f"{key}_step"], numbers.get(f"{key}_epoch"), numbers.get("epochs"))
    return said


def _figure(key: str, value: Any) -> Any:
    if key == "largest" or key == "positive":
        return str(value).strip()[:60]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if key in SHARES:
        return words.percent(value)
    return number_format(value, 0, force_grouping=True) if isinstance(value, int) else words.number(value)


def _ended_early(numbers: Numbers) -> tuple[str, str]:
    said = values(numbers)
    if not numbers["step"]:
        return _("It ended before it had learned anything."), _("The provider reported no step of it.")
    if numbers["total"]:
        if numbers["status"] == "cancelled":
            title = _("It was cancelled at step %(step)s of %(total)s (%(share)s).") % said
        else:
            title = _("It broke off at step %(step)s of %(total)s (%(share)s).") % said
    elif numbers["status"] == "cancelled":
        title = _("It was cancelled after step %(step)s.") % said
    else:
        title = _("It broke off after step %(step)s.") % said
    return title, _("What is said here is about the part before.")


def _loss_lost(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "The training loss ends at step %(step)s with %(last)s, while the steps go on to %(end)s: there it was no number."
    )
    return _("Training came apart."), text % values(numbers)


def _diverged(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s began at %(start)s, fell to %(best)s around %(best_place)s, and was at %(end)s at the end.")
    return _("Training came apart."), text % values(numbers)


def _guessing(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "%(accuracy)s of the validation data is answered right. Always answering “%(largest)s” would be right for %(share)s."
    )
    text %= values(numbers)
    if numbers.get("loss_fell"):
        text += " " + _("The loss fell because it has learned which answers there are, not which one belongs where.")
    return _("It does not tell the classes apart."), text


def _nothing(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s was %(start)s at the beginning and %(end)s at the end: no more of a change than chance makes.")
    return _("Nothing was learned."), text % values(numbers)


def _by_heart(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "Training loss fell from %(training_start)s to %(training_end)s, but %(series)s did not: "
        "%(start)s at the beginning, %(end)s at the end."
    )
    return _("It learned the training examples by heart, not what they have in common."), text % _lowered(numbers)


def _lowered(numbers: Numbers) -> dict[str, Any]:
    said = values(numbers)
    said["series"] = said["series"][:1].lower() + said["series"][1:]
    return said


def _over_fitting(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s fell from %(start)s to %(best)s around %(best_place)s, then rose to %(end)s by the end.")
    if "training_end" in numbers:
        text += " " + _("On the training data it ended at %(training_end)s: from then on examples were learned by heart.")
    return _("It learned, and then learned by heart."), text % values(numbers)


def _overconfident(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "%(series)s was lowest, %(best)s, around %(best_place)s and %(end)s at the end, but as many answers are right "
        "as before. Its answers are as good; how sure it claims to be is exaggerated."
    )
    return _("It became too sure of itself."), text % values(numbers)


def _accuracy_fell(numbers: Numbers) -> tuple[str, str]:
    said = {"best": words.percent(numbers["best"]), "last": words.percent(numbers["last"]), "epoch": numbers["best_epochs"]}
    return (
        _("It was better before."),
        _("After epoch %(epoch)d, %(best)s of the validation data was answered right; at the end %(last)s.") % said,
    )


def _threshold(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "Area under ROC is %(auroc)s, so it does see the difference, but with the limit at 0.5 only %(accuracy)s is "
        "answered right, and always answering “%(largest)s” gives %(share)s. Decide by the probability, with another limit."
    )
    return _("It orders well, and draws the line in the wrong place."), text % values(numbers)


def _recall_low(numbers: Numbers) -> tuple[str, str]:
    text = _("Of the examples of the positive class %(positive)s it finds %(recall)s.")
    if numbers.get("precision"):
        text += " " + _("Of those that it takes for it, %(precision)s are.")
    return _("It misses many of the positive class."), _quoted(text, numbers)


def _precision_low(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "Of the examples that it takes for the positive class %(positive)s only %(precision)s are; it finds %(recall)s."
    )
    return _("It raises false alarms."), _quoted(text, numbers)


def _quoted(text: str, numbers: Numbers) -> str:
    said = values(numbers)
    said["positive"] = f"“{said['positive']}”" if said.get("positive") else ""
    text = " ".join((text % said).split()).replace(" .", ".")
    if numbers.get("auroc") is not None:
        text += (
            " "
            + _("It orders well (area under ROC %(auroc)s): decide by the probability, with another limit than 0.5.") % said
        )
    return text


def _f1_low(numbers: Numbers) -> tuple[str, str]:
    text = _("%(accuracy)s is answered right, but F1 is only %(f1)s: the right answers are those of the frequent classes.")
    return _("Some classes are hardly recognized."), text % values(numbers)


def _lopsided(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "“%(largest)s” is %(share)s of the examples, so %(accuracy)s of right answers is hardly more than always saying it."
    )
    return _("The accuracy says little here."), text % values(numbers)


def _told_apart(numbers: Numbers) -> tuple[str, str]:
    text = _("%(accuracy)s of the validation data is answered right; always answering “%(largest)s” would reach %(share)s.")
    return _("It tells the classes apart."), text % values(numbers)


def _stopped(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s fell from %(start)s to about %(settled)s by %(settled_place)s, and stayed there.")
    return _("It learned, and stopped improving early."), text % values(numbers)


def _improving(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s fell from %(start)s to %(end)s, and toward the end still from %(before)s to %(last)s.")
    return _("It was still improving when it ended."), text % values(numbers)


def _learned(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s fell from %(start)s to %(end)s.")
    return _("It has learned."), text % values(numbers)


def _known_before(numbers: Numbers) -> tuple[str, str]:
    if "accuracy" in numbers:
        text = _("The loss hardly fell, but %(accuracy)s of the validation data is answered right.")
    else:
        text = _("%(series)s was as low as %(start)s at the beginning and %(end)s at the end.")
    return _("There was little left to learn: the model knew it before."), text % values(numbers)


def _unclear(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "%(series)s was %(start)s at the beginning and %(end)s at the end, but it jumps too much to tell which way it goes."
    )
    return _("It cannot be told how well it learned."), text % values(numbers)


def _too_short(numbers: Numbers) -> tuple[str, str]:
    if not numbers["losses"] and not numbers["validations"]:
        return _("There is nothing to judge by."), _("The provider reported no loss.")
    text = ngettext(
        "The provider reported the training loss of %(losses)s step; with fewer than %(least)s chance decides.",
        "The provider reported the training loss of %(losses)s steps; with fewer than %(least)s chance decides.",
        numbers["losses"],
    )
    return _("It was too short to be judged."), text % values(numbers)


def _few_in_class(numbers: Numbers) -> tuple[str, str]:
    named = [
        _("“%(label)s” has %(count)s") % {"label": name.strip()[:40], "count": count} for name, count in numbers["rare"]
    ]
    said = values(numbers) | {"named": ", ".join(named)}
    text = _("Of its examples %(named)s; the most frequent class has %(most)s.") % said
    if numbers["more"]:
        more = ngettext("%(more)d more class has as few.", "%(more)d more classes have as few.", numbers["more"])
        text += " " + more % {"more": numbers["more"]}
    return _("Some classes have too few examples."), text


def _few_examples(numbers: Numbers) -> tuple[str, str]:
    text = ngettext(
        "It had %(examples)s example to learn from; from about %(least)s on, more of them are worth more than any setting.",
        "It had %(examples)s examples to learn from; below %(least)s, more of them are worth more than any setting.",
        numbers["examples"],
    )
    return _("There are few examples."), text % values(numbers)


def _no_validation(numbers: Numbers) -> tuple[str, str]:
    title = _("How well it does on what it has not seen is unknown.")
    if numbers["given"]:
        return title, _("Validation data was given, but the provider reported nothing of it.")
    return title, _("There was no validation data, so all of this is about examples that it was trained on.")


def _little_validation(numbers: Numbers) -> tuple[str, str]:
    text = ngettext(
        "All that is said of unseen data rests on %(examples)s example.",
        "All that is said of unseen data rests on %(examples)s examples.",
        numbers["examples"],
    )
    return _("There is little validation data."), text % values(numbers)


def _spikes(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "Training loss leapt to %(value)s at step %(step)s, where it is %(usual)s in the middle. It recovered by itself."
    )
    return _("There was a leap."), text % values(numbers)


def _few_whole(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "%(token)s of the tokens are right, but only %(whole)s of the answers are right from first to last. "
        "Where an answer may be worded in many ways that is as it should be."
    )
    return _("Few answers are right as a whole."), text % values(numbers)


SENTENCES: dict[str, Callable[[Numbers], tuple[str, str]]] = {
    "ended-early": _ended_early,
    "loss-lost": _loss_lost,
    "diverged": _diverged,
    "guessing": _guessing,
    "nothing-learned": _nothing,
    "by-heart": _by_heart,
    "over-fitting": _over_fitting,
    "overconfident": _overconfident,
    "accuracy-fell": _accuracy_fell,
    "threshold": _threshold,
    "recall-low": _recall_low,
    "precision-low": _precision_low,
    "f1-low": _f1_low,
    "lopsided": _lopsided,
    "told-apart": _told_apart,
    "stopped": _stopped,
    "improving": _improving,
    "learned": _learned,
    "known-before": _known_before,
    "unclear": _unclear,
    "too-short": _too_short,
    "few-in-class": _few_in_class,
    "few-examples": _few_examples,
    "no-validation": _no_validation,
    "little-validation": _little_validation,
    "spikes": _spikes,
    "few-whole": _few_whole,
}
"""A title and a sentence for each finding."""
