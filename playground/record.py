"""Ask models the same questions and keep what they answer.

A question is a conversation without what a model's own training adds to it (separator, system message), so that
models of different kinds can be asked the same. Each question to each model is a row, asked once and kept for good;
`playground.sides` asks the same way, but anew each time, any model, and shows the answers as they come or blind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.files.storage import default_storage
from django.utils import timezone

from datasets.models import Version
from finetunes.backoff import after
from finetunes.holding import SECONDS, holding
from finetunes.models import Model, RecordedAnswer
from openai_api.client import Client
from openai_api.errors import APIError, StatusError
from playground import compose, fill
from playground.ask import whole
from playground.pick import Picked, picked
from playground.question import Question
from teams.models import User

MOST_ATTEMPTS = 5
MOST_PROMPTS = 50
PARTS = ("evaluation", "validation", "training")
"""Where prompts are taken from: the first of these that a version has."""


@dataclass(frozen=True, kw_only=True)
class Prompt:
    thread: list[dict[str, Any]]
    expected: str = ""

    @property
    def key(self) -> str:
        return hashlib.sha256(orjson.dumps(self.thread)).hexdigest()


def typed(text: str) -> list[Prompt]:
    """Return one prompt for each line that a person typed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [Prompt(thread=[{"role": "user", "content": line}]) for line in dict.fromkeys(lines)][:MOST_PROMPTS]


def of_rows(version: Version, number: int) -> list[Prompt]:
    """Return up to `number` prompts, spread evenly over the rows that the model has not learned from, if there are any."""
    part = next(part for part in PARTS if getattr(version, f"{part}_rows") or part == "training")
    rows = getattr(version, f"{part}_rows")
    step = max(1, rows // max(1, min(number, MOST_PROMPTS)))
    found: dict[str, Prompt] = {}
    with default_storage.open(str(getattr(version, part)), "rb") as file:
        for place, line in enumerate(file):
            if len(found) == min(number, MOST_PROMPTS):
                break
            if place % step == 0 and (prompt := question_of(line, version)):
                found.setdefault(prompt.key, prompt)
    return list(found.values())


def recorded(model: Model) -> list[Prompt]:
    """Return what a model was asked before."""
    return [Prompt(thread=row.thread, expected=row.expected) for row in RecordedAnswer.objects.filter(model=model)]


def ask_all(models: Iterable[Model], prompts: Iterable[Prompt], user: User | None) -> list[RecordedAnswer]:
    """Note the questions, due at once; one that was asked before is not asked again, unless nothing came of it."""
    asked = list(prompts)
    new: list[RecordedAnswer] = []
    for model in models:
        rows = RecordedAnswer.objects.filter(model=model, key__in=[prompt.key for prompt in asked])
        rows.exclude(problem="").update(problem="", attempts=0, due_at=timezone.now())
        there = set(rows.values_list("key", flat=True))
        new += [_row(model, prompt, user) for prompt in asked if prompt.key not in there]
    RecordedAnswer.objects.bulk_create(new, ignore_conflicts=True)
    keys = {row.key for row in new}
    return list(RecordedAnswer.objects.due().filter(key__in=keys))


def ask(pk: int, client: Client | None = None) -> bool:
    """Claim a question and ask it; False if it is not due or somebody else is at it."""
    related = RecordedAnswer.objects.select_related("model__connection", "model__version", "model__fine_tune")
    row = related.claim(pk, SECONDS)
    if row is None:
        return False
    target = picked(row.model)
    body = compose.body(target, entered(target, row.thread))
    try:
        with holding(row):
            answer = _asked(Question(picked=target, body=body), client)
    except APIError as error:
        _refused(row, error, body)
    else:
        sample = answer.in_order[0] if answer.in_order else None
        said = {"answer": sample.text if sample else "", "finish_reason": (sample and sample.finish_reason) or ""}
        row.release(due_at=None, request=body, took=answer.took, answered_at=timezone.now(), problem="", **said)
    return True


def entered(target: Picked, thread: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the form's values for a question, as the model's training suggests them."""
    values = fill.values(target) | {"stream": False, "stop": [target.ending] if target.ending else []}
    if target.is_chat:
        return values | {"thread": thread}
    return values | {"prompt": str(thread[-1].get("content", "")) if thread else ""}


def _asked(question: Question, client: Client | None) -> Any:
    if client is not None:
        return whole(question, client)
    with question.picked.connection.client(retries=0) as own:
        return whole(question, own)


def _refused(row: RecordedAnswer, error: APIError, body: dict[str, Any]) -> None:
    """Ask again a little later, unless the provider has said no or has been asked often enough."""
    is_final = isinstance(error, StatusError) and error.status in (400, 401, 403, 404, 422)
    if is_final or row.attempts >= MOST_ATTEMPTS:
        row.release(due_at=None, request=body, problem=error.message)
    else:
        row.release(due_at=after(error, row.attempts))


def _row(model: Model, prompt: Prompt, user: User | None) -> RecordedAnswer:
    return RecordedAnswer(
        model=model,
        key=prompt.key,
        thread=prompt.thread,
        expected=prompt.expected,
        asked_by=user,
        due_at=timezone.now(),
    )


def question_of(line: bytes, version: Version) -> Prompt | None:
    """Make a question of a row: its prompt without the separator, or its conversation before the last answer."""
    try:
        example = orjson.loads(line)
    except ValueError:
        return None
    if "prompt" in example:
        content = str(example["prompt"]).removesuffix(version.separator) if version.separator else str(example["prompt"])
        expected = str(example.get("completion", "")).removesuffix(version.ending)
        return Prompt(thread=[{"role": "user", "content": content}], expected=expected)
    return _of_conversation(list(_turns(example)))


def _of_conversation(turns: list[dict[str, Any]]) -> Prompt | None:
    """Ask what comes before the last answer; a system message is the model's own affair."""
    expected = ""
    if turns and turns[-1]["role"] == "assistant":
        expected = turns.pop()["content"]
    thread = [turn for turn in turns if turn["role"] != "system"]
    return Prompt(thread=thread, expected=expected) if thread else None


def _turns(example: dict[str, Any]) -> Iterator[dict[str, Any]]:
    messages = example.get("messages") or (example.get("input") or {}).get("messages") or []
    for message in messages:
        if isinstance(message.get("content"), str):
            yield {"role": str(message.get("role", "user")), "content": message["content"]}
