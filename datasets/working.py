"""The working copy: one example a line, behind the line number that it has in the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from datasets.formats import Row
from datasets.mapping import Example, encoded
from datasets.messages import Spelled, spelled
from datasets.recipe import Numbered

_AS_IT_WAS = b"="  # behind the number of a line that is spelled as in the source


def pack(line: int, example: Example) -> bytes:
    return b"%d%s\t%s\n" % (line, _AS_IT_WAS if isinstance(example, Spelled) else b"", encoded(example))


def pack_row(row: Row, example: Example) -> bytes:
    """The example that a row has made; one that is all of the row keeps the spelling of its line."""
    written = encoded(example)
    text = row.text.rstrip("\r\n").encode(errors="surrogateescape")
    if text and text != written and example == row.values:
        return b"%d%s\t%s\n" % (row.line, _AS_IT_WAS, text)
    return b"%d\t%s\n" % (row.line, written)


def unpack(packed: bytes) -> Numbered:
    line, _tab, example = packed.partition(b"\t")
    if line.endswith(_AS_IT_WAS):
        return int(line[:-1]), spelled(orjson.loads(example), example.rstrip(b"\n"))
    return int(line), orjson.loads(example)


def rows(file: Iterable[bytes]) -> Iterator[Numbered]:
    return map(unpack, file)
