"""Where a question differs from what the model was trained on: facts, each with what to make of it, and a way to mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from playground.escapes import show
from playground.fields import MOST_STOPS
from playground.pick import Picked
from playground.variables import BY_FIELDS


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A sentence, and if the difference can be mended, a button's label and what it enters: {field: text or on/off}."""

    sentence: str
    code: str = ""
    label: str = ""
    changes: Mapping[str, str | bool] = field(default_factory=dict)

    @property
    def as_json(self) -> str:
        return json.dumps(self.changes)


def remarks(picked: Picked, entered: Mapping[str, Any]) -> list[Remark]:
    found = [*(_on_chat if picked.is_chat else _on_completion)(picked, entered), *_on_ending(picked, entered)]
    return [*found, *_on_threshold(picked, entered)]


def _on_completion(picked: Picked, entered: Mapping[str, Any]) -> Iterator[Remark]:
    text, separator = entered.get("prompt") or "", picked.separator
    if not text.strip():
        return
    body, end = _parted(text, separator)
    if separator and separator in body:
        yield Remark(sentence=_within(separator))
    if entered.get("way") == BY_FIELDS and picked.template:
        return
    if separator:
        yield from _on_separator(picked, body, end, added=bool(entered.get("add_separator")))
    if body != body.rstrip():
        yield _trailing(body.rstrip() + end)


def _parted(text: str, separator: str) -> tuple[str, str]:
    """Cut a text before all that looks like the separator at its end: once, twice, or with other white space."""
    core = separator.strip()
    if not core:
        return (text.removesuffix(separator), separator) if separator and text.endswith(separator) else (text, "")
    # White space in front belongs to the separator only if the separator begins with some.
    before = r"\s*" if separator[:1].isspace() else ""
    found = re.search(rf"(?:{before}{re.escape(core)})+\s*\Z", text[-20 * (len(separator) + 10) :])
    if not found:
        return text, ""
    end = found.group()
    return text.removesuffix(end), end


def _on_separator(picked: Picked, body: str, end: str, *, added: bool) -> Iterator[Remark]:
    separator, shown = picked.separator, show(picked.separator)
    mend: Mapping[str, str | bool] = {"prompt": body, "add_separator": True}
    if end == separator:
        if added:
            yield Remark(
                sentence=_("Your text already ends with the separator %(separator)s, so it is not added again.")
                % {"separator": shown}
            )
    elif end.count(separator.strip() or separator) > 1:
        yield Remark(
            sentence=_(
                "The separator stands more than once at the end of your text. In training it stood there once: %(separator)s"
            )
            % {"separator": shown},
            code="separator",
            label=_("Keep it once"),
            changes=mend,
        )
    elif end:
        yield Remark(
            sentence=_("Your text ends with %(end)s. In training each prompt ended with %(separator)s, to the letter.")
            % {"end": show(end), "separator": shown},
            code="separator",
            label=_("End it as in training"),
            changes=mend,
        )
    elif not added:
        yield Remark(
            sentence=_("This model was trained on prompts that end with %(separator)s, and yours does not.")
            % {"separator": shown},
            code="separator",
            label=_("Add the separator"),
            changes={"add_separator": True},
        )


def _within(separator: str) -> str:
    return _(
        "The separator %(separator)s also occurs within your text. The model may take that place for the end of the prompt."
    ) % {"separator": show(separator)}


def _trailing(text: str) -> Remark:
    return Remark(
        sentence=_("Your text ends with a space or an empty line, and that is sent too."),
        code="trailing",
        label=_("Take it away"),
        changes={"prompt": text},
    )


def _on_chat(picked: Picked, entered: Mapping[str, Any]) -> Iterator[Remark]:
    trained = picked.system_message
    if trained and (entered.get("system") or "") != trained:
        yield Remark(
            sentence=_(
                "This model was trained with another system message than the one you send. Its answers may be worse."
            ),
            code="system",
            label=_("Use the trained one"),
            changes={"system": trained},
        )


def _on_ending(picked: Picked, entered: Mapping[str, Any]) -> Iterator[Remark]:
    stops = entered.get("stop") or []
    if not picked.ending or picked.labels or picked.is_chat or picked.ending in stops:
        return
    full = len(stops) >= MOST_STOPS
    yield Remark(
        sentence=_(
            "This model ends its answers with %(ending)s. Without that stop sequence it goes on writing up to the limit."
        )
        % {"ending": show(picked.ending)},
        code="" if full else "stop",
        label="" if full else _("Stop there"),
        changes={} if full else {"stop": "\n".join(show(stop) for stop in [*stops, picked.ending])},
    )


def _on_threshold(picked: Picked, entered: Mapping[str, Any]) -> Iterator[Remark]:
    if not picked.threshold or not picked.labels or entered.get("logprobs" if not picked.is_chat else "top_logprobs"):
        return
    changes: Mapping[str, str | bool] = {"logprobs": True, "top_logprobs": "5"} if picked.is_chat else {"logprobs": "5"}
    yield Remark(
        sentence=_("A limit of probability is kept for this model, and without log-probabilities it cannot be applied."),
        code="threshold",
        label=_("Ask for them"),
        changes=changes,
    )
