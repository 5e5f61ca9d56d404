"""The words of measures, settings and moments, for pages."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finetunes.charts.plots import Plot, split
from teams.looks import signs

CENT = Decimal("0.01")


def measure(plot: Plot) -> str:
    """Return a chart's title; a measure that only its provider knows keeps its own name."""
    found = _known(plot.measure)
    return found[0] if found else plot.measure


def meaning(plot: Plot) -> str:
    """Return one sentence on how to read a chart."""
    found = _known(plot.measure)
    return found[1] if found else _("The provider reports this; Tunedeck shows it as it is.")


def _known(name: str) -> tuple[str, str] | None:
    """Return title and meaning of a measure: by its name, else by a word in it."""
    low = name.lower()
    named = {
        "loss": (_("Loss"), _("How surprised the model is by the right answers. Lower is better.")),
        "sequence_accuracy": (
            _("Sequence accuracy"),
            _("The share of completions that were right from the first to the last token."),
        ),
        "token_accuracy": (_("Token accuracy"), _("The share of tokens that were right.")),
        "classification": (_("Classification"), _("Measured on the whole validation set at the end of each epoch.")),
        "mean_reward": _reward(),
        "reward_mean": _reward(),
        "reward": _reward(),
        "learning_rate": (
            _("Learning rate"),
            _("How large a step each batch may take. It usually rises at first and then falls; the provider plans it."),
        ),
        "lr": (_("Learning rate"), _("How large a step each batch may take.")),
        "grad_norm": (
            _("Gradient norm"),
            _("How strongly a batch pulls at the model. Leaps are a sign of odd examples or too high a learning rate."),
        ),
        "rewards_chosen": (
            _("Reward of chosen answers"),
            _("How much the model favours the answers that people chose. Higher is better."),
        ),
        "rewards_rejected": (
            _("Reward of rejected answers"),
            _("How much the model favours the answers that people rejected. Lower than that of the chosen ones is good."),
        ),
        "rewards_margins": (
            _("Reward margin"),
            _("How far the chosen answers lie before the rejected ones. Higher is better."),
        ),
        "rewards_accuracies": (_("Reward accuracy"), _("The share of pairs in which the model favours the chosen answer.")),
    }
    return named.get(low) or _by_word(name, low)


def _reward() -> tuple[str, str]:
    return _("Reward"), _("The grade that the answers got, on average. Higher is better.")


def _by_word(name: str, low: str) -> tuple[str, str] | None:
    """A title keeps the provider's name; what it means is told by the kind of number."""
    kinds = {
        "error": _("How many answers could not be graded for this reason. Zero is best."),
        "reward": _("A part of the grade that the answers got. Higher is better."),
        "kl": _("How far the model has moved from the one that it started from."),
        "tokens": _(
            "How many tokens the answers had, on average. A sudden change shows that the model answers differently."
        ),
        "accuracy": _("The share that was right. Higher is better."),
        "perplexity": _("How many tokens the model wavers between, on average. Lower is better."),
        "entropy": _("How undecided the model is between its answers."),
        "loss": _("How surprised the model is by the right answers. Lower is better."),
    }
    parts = set(low.replace("/", "_").replace("-", "_").split("_"))
    found = next((sentence for word, sentence in kinds.items() if word in parts or f"{word}s" in parts), None)
    return (name.replace("_", " ").strip().capitalize(), found) if found else None


def line(label: str) -> str:
    """Return what the legend calls a line."""
    known = {
        "training": _("training"),
        "validation": _("validation"),
        "full validation": _("whole validation set"),
        "accuracy": _("accuracy"),
        "precision": _("precision"),
        "recall": _("recall"),
        "auroc": _("area under ROC"),
        "auprc": _("area under precision-recall"),
        "weighted_f1_score": _("weighted F1"),
    }
    return known.get(label, label.upper() if label.startswith("f") and label[1:2].isdigit() else label)


def series(name: str) -> str:
    """Return what a tile calls a series."""
    known = {
        "training_loss": _("Training loss"),
        "validation_loss": _("Validation loss"),
        "full_validation_loss": _("Validation loss"),
        "training_token_accuracy": _("Token accuracy, training"),
        "validation_token_accuracy": _("Token accuracy, validation"),
        "full_validation_token_accuracy": _("Token accuracy, validation"),
        "training_sequence_accuracy": _("Sequence accuracy, training"),
        "validation_sequence_accuracy": _("Sequence accuracy, validation"),
        "classification/accuracy": _("Classification accuracy"),
        "classification/weighted_f1_score": _("Weighted F1"),
    }
    return known.get(name, split(name)[1])


def setting(name: str) -> str:
    known = {
        "n_epochs": _("Epochs"),
        "batch_size": _("Batch size"),
        "learning_rate_multiplier": _("Learning rate multiplier"),
        "prompt_loss_weight": _("Prompt loss weight"),
        "compute_classification_metrics": _("Classification metrics"),
        "classification_positive_class": _("Positive class"),
        "classification_n_classes": _("Number of classes"),
        "classification_betas": _("F-beta values"),
        "seed": _("Seed"),
    }
    return known.get(name, name)


def value(raw: Any) -> str:
    """Show a setting as it was sent; a text keeps its spaces visible."""
    if isinstance(raw, bool):
        return _("yes") if raw else _("no")
    if isinstance(raw, list):
        return ", ".join(value(item) for item in raw)
    if isinstance(raw, float):
        return f"{raw:g}"
    if isinstance(raw, str) and raw != raw.strip():
        return f"“{raw}”"
    return str(raw)


def duration(seconds: float) -> str:
    """Return a length of time as people say it, coarser as it grows."""
    if seconds < 90:
        whole = max(1, round(seconds))
        return ngettext("%(n)d second", "%(n)d seconds", whole) % {"n": whole}
    if seconds < 90 * 60:
        whole = round(seconds / 60)
        return ngettext("%(n)d minute", "%(n)d minutes", whole) % {"n": whole}
    if seconds < 36 * 3600:
        whole = round(seconds / 3600)
        return ngettext("%(n)d hour", "%(n)d hours", whole) % {"n": whole}
    whole = round(seconds / 86400)
    return ngettext("%(n)d day", "%(n)d days", whole) % {"n": whole}


def clock(seconds: int) -> str:
    """Return a length of time as a clock shows it, which goes on by the second."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def short(seconds: float) -> str:
    """Return a length of time for a column: one unit, few letters."""
    for unit, words in ((86400, _("%(n)d d")), (3600, _("%(n)d h")), (60, _("%(n)d min"))):
        if seconds >= unit:
            return words % {"n": seconds // unit}
    return _("%(n)d s") % {"n": max(0, seconds)}


def number(raw: float) -> str:
    """Show a loss: three digits that matter."""
    return signs(f"{raw:.3g}" if abs(raw) < 1000 else f"{raw:,.0f}")


def percent(share: float) -> str:
    return _("%(share)s %%") % {"share": signs(f"{share * 100:.1f}")}


def is_share(name: str) -> bool:
    return "accuracy" in name or name.startswith("classification/")


def figure(name: str, raw: float) -> str:
    return percent(raw) if is_share(name) else number(raw)


def money(amount: Decimal, currency: str) -> str:
    """An amount in words; what is less than a hundredth is not called nothing."""
    if 0 < amount < CENT:
        return _("less than %(cent)s %(currency)s") % {"cent": number_format(CENT, 2), "currency": currency}
    return f"{number_format(amount.quantize(CENT, ROUND_HALF_UP), 2, use_l10n=True, force_grouping=True)} {currency}"
