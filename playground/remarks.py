"""Where a question differs from what the model was trained on: facts, each with what to make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from playground.escapes import show
from playground.pick import Picked


def remarks(picked: Picked, entered: Mapping[str, Any]) -> list[str]:
    return [*(_on_chat if picked.is_chat else _on_completion)(picked, entered), *_on_ending(picked, entered)]


def _on_completion(picked: Picked, entered: Mapping[str, Any]) -> Iterator[str]:
    text = entered.get("prompt") or ""
    yield from _on_separator(picked, text, added=bool(entered.get("add_separator")))
    if text.strip() and text != text.rstrip() and not text.endswith(picked.separator or "\0"):
        yield _("Your text ends with a space or an empty line, and that is sent too.")


def _on_separator(picked: Picked, text: str, *, added: bool) -> Iterator[str]:
    separator, shown = picked.separator, show(picked.separator)
    if not separator or not text:
        return
    if text.endswith(separator):
        if added:
            yield _("Your text already ends with the separator %(separator)s, so it is not added again.") % {
                "separator": shown
            }
        text = text.removesuffix(separator)
    elif not added:
        yield _(
            "This model was trained on prompts that end with %(separator)s, and yours does not. "
            "Turn the separator on for an answer like the trained ones."
        ) % {"separator": shown}
    if separator in text:
        yield _(
            "The separator %(separator)s also occurs within your text. "
            "The model may take that place for the end of the prompt."
        ) % {"separator": shown}


def _on_chat(picked: Picked, entered: Mapping[str, Any]) -> Iterator[str]:
    if picked.system_message and (entered.get("system") or "").strip() != picked.system_message.strip():
        yield _("This model was trained with another system message than the one you send. Its answers may be worse.")


def _on_ending(picked: Picked, entered: Mapping[str, Any]) -> Iterator[str]:
    if not picked.ending or picked.labels or picked.is_chat or picked.ending in (entered.get("stop") or []):
        return
    yield _(
        "This model ends its answers with %(ending)s. Without that as a stop sequence it goes on writing up to the limit."
    ) % {"ending": show(picked.ending)}
