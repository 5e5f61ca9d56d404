"""What to do after a verdict: pages that exist, with forms that are filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finetunes.forms.rates import FORMS
from finetunes.models import FineTune, Model
from openai_api.dialects import traits
from teams.looks import signs

MOST = 4
SLOWER, FASTER = 0.25, 2.0
"""How the learning rate is changed after a run that came apart, and after one that learned nothing."""
MOST_EPOCHS = 50
Numbers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    address: str
    for_viewers: bool = False


def steps(fine_tune: FineTune, model: Model | None) -> list[Step]:
    """Return the next steps that its verdict suggests, the most helpful first, no address twice."""
    offer = _Offer(fine_tune, model if model and model.is_usable else None)
    found: dict[str, Step] = {}
    for one in fine_tune.verdict.get("findings", []):
        for step in offer.of(one["code"], one["numbers"]):
            found.setdefault(step.address, step)
    return list(found.values())[:MOST]


class _Offer:
    def __init__(self, fine_tune: FineTune, model: Model | None) -> None:
        self.fine_tune, self.model = fine_tune, model
        self.fields = FORMS.get(fine_tune.dialect, FORMS["jobs"]).base_fields  # of the form that starts it again
        self.version = fine_tune.training_version

    def of(self, code: str, numbers: Numbers) -> Iterator[Step]:
        known: dict[str, Iterable[Callable[[Numbers], Iterator[Step]]]] = {
            "over-fitting": (self.checkpoint, self.fewer_epochs, self.data),
            "overconfident": (self.checkpoint, self.fewer_epochs),
            "accuracy-fell": (self.checkpoint, self.fewer_epochs),
            "by-heart": (self.data,),
            "guessing": (self.data,),
            "nothing-learned": (self.data, self.faster),
            "diverged": (self.slower,),
            "loss-lost": (self.slower,),
            "spikes": (self.slower,),
            "stopped": (self.fewer_epochs,),
            "improving": (self.go_on, self.more_epochs),
            "threshold": (self.playground,),
            "recall-low": (self.playground, self.data),
            "precision-low": (self.playground, self.data),
            "f1-low": (self.data,),
            "few-in-class": (self.examples,),
            "few-examples": (self.data,),
            "no-validation": (self.hold_out,),
            "ended-early": (self.again,),
        }
        for offer in known.get(code, ()):
            yield from offer(numbers)

    def again(self, numbers: Numbers) -> Iterator[Step]:
        if self.fine_tune.status == "cancelled":
            yield from self._restart(_("Start again"))

    def fewer_epochs(self, numbers: Numbers) -> Iterator[Step]:
        epochs = numbers.get("enough_epochs") or numbers.get("best_epochs")
        planned = numbers.get("epochs") or self._planned()
        if epochs and planned and epochs < planned:
            yield from self._epochs(epochs)

    def more_epochs(self, numbers: Numbers) -> Iterator[Step]:
        planned = numbers.get("epochs") or self._planned()
        if planned and self.fine_tune.status == "succeeded":
            yield from self._epochs(min(2 * planned, MOST_EPOCHS))

    def _epochs(self, epochs: int) -> Iterator[Step]:
        label = ngettext("Train again with %(epochs)d epoch", "Train again with %(epochs)d epochs", epochs)
        yield from self._restart(label % {"epochs": epochs}, n_epochs=epochs)

    def _planned(self) -> int | None:
        planned = self.fine_tune.resolved.get("n_epochs")
        return planned if isinstance(planned, int) else None

    def slower(self, numbers: Numbers) -> Iterator[Step]:
        yield from self._rate(SLOWER)

    def faster(self, numbers: Numbers) -> Iterator[Step]:
        yield from self._rate(FASTER)

    def _rate(self, times: float) -> Iterator[Step]:
        """Propose another learning rate, where the one that was used is known."""
        name = next((name for name in ("learning_rate_multiplier", "learning_rate") if name in self.fields), "")
        used = self.fine_tune.resolved.get(name)
        if isinstance(used, int | float) and used > 0 and not isinstance(used, bool):
            rate = float(f"{used * times:.2g}")
            label = (
                _("Train again with learning rate %(rate)s")
                if name == "learning_rate"
                else _("Train again with learning rate multiplier %(rate)s")
            )
            yield from self._restart(label % {"rate": f"{rate:g}"}, **{name: f"{rate:g}"})

    def _restart(self, label: str, **changes: Any) -> Iterator[Step]:
        """The form that starts it again, changed; only if the form takes the change, and its data is here."""
        if self.version is None or not all(_takes(self.fields, name, value) for name, value in changes.items()):
            return
        query = urlencode({"from": self.fine_tune.pk, **changes})
        yield Step(label, f"{reverse('finetunes:new')}?{query}")

    def go_on(self, numbers: Numbers) -> Iterator[Step]:
        """Train the model further with the same data; half as long again is enough to see whether it helps."""
        if self.model is None or self.version is None or self.fine_tune.connection.training_closed_at:
            return
        epochs = max(1, (numbers.get("epochs") or self._planned() or 2) // 2)
        query = urlencode({"model": self.model.pk, "n_epochs": epochs})
        label = ngettext("Continue for %(epochs)d epoch", "Continue for %(epochs)d epochs", epochs)
        yield Step(label % {"epochs": epochs}, f"{reverse('finetunes:new')}?{query}")

    def checkpoint(self, numbers: Numbers) -> Iterator[Step]:
        """The model that was kept nearest to the best step, if it is from before most of the rise."""
        best, until = numbers.get("best_step"), numbers.get("good_until", numbers.get("best_step"))
        kept = [one for one in self.fine_tune.checkpoints if one["step"] <= max(until or 0, best or 0)]
        last = max((one["step"] for one in self.fine_tune.checkpoints), default=0)
        if best is None or not kept or traits(self.fine_tune.dialect).deploys:
            return
        nearest = min(kept, key=lambda one: abs(one["step"] - best))
        if nearest["step"] < last:
            key = f"c{self.fine_tune.connection_id}:{nearest['model']}"
            label = _("Try the checkpoint of step %(step)s") % {"step": signs(f"{nearest['step']:,}")}
            yield Step(label, f"{reverse('playground:home')}?{urlencode({'model': key})}", for_viewers=True)

    def playground(self, numbers: Numbers) -> Iterator[Step]:
        if self.model is not None:
            address = f"{reverse('playground:home')}?{urlencode({'model': self.model.pk})}"
            yield Step(_("See the probabilities"), address, for_viewers=True)

    def data(self, numbers: Numbers) -> Iterator[Step]:
        if self.version is not None:
            yield Step(_("Look at the data"), self.version.dataset.get_absolute_url(), for_viewers=True)

    def examples(self, numbers: Numbers) -> Iterator[Step]:
        if self.version is not None:
            label = numbers["rare"][0][0]
            address = reverse("datasets:examples", args=[self.version.dataset_id])
            text = _("See the examples of “%(label)s”") % {"label": label.strip()[:40]}
            yield Step(text, f"{address}?{urlencode({'label': label})}", for_viewers=True)

    def hold_out(self, numbers: Numbers) -> Iterator[Step]:
        if self.version is None:
            return
        if self.version.validation_rows and not self.fine_tune.use_validation:
            yield from self._restart(_("Train again with the validation part"), use_validation="on")
        elif not self.version.validation_rows:
            address = reverse("datasets:versions", args=[self.version.dataset_id])
            yield Step(_("Make a version with a held-out part"), address)


def _takes(fields: Mapping[str, forms.Field], name: str, value: Any) -> bool:
    if name == "use_validation":
        return True
    try:
        fields[name].clean(value)
    except (KeyError, ValidationError):
        return False
    return True
