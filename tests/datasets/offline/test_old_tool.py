"""Both tools over the same files: the same rows wherever the old one is right; where it is not, the reason stands here."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from datasets.offline.command import main
from tests.clients.conftest import program
from tests.datasets.workbooks import workbook

pytestmark = [pytest.mark.clients, pytest.mark.xdist_group("old-tool")]

Pair = tuple[str, str]
Rows = Counter[Pair]
OLD = Path(__file__).with_name("run_old_tool.py")
LATIN = "alpha bravo delta echo golf hotel kilo lima oscar papa quiz romeo tango yankee zulu"
WORDS = [*LATIN.split(), "über", "x-ray", "Ölpest", "日本", "naïve"]


def csv_bytes(rows: list[Pair], delimiter: str = ",") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows([("prompt", "completion"), *rows])
    return file.getvalue().encode()


def json_bytes(rows: list[Pair]) -> bytes:
    return json.dumps([{"prompt": prompt, "completion": completion} for prompt, completion in rows], indent=1).encode()


def jsonl_bytes(rows: list[Pair]) -> bytes:
    lines = [json.dumps({"prompt": p, "completion": c}, ensure_ascii=len(p) % 2 == 0) for p, c in rows]
    return "\n".join(lines).encode()


def txt_bytes(rows: list[Pair]) -> bytes:
    return "\n".join(completion.replace("\n", " ") for _prompt, completion in rows).encode()


WRITERS: dict[str, Callable[[list[Pair]], bytes]] = {
    "csv": csv_bytes,
    "tsv": lambda rows: csv_bytes(rows, "\t"),
    "json": json_bytes,
    "jsonl": jsonl_bytes,
    "xlsx": lambda rows: workbook([["prompt", "completion"], *map(list, rows)]),
    "txt": txt_bytes,
}


@dataclass(frozen=True)
class Shape:
    """What a generated file has in common; `seed` writes its texts."""

    kind: str
    rows: int
    labels: int  # 0: every completion is a text of its own
    separator: str
    ending: str
    spaced: bool
    prefix: str
    copies: int
    empty: int
    capitals: bool
    seed: int

    def pairs(self) -> list[Pair]:
        chance = random.Random(self.seed)
        rows = [(self.prefix + self.prompt(chance), self.completion(chance)) for _ in range(self.rows)]
        rows += [chance.choice(rows) for _ in range(self.copies)]
        rows += [(self.prefix + self.prompt(chance), "") for _ in range(self.empty)]
        chance.shuffle(rows)
        # These begin and end like nothing else, so that nothing is shared by accident.
        return [
            (f"{self.prefix}one 1{self.separator}", rows[0][1]),
            (f"{self.prefix}Two?{self.separator}", rows[1][1]),
            *rows,
        ]

    def prompt(self, chance: random.Random) -> str:
        text = " ".join(chance.choices(WORDS, k=chance.randint(4, 12))) + str(chance.randint(0, 10**6))
        return (text.upper() if self.capitals else text) + self.separator

    def completion(self, chance: random.Random) -> str:
        space = " " if self.spaced else ""
        if self.labels:
            return space + ("sports", "politics", "weather", "cooking")[chance.randrange(self.labels)]
        return f"{space}{chance.choice(WORDS)} {chance.randint(0, 10**9)} {chance.choice(WORDS)}{self.ending}"


SHAPES = st.builds(
    Shape,
    kind=st.sampled_from(sorted(WRITERS)),
    rows=st.integers(20, 60),
    labels=st.sampled_from([0, 0, 2, 3]),
    separator=st.sampled_from(["", "", " ->", "\n\n###\n\n", "\n\n===\n\n"]),
    ending=st.sampled_from(["", "", " END", "***"]),
    spaced=st.booleans(),
    prefix=st.sampled_from(["", "", "Instruction: tell the topic. "]),
    copies=st.integers(0, 5),
    empty=st.integers(0, 3),
    capitals=st.booleans(),
    seed=st.integers(0, 10**6),
)


def generated(count: int) -> list[Shape]:
    found: list[Shape] = []

    @settings(max_examples=count, derandomize=True, database=None, phases=[Phase.generate], deadline=None)
    @given(SHAPES)
    def collect(shape: Shape) -> None:
        found.append(shape)

    collect()
    return found


PLAIN = [(f"{word} {number}", f"{number} {word}") for number, word in enumerate(WORDS)]
LABELLED = [(f"{number} {WORDS[number % 18]}", ("yes", "no")[number % 2]) for number in range(40)]
HANDMADE: dict[str, bytes] = {
    "quotes.csv": csv_bytes([*PLAIN, ('say "hi", please', 'a "quoted", answer')]),
    "line breaks.csv": csv_bytes([*PLAIN, ("two\nlines", "also\ntwo")]),
    "mark.csv": b"\xef\xbb\xbf" + csv_bytes(PLAIN),
    "crlf.jsonl": jsonl_bytes(PLAIN).replace(b"\n", b"\r\n"),
    "end.jsonl": jsonl_bytes(PLAIN) + b"\n\n",
    "more columns.jsonl": b"\n".join(b'{"id": 1, "prompt": "b a%d", "completion": "c %d"}' % (n, n * n) for n in range(30)),
    "capital columns.csv": csv_bytes(PLAIN).replace(b"prompt,completion", b"Prompt,COMPLETION"),
    "tabs.tsv": csv_bytes([*PLAIN, ("a, b", "c; d")], "\t"),
    "labels.xlsx": WRITERS["xlsx"](LABELLED),
    "one label more.csv": csv_bytes([*LABELLED, ("else", "maybe")]),
    "emoji.jsonl": jsonl_bytes([*PLAIN, ("\N{PARTY POPPER} e\u0301", "\N{ZERO WIDTH JOINER}x")]),
    "slashes.json": json_bytes([*PLAIN, ("a/b\\c", "</script>")]),
    "lines.txt": b"first 1\nsecond 2\n\nthird 3\n",
    "long prefix.jsonl": jsonl_bytes([(f"Please answer this: {p}", f" The answer is {c}") for p, c in PLAIN]),
}

# file: its content, and why the old tool's rows are not ours.
DIFFERS: dict[str, tuple[bytes, str]] = {
    "na.csv": (csv_bytes([*PLAIN, ("which country?", "NA")]), "it reads the words NA, null and None as nothing"),
    "numbers.jsonl": (
        b"\n".join([jsonl_bytes(PLAIN), b'{"prompt": "three", "completion": 3.0}', b'{"prompt": "t", "completion": true}']),
        "it writes true as Python spells it",
    ),
    "one line.jsonl": (jsonl_bytes(PLAIN[:1]), "it refuses a file of one line"),
    "clean.json": (
        json_bytes([(f"{p} ->", f" {c} END") for p, c in PLAIN]),
        "it calls an array ready to be sent, which no provider takes",
    ),
    "letter.csv": (csv_bytes([(f"{p} and", c) for p, c in PLAIN]), "it takes a shared last word for a separator"),
    "stop.csv": (
        csv_bytes([(p, f"{c}. So.") for p, c in PLAIN]),
        "it ends answers with a stop that stands inside too",
    ),
    "spaces.jsonl": (jsonl_bytes([*PLAIN, ("blank", "  ")]), "it keeps completions of nothing but space"),
    "copies.csv": (
        csv_bytes([*PLAIN, (PLAIN[0][0], f" {PLAIN[0][1]}")]),
        "it adds spaces after it looked for copies",
    ),
    "most have one.jsonl": (
        jsonl_bytes([*((f"{p}\n\n###\n\n", c) for p, c in PLAIN), ("none", "x1")]),
        "it puts a second separator behind the one that most prompts have",
    ),
    "copies and long.jsonl": (
        jsonl_bytes([*PLAIN[:3], PLAIN[0], ("y " * 6000, "9 y"), *PLAIN[3:]]),
        "it removes a neighbour and keeps the long row, or falls",
    ),
    "long but short.jsonl": (
        jsonl_bytes([*PLAIN, (" international" * 750, "long words")]),
        "it removes what is long in letters; the model's limit is in tokens",
    ),
    "one class.csv": (csv_bytes([(p, "yes") for p, _c in PLAIN]), "it splits and prepares a classifier of one class"),
}


@dataclass(frozen=True)
class Outcome:
    rows: Rows
    error: str
    files: int


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Outcome, Outcome]]:
    """What the old tool and ours make of each file, by the file's name."""
    theirs, mine = tmp_path_factory.mktemp("old"), tmp_path_factory.mktemp("new")
    files = HANDMADE | {name: content for name, (content, _why) in DIFFERS.items()}
    files |= {f"{number}.{shape.kind}": WRITERS[shape.kind](shape.pairs()) for number, shape in enumerate(generated(40))}
    for name, content in files.items():
        (theirs / name).write_bytes(content)
        shutil.copy(theirs / name, _own(mine, name))
    command = [program("openai-legacy", "python"), str(OLD), *(str(theirs / name) for name in files)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=150).stdout
    old = {one["file"]: one for one in map(json.loads, said.splitlines())}
    left = {
        name: Outcome(_rows(theirs, one["written"] or [name]), one["error"], len(one["written"]))
        for name, one in old.items()
    }
    return {name: (left[name], _ours(_own(mine, name))) for name in files}


def _own(folder: Path, name: str) -> Path:
    """A folder for each file, because the names of what is written forget the ending."""
    place = folder / name.replace(".", "-")
    place.mkdir(exist_ok=True)
    return place / name


def _ours(path: Path) -> Outcome:
    code = main([str(path), "--all", "--no-tokens"])
    written = [made.name for made in path.parent.iterdir() if made != path]
    return Outcome(_rows(path.parent, written or [path.name]), str(code) if code else "", len(written))


def _rows(folder: Path, names: list[str]) -> Rows:
    found: Rows = Counter()
    for name in names:
        if name.endswith(".jsonl"):
            found.update((row["prompt"], row["completion"]) for row in map(json.loads, _lines(folder / name)))
    return found


def _lines(path: Path) -> Iterator[bytes]:
    return (line for line in path.read_bytes().splitlines() if line.strip())


def test_wherever_the_old_tool_is_right_the_same_rows_come_out(both: dict[str, tuple[Outcome, Outcome]]) -> None:
    compared = {name: pair for name, pair in both.items() if name not in DIFFERS}
    assert len(compared) >= 40
    different: dict[str, Any] = {}
    for name, (old, new) in compared.items():
        assert new.error == "", name
        if old.error or old.rows != new.rows:
            different[name] = old.error, sorted((old.rows - new.rows).items())[:2], sorted((new.rows - old.rows).items())[:2]
    assert not different, json.dumps(different, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("name", DIFFERS)
def test_where_the_old_tool_is_wrong_ours_goes_another_way(both: dict[str, tuple[Outcome, Outcome]], name: str) -> None:
    old, new = both[name]
    assert (old.rows, old.files, old.error) != (new.rows, new.files, ""), f"it no longer holds that {DIFFERS[name][1]}"
    assert new.error == ""
