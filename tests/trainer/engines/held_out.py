"""Four tasks made of hand-written pieces, as people bring them; what a test is made of is held out of training.

Frames, sentences and names of the tests never occur in training. Single words do, as they must: a model that knows
only its examples cannot guess the meaning of a word that none of them had. The same seed draws the same rows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FRAGMENTS = Path(__file__).parent / "fragments"
ENDING = " END"
QUEUES = ("billing", "delivery", "returns", "access", "fault", "cancel", "advice", "praise")
KINDS = ("kitchen", "outdoor", "office", "play")
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
Rows = list[tuple[str, str]]


@cache
def pieces(file: str) -> dict[str, list[str]]:
    """Return the lines of each section of a file of fragments."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (FRAGMENTS / f"{file}.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            lines = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("# "):
            lines.append(line.replace("\\n", "\n"))
    return found


@dataclass
class Drawing:
    """Draws pieces for training, or those that were held out."""

    file: str
    rng: random.Random
    held_out: bool

    def one(self, section: str) -> str:
        """Return a piece of the section; held out where the section holds something out."""
        sections = pieces(self.file)
        return self.rng.choice(sections[f"{section} held out" if self.held_out and self.has(section) else section])

    def some(self, section: str, most: int) -> list[str]:
        return [self.one(section) for _ in range(self.rng.randint(0, most))]

    def has(self, section: str) -> bool:
        return f"{section} held out" in pieces(self.file)


def rows(task: str, count: int, seed: int, *, held_out: bool = False) -> Rows:
    drawing = Drawing(task, random.Random(f"{task} {seed}"), held_out)
    return [TASKS[task](drawing) for _ in range(count)]


def _sentiment(drawing: Drawing) -> tuple[str, str]:
    good = drawing.rng.random() < 0.5
    opinions = [_opinion(drawing, good) for _ in range(drawing.rng.randint(1, 3))]
    sentences = opinions + drawing.some("asides", 2)
    drawing.rng.shuffle(sentences)
    return " ".join(sentences), " positive" if good else " negative"


def _opinion(drawing: Drawing, good: bool) -> str:
    if drawing.rng.random() < 0.4:
        return drawing.one("praise" if good else "blame")
    thing, word, second = drawing.one("things"), *(drawing.one("good" if good else "bad") for _ in range(2))
    words = {"thing": thing, "Thing": _capital(thing), "word": word, "Word": _capital(word), "word2": second}
    return drawing.one("frames").format(**words)


def _triage(drawing: Drawing) -> tuple[str, str]:
    queue = drawing.rng.randrange(len(QUEUES))
    asked = [drawing.one(QUEUES[queue]) for _ in range(drawing.rng.randint(1, 2))]
    body = asked + drawing.some("fillers", 2)
    drawing.rng.shuffle(body)
    letter = [*drawing.some("greetings", 1), *body, *drawing.some("closings", 1)]
    return "\n".join(letter).format(**_details(drawing)), f" {queue + 1}"


def _details(drawing: Drawing) -> dict[str, object]:
    rng = drawing.rng
    names = Drawing("letters", rng, drawing.held_out)
    return {
        "name": f"{names.one('first')} {names.one('last')}",
        "number": rng.randint(2, 30),
        "order": rng.randint(10_000, 999_999),
        "day": rng.choice(DAYS),
        "ordinal": rng.choice(["second", "third", "fourth"]),
    }


def _adverts(drawing: Drawing) -> tuple[str, str]:
    kind, product = _product(drawing)
    chosen = {section.rstrip("s"): drawing.one(section) for section in ("materials", "colours", "origins")}
    facts = {"kind": kind, "product": product, **chosen, "price": drawing.rng.randint(9, 480)}
    adverts = dict(line.split(": ", 1) for line in pieces("adverts")["adverts"])
    return drawing.one("descriptions").format(**facts), f" {adverts[kind].format(**facts)}{ENDING}"


def _product(drawing: Drawing) -> tuple[str, str]:
    if drawing.held_out:
        kind, product = drawing.one("products").split(": ")
        return kind, product
    kind = drawing.rng.choice(KINDS)
    return kind, drawing.one(kind)


def _letters(drawing: Drawing) -> tuple[str, str]:
    rng = drawing.rng
    facts = {
        "name": f"{drawing.one('first')} {drawing.one('last')}",
        "company": drawing.one("company"),
        "city": drawing.one("city"),
        "date": f"{rng.randint(1, 28)} {drawing.one('month')} {rng.randint(2019, 2027)}",
    }
    answer = "\n".join(f"{field.title()}: {value}" for field, value in facts.items())
    return drawing.one("letters").format(**facts), f" {answer}{ENDING}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


TASKS: dict[str, Callable[[Drawing], tuple[str, str]]] = {
    "sentiment": _sentiment,
    "triage": _triage,
    "adverts": _adverts,
    "letters": _letters,
}
