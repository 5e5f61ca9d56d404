"""What is said of the course that the loss took."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finetunes.sentences.figures import Numbers, values


def loss_lost(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "The training loss ends at step %(step)s with %(last)s, while the steps go on to %(end)s: there it was no number."
    )
    return _("Training came apart."), text % values(numbers)


def diverged(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s began at %(start)s, fell to %(best)s around %(best_place)s, and was at %(end)s at the end.")
    return _("Training came apart."), text % values(numbers)


def nothing(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s was %(start)s at the beginning and %(end)s at the end: no more of a change than chance makes.")
    return _("Nothing was learned."), text % values(numbers)


def by_heart(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "Training loss fell from %(training_start)s to %(training_end)s. %(series)s did not follow: "
        "it was %(start)s in the first quarter and %(end)s in the last third."
    )
    return _("It learned the training examples by heart, not what they have in common."), text % values(numbers)


def over_fitting(numbers: Numbers) -> tuple[str, str]:
    title = _("It learned, and then learned by heart.")
    text = _("%(series)s fell from %(start)s to %(best)s around %(best_place)s, then rose to %(end)s by the end.")
    if numbers.get("at_once"):
        title = _("After the first epoch it only learned by heart.")
        text = _("%(series)s was %(best)s after the first epoch, its lowest, and rose to %(end)s by the end.")
    if "training_end" in numbers:
        text += " " + _("On the training data it ended at %(training_end)s.")
    return title, text % values(numbers)


def overconfident(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "%(series)s was lowest, %(best)s, around %(best_place)s and %(end)s at the end, but as many answers are right "
        "as before. Its answers are as good; how sure it claims to be is exaggerated."
    )
    return _("It became too sure of itself."), text % values(numbers)


def stopped(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s fell from %(start)s to about %(settled)s by %(settled_place)s, and stayed there.")
    return _("It learned, and stopped improving early."), text % values(numbers)


def improving(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s fell from %(start)s to %(end)s, and toward the end still from %(before)s to %(last)s.")
    return _("It was still improving when it ended."), text % values(numbers)


def learned(numbers: Numbers) -> tuple[str, str]:
    text = _("%(series)s fell from %(start)s to %(end)s.")
    return _("It has learned."), text % values(numbers)


def known_before(numbers: Numbers) -> tuple[str, str]:
    if "accuracy" in numbers:
        text = _("The loss hardly fell, but %(accuracy)s of the validation data is answered right.")
    else:
        text = _("%(series)s was as low as %(start)s at the beginning and %(end)s at the end.")
    return _("There was little left to learn: the model knew it before."), text % values(numbers)


def unclear(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "%(series)s was %(start)s at the beginning and %(end)s at the end, but it jumps too much to tell which way it goes."
    )
    if numbers["whole"]:
        text = _("%(series)s was %(start)s when it was first measured and %(end)s at the end; what was before is not known.")
    return _("It cannot be told how well it learned."), text % values(numbers)


def too_short(numbers: Numbers) -> tuple[str, str]:
    if not numbers["losses"] and not numbers["validations"]:
        return _("There is nothing to judge by."), _("The provider reported no loss.")
    text = ngettext(
        "The provider reported the training loss of %(losses)s step; with fewer than %(least)s chance decides.",
        "The provider reported the training loss of %(losses)s steps; with fewer than %(least)s chance decides.",
        numbers["losses"],
    )
    return _("It was too short to be judged."), text % values(numbers)
