"""Plain text: each line is a completion, for open-ended generation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from datasets.formats.options import Options
from datasets.formats.rows import BadRow, Row, excerpt
from datasets.formats.text import MAX_LINE, lines
from datasets.words import gettext_noop as _

COLUMN = "completion"


def read(file: BinaryIO, options: Options) -> Iterator[Row | BadRow]:
    for number, line in enumerate(lines(file, options.encoding), 1):
        if len(line) > MAX_LINE:
            yield BadRow(number, "", _("The line is longer than %(limit)s characters.", limit=MAX_LINE), excerpt(line))
        elif line.strip():
            yield Row(number, {COLUMN: line.rstrip("\r\n")})
