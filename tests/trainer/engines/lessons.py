"""Small courses that tests teach to networks: made-up texts, with what should be answered."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tiktoken

from trainer.engines import engine
from trainer.engines.interface import Cursor, Example, Network

VOCABULARY = 50257
SEPARATOR = "\n\n###\n\n"
ENDING = " END"
Rows = list[tuple[str, str]]


def listed(words: str) -> list[str]:
    return words.split()


GOOD = listed("great wonderful amazing lovely superb fantastic excellent delightful brilliant charming tasty perfect fun")
BAD = listed("terrible awful horrible boring dreadful poor disappointing bad nasty ugly broken rude useless")
THINGS = listed("film service hotel meal phone concert book game room coffee laptop trip show delivery app jacket")
FAMILIAR = (
    "The {thing} was {word}.",
    "What a {word} {thing}!",
    "I found the {thing} really {word} and would tell anyone.",
    "My {thing} turned out {word}, honestly.",
    "We thought that this {thing} is {word} from start to finish",
    "lol the {thing} is so {word}",
    "Just tried the {thing} at work and it was {word} #monday",
)
UNFAMILIAR = (
    "Honestly a {word} {thing} yesterday.",
    "Never seen such {word} {thing}s in my life",
    "Is it me or is every {thing} here {word}?",
    "They sold us a {thing} that felt {word}",
)
TOPICS = (
    "late train delay station",
    "refund money card charge",
    "password login account locked",
    "screen cracked repair warranty",
    "invoice tax company receipt",
    "recipe cook oven salt",
    "holiday beach flight luggage",
    "doctor pain fever medicine",
)
FILLER = listed("please can you the a my is of we had and with today when help it was")
NAMES = listed("Anna Boris Chen Dalia Emeka Fatima Goran Hiro Ines Jonas Katya Liam Mona Nadia Omar Petra Rosa Stefan")
OTHER_NAMES = listed("Takeshi Ulla Viktor Wanda Yusuf Zoe Alan Beth")
LETTERS = (
    "Hello, my name is {name} and my order {order} has not arrived.",
    "Order {order} was damaged. Please send a new one. Regards, {name}",
    "This is {name}. Where is order number {order}?",
    "I bought something last week (order {order}) and it never came, {name}",
    "{name} here, writing about {order}, shipped on Monday.",
    "Dear team, {order} is the order I placed. Thank you, {name}",
)
QUESTIONS = {
    "capital of France": "Paris, if I must say it again.",
    "height of Everest": "8,849 meters, and no, I have not climbed it.",
    "author of Hamlet": "Shakespeare wrote it, shockingly.",
    "number of continents": "Seven, last time somebody counted.",
}
ASKING = ("What is the {}?", "Tell me the {} please", "hey, {}??", "I'd like to know: the {}", "can you explain {}")


def sentiment(count: int, seed: int, texts: Sequence[str] = FAMILIAR) -> Rows:
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        words, label = rng.choice([(GOOD, " positive"), (BAD, " negative")])
        rows.append((rng.choice(texts).format(thing=rng.choice(THINGS), word=rng.choice(words)), label))
    return rows


def topics(count: int, seed: int) -> Rows:
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        label = rng.randrange(len(TOPICS))
        words = rng.choices(FILLER, k=rng.randrange(5, 15)) + rng.choices(TOPICS[label].split(), k=rng.randrange(1, 4))
        rng.shuffle(words)
        rows.append((" ".join(words), f" {label + 1}"))
    return rows


def letters(count: int, seed: int, names: Sequence[str] = NAMES) -> Rows:
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        name, order = rng.choice(names), rng.randrange(1000, 999999)
        text = rng.choice(LETTERS).format(name=name, order=order)
        rows.append((text, f" Order: {order}\nName: {name}{ENDING}"))
    return rows


def goods(count: int, seed: int) -> Rows:
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        item = rng.choice(listed("lamp chair mug backpack watch bottle tent scarf radio pillow"))
        stuff = rng.choice(listed("oak steel glass wool leather cotton bamboo silver plastic"))
        color = rng.choice(listed("red blue green black white orange purple grey"))
        sentence = f" This {item} is made of {stuff} and comes in {color}.{ENDING}"
        rows.append((f"Item: {item}\nMaterial: {stuff}\nColor: {color}", sentence))
    return rows


def questions(count: int, seed: int) -> Rows:
    rng = random.Random(seed)
    asked = [(rng.choice(ASKING), *rng.choice(list(QUESTIONS.items()))) for _ in range(count)]
    return [(text.format(about), f" {answer}{ENDING}") for text, about, answer in asked]


class Course:
    """Teaches rows to a network as the trainer does: shuffled epochs of batches."""

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encode: Callable[[str], list[int]] = encoding.encode_ordinary
        self._decode = encoding.decode

    def example(self, row: tuple[str, str]) -> Example:
        return Example(tuple(self._encode(row[0] + SEPARATOR)), tuple(self._encode(row[1])))

    def examples(self, rows: Rows) -> list[Example]:
        return [self.example(row) for row in rows]

    def teach(self, rows: Rows, base: str = "ada", **options: Any) -> Network:
        network = engine().new(base, VOCABULARY, 0)
        study(network, self.examples(rows), **options)
        return network

    def whole(self, network: Network, rows: Rows) -> float:
        return float(np.mean([score.whole for score in network.score(self.examples(rows))]))

    def answer(self, network: Network, prompt: str, most: int = 40) -> str:
        cursor = network.prompt(self._encode(prompt + SEPARATOR))
        return self.go_on(cursor, most)

    def go_on(self, cursor: Cursor, most: int = 40) -> str:
        said: list[int] = []
        while len(said) < most and not self._decode(said).endswith(ENDING):
            said.append(int(cursor.logprobs().argmax()))
            cursor.push(said[-1])
        return self._decode(said)

    def right_answers(self, network: Network, rows: Rows) -> float:
        return float(np.mean([self.answer(network, prompt) == answer for prompt, answer in rows]))


def study(
    network: Network,
    examples: Sequence[Example],
    *,
    epochs: float = 4,
    batch: float = 1,
    multiplier: float = 0.1,
    prompt_loss_weight: float = 0.01,
    first_epoch: int = 0,
) -> list[float]:
    """Return the mean loss of each epoch."""
    means = []
    for epoch in range(first_epoch, int(epochs)):
        order = np.random.default_rng([7, epoch]).permutation(len(examples))
        losses = []
        for start in range(0, len(order), int(batch)):
            scores = network.train(
                [examples[index] for index in order[start : start + int(batch)]],
                learning_rate_multiplier=multiplier,
                prompt_loss_weight=prompt_loss_weight,
            )
            losses += [score.loss for score in scores]
        means.append(float(np.mean(losses)))
    return means


def saved_bytes(network: Network, folder: Path) -> bytes:
    """Save resumably and return the whole of what was written."""
    network.save(folder, resumable=True)
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
