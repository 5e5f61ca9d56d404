"""What is said of how well classes are told apart."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finetunes import words
from finetunes.sentences.figures import Numbers, values


def guessing(numbers: Numbers) -> tuple[str, str]:
    text = _("%(accuracy)s of the validation data is answered right.") % values(numbers) + " " + _against(numbers)
    if numbers.get("loss_fell"):
        text += " " + _("The loss fell because it has learned which answers there are, not which one belongs where.")
    return _("It does not tell the classes apart."), text


def _against(numbers: Numbers) -> str:
    """What an accuracy is to be measured against."""
    if numbers["largest"]:
        return _("Always answering “%(largest)s” would be right for %(share)s.") % values(numbers)
    return _("With %(ways)s classes, guessing is right for %(share)s.") % values(numbers)


def accuracy_fell(numbers: Numbers) -> tuple[str, str]:
    said = {"best": words.percent(numbers["best"]), "last": words.percent(numbers["last"]), "epoch": numbers["best_epochs"]}
    return (
        _("It was better before."),
        _("After epoch %(epoch)d, %(best)s of the validation data was answered right; at the end %(last)s.") % said,
    )


def threshold(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "Area under ROC is %(auroc)s, so it does see the difference, but with the limit at 0.5 only %(accuracy)s is "
        "answered right. Decide by the probability, with another limit."
    )
    title = _("It orders well, and draws the line in the wrong place.")
    return title, text % values(numbers) + " " + _against(numbers)


def recall_low(numbers: Numbers) -> tuple[str, str]:
    text = _("Of the examples of the positive class %(positive)s it finds %(recall)s.")
    if numbers.get("precision"):
        text += " " + _("Of those that it takes for it, %(precision)s are.")
    return _("It misses many of the positive class."), _quoted(text, numbers)


def precision_low(numbers: Numbers) -> tuple[str, str]:
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


def f1_low(numbers: Numbers) -> tuple[str, str]:
    text = _("%(accuracy)s is answered right, but F1 is only %(f1)s: the right answers are those of the frequent classes.")
    return _("Some classes are hardly recognized."), text % values(numbers)


def lopsided(numbers: Numbers) -> tuple[str, str]:
    text = _(
        "“%(largest)s” is %(share)s of the examples, so %(accuracy)s of right answers is hardly more than always saying it."
    )
    return _("The accuracy says little here."), text % values(numbers)


def told_apart(numbers: Numbers) -> tuple[str, str]:
    text = _("%(accuracy)s of the validation data is answered right.") % values(numbers) + " " + _against(numbers)
    return _("It tells the classes apart."), text


def right(numbers: Numbers) -> tuple[str, str]:
    text = _("Its data is not here, so it is not known how many would be right by always giving the most frequent answer.")
    return _("%(accuracy)s of the validation data is answered right.") % values(numbers), text


def few_in_class(numbers: Numbers) -> tuple[str, str]:
    named = [
        _("“%(label)s” has %(count)s") % {"label": name.strip()[:40], "count": count} for name, count in numbers["rare"]
    ]
    said = values(numbers) | {"named": ", ".join(named)}
    text = _("Of its examples %(named)s; the most frequent class has %(most)s.") % said
    if numbers["more"]:
        more = ngettext("%(more)d more class has as few.", "%(more)d more classes have as few.", numbers["more"])
        text += " " + more % {"more": numbers["more"]}
    return _("Some classes have too few examples."), text
