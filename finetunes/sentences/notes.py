"""What else is said of a run."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finetunes.sentences.figures import Numbers, values


def ended_early(numbers: Numbers) -> tuple[str, str]:
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


def few_examples(numbers: Numbers) -> tuple[str, str]:
    text = ngettext(
        "It had %(examples)s example to learn from; from about %(least)s on, more of them are worth more than any setting.",
        "It had %(examples)s examples to learn from; below %(least)s, more of them are worth more than any setting.",
        numbers["examples"],
    )
    return _("There are few examples."), text % values(numbers)


def no_validation(numbers: Numbers) -> tuple[str, str]:
    title = _("How well it does on what it has not seen is unknown.")
    if numbers["given"]:
        return title, _("Validation data was given, but the provider reported nothing of it.")
    return title, _("There was no validation data, so all of this is about examples that it was trained on.")


def little_validation(numbers: Numbers) -> tuple[str, str]:
    text = ngettext(
        "All that is said of unseen data rests on %(examples)s example.",
        "All that is said of unseen data rests on %(examples)s examples.",
        numbers["examples"],
    )
    return _("There is little validation data."), text % values(numbers)


def spikes(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "Training loss leapt to %(value)s at step %(step)s, where it is %(usual)s in the middle. It recovered by itself."
    )
    return _("There was a leap."), text % values(numbers)


def few_whole(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "%(token)s of the tokens are right, but only %(whole)s of the answers are right from first to last. "
        "Where an answer may be worded in many ways that is as it should be."
    )
    return _("Few answers are right as a whole."), text % values(numbers)
