"""A question and its answer in the shape of a version's examples: with what its preparation has given them.

In: what was asked, as messages without what the version adds, and the answer to learn. Out: an example.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from itertools import islice

import orjson

from datasets.formats.rows import unfit
from datasets.mapping import Example
from datasets.messages import CHAT, OTHER, PREFERRED, PROMPT_COMPLETION, Message
from datasets.models import Version
from datasets.storing import opened
from datasets.words import Refused
from datasets.words import gettext_noop as _

LOOKED_AT = 200  # rows that show whether completions begin with a space
SHOWN_LABELS = 8


def shaped(version: Version, thread: Sequence[Message], answer: str, *, said: str = "") -> Example:
    """Return the example; `said` is the model's own answer, which a preference puts behind the corrected one.

    Raises Refused, with a sentence, for what this version's examples cannot hold.
    """
    refuse_unfit(thread, answer)
    if version.format == PROMPT_COMPLETION:
        return {"prompt": _prompt(version, thread), "completion": completion(version, answer)}
    asked = [{"role": "system", "content": version.system_message}] if version.system_message else []
    asked += [{"role": message["role"], "content": message["content"]} for message in thread]
    better = {"role": "assistant", "content": answer.strip()}
    if version.format == CHAT:
        return {"messages": [*asked, better]}
    worse = {"role": "assistant", "content": said.strip()}
    if better == worse or not worse["content"]:
        raise Refused(
            _("This dataset learns from pairs of answers. Correct the answer, so that there are two to choose from.")
        )
    return {"input": {"messages": asked}, PREFERRED: [better], OTHER: [worse]}


def completion(version: Version, answer: str) -> str:
    """The answer as the version's completions are: one of its classes, or between their space and their ending."""
    text = answer.removesuffix(version.ending) if version.ending else answer
    classes = {_bare(version, label): label for label in version.labels}
    if classes and (label := classes.get(text.strip())):
        return str(label)
    return (f" {text.strip()}" if _begins_with_space(version) else text.strip()) + version.ending


def new_class(version: Version, answer: str) -> bool:
    """Whether a classifier's version knows no such class."""
    return version.is_classifier and bool(version.labels) and completion(version, answer) not in version.labels


def classes(version: Version) -> list[str]:
    """The classes as people write them."""
    return [_bare(version, label) for label in version.labels]


def refuse_unfit(thread: Sequence[Message], answer: str) -> None:
    """Refuse what no example of any version holds."""
    if not answer.strip():
        raise Refused(_("Write the answer that the model should have given."))
    for text in (answer, *(message["content"] for message in thread)):
        if not isinstance(text, str):
            raise Refused(_("The question holds more than text, which cannot be collected here."))
        if reason := unfit(text):
            raise Refused(reason)


def _bare(version: Version, label: str) -> str:
    return (label.removesuffix(version.ending) if version.ending else label).strip()


def _prompt(version: Version, thread: Sequence[Message]) -> str:
    if len(thread) != 1:
        raise Refused(_("This dataset learns from one text and its completion. A longer conversation is no example for it."))
    text: str = thread[0]["content"]
    text = text.removesuffix(version.separator) if version.separator else text
    if version.separator and version.separator in text:
        raise Refused(_("The text holds the separator, with which prompts of this dataset end. Take it out of the text."))
    return text + version.separator


def _begins_with_space(version: Version) -> bool:
    with opened(version.training) as file:
        rows = (orjson.loads(line.removeprefix(BOM_UTF8)) for line in islice(file, LOOKED_AT) if line.strip())
        said = [str(row.get("completion", "")) for row in rows]
    return any(said) and all(text.startswith(" ") for text in said if text)
