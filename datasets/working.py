"""The working copy: one example a line, behind the line number that it has in the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from datasets.mapping import Example, encoded
from datasets.recipe import Numbered


def pack(line: int, example: Example) -> bytes:
    return b"%d\t%s\n" % (line, encoded(example))


def unpack(packed: bytes) -> Numbered:
    line, _tab, example = packed.partition(b"\t")
    return int(line), orjson.loads(example)


def rows(file: Iterable[bytes]) -> Iterator[Numbered]:
    return map(unpack, file)
