"""Small things that tests of datasets are made of."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.files.base import ContentFile

from datasets import decide, version
from datasets.advance import advance
from datasets.checks import BY_CODE, Finding
from datasets.examine import Report, examine
from datasets.formats import BadRow, Options, Row, inspect, read
from datasets.messages import PROMPT_COMPLETION, format_of
from datasets.models import Dataset, Version
from datasets.upload import receive
from teams.models import Organization, User

Pair = tuple[str, str]


def taken(content: bytes, name: str, **options: Any) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """The rows that a file holds, and the lines of its bad rows with their reasons."""
    rows = everything(content, name, **options)
    good = [row.values for row in rows if isinstance(row, Row)]
    return good, [(row.line, str(row.reason)) for row in rows if isinstance(row, BadRow)]


def everything(content: bytes, name: str, **options: Any) -> list[Row | BadRow]:
    file = io.BytesIO(content)
    return list(read(file, inspect(file, name, Options(**options)).options))


def pairs(rows: Iterable[Pair]) -> list[dict[str, str]]:
    return [{"prompt": prompt, "completion": completion} for prompt, completion in rows]


def report(rows: Sequence[Pair] | Sequence[dict[str, Any]], *, count_tokens: bool = False, **known: Any) -> Report:
    """What the checks say of prompt-completion rows, or of whole examples of any format."""
    examples = [row if isinstance(row, dict) else {"prompt": row[0], "completion": row[1]} for row in rows]
    format = format_of(examples[0]) if examples else PROMPT_COMPLETION
    numbered = list(enumerate(examples, 2))
    return examine(lambda: iter(numbered), format=format, count_tokens=count_tokens, **known)


def findings(rows: Sequence[Any], **known: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in report(rows, **known).findings}


def fixed(finding: Finding, rows: Iterable[Pair]) -> list[Pair]:
    """The rows after the finding's fix."""
    assert finding.fix is not None
    change: Callable[[Any], Any] = BY_CODE[finding.code].change(finding.fix.params)
    changed = [change(row) for row in pairs(rows)]
    return [(row["prompt"], row["completion"]) for row in changed if row is not None]


def csv_of(rows: Iterable[Pair], header: str = "prompt,completion") -> bytes:
    lines = [header, *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def jsonl_of(rows: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


TICKETS: list[Pair] = [
    (f"{number}: a message about {topic}", label)
    for number in range(60)
    for topic, label in (("a bill", "billing"), ("a broken part", "repair"))
]


def uploaded(
    organization: Organization, user: User | None = None, content: bytes | None = None, name: str = "tickets.csv"
) -> Dataset:
    return receive(organization, user, ContentFile(csv_of(TICKETS) if content is None else content, name=name))


def worked(dataset: Dataset) -> Dataset:
    """The dataset after everything that was due."""
    advance(dataset.pk)
    dataset.refresh_from_db()
    return dataset


def prepared(organization: Organization, user: User | None = None, **source: Any) -> Dataset:
    """A dataset with everything recommended accepted."""
    dataset = worked(uploaded(organization, user, **source))
    decide.accept_recommended(dataset, by="somebody")
    return worked(dataset)


def version_of(dataset: Dataset, share: float = 0.2, at_most: int = 1000, user: User | None = None, **more: Any) -> Version:
    version.request(dataset, share=share, at_most=at_most, seed=42, by=user.pk if user else None, **more)
    worked(dataset)
    made = dataset.versions.first()
    assert made is not None
    return made


def lines_of(stored: Any) -> list[dict[str, Any]]:
    with stored.open("rb") as file:
        return [json.loads(line) for line in file]
