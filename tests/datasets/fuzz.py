"""Random and mutated files through the real reading code: it yields rows, or refuses in a sentence, in time.

Each input follows from its kind, a seed and its number alone. One that fails is printed, to become a test.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import resource
import signal
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from types import FrameType
from typing import Any

import orjson

from datasets import purposes, working
from datasets.formats import KINDS, BadRow, Options, Row, columns, inspect, read, text
from datasets.mapping import Mapping, detect, encoded, maker
from datasets.samples import texts
from datasets.storing import drafts
from datasets.unpack import unpacked
from datasets.words import Refused
from tests.datasets.workbooks import SHEET, inline, parts

SECONDS = 3.0  # of processor time for one input
MEGABYTES = 1_500  # of address space for all of it
LOOKED_AT = 500  # rows that are made examples of
LONGEST = 500_000  # bytes of one repetition
SHOWN_EACH = 3  # failures with the same last line
PACKED = "gz"
EVERY_KIND = (*KINDS, PACKED)

PIECES = (
    *(character.encode() for character in ",;\t|\"'\n\r {}[]:\\<>&=-+/."),
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\x92\xa9", b"\x1a"),
    *(b"\r\n", b'""', b'","', b'"\n"', b"prompt", b"completion", b"messages", b"prompt,completion\n", b"\n\n\n"),
    *(b"null", b"true", b"1e999", b"-0", b"NaN", b"9" * 30, b"9" * 5000, b"\\u0000", b"\\ud800", b"\\", b"\\x"),
    *(b'{"prompt": "a", "completion": "b"}\n', b'{"messages": [{"role": "user"}]}', b'{"', b'":', b"[[", b"{}", b"[]"),
    *(b'{"a":', b"[" * 3000, b'{"a":' * 3000, b'"role"', b'"content"', b'{"role": "user", "content": 7}'),
    *(b"<row>", b"</row>", b"<c>", b"</c>", b"<v>", b"</v>", b"<t>", b"<rPh>", b"<si>", b"<is>", b"</sheetData>", b"<!--"),
    *(b'r="XFD1048576"', b'r="A0"', b't="s"', b't="d"', b't="e"', b's="1"', b"_x0000_", b"_xD800_", b"&#0;", b"&amp;"),
    *(b"<!DOCTYPE x [", b"<![CDATA[", b"<?xml version='1.0' encoding='utf-16'?>", b"PK\x03\x04", b"\x1f\x8b", b"1e309"),
    *("Ünïcødé".encode(), "한국어".encode("cp949"), "日本語のテキスト".encode("shift_jis"), "Привет".encode("cp1251")),
)
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp949", "gb18030", "koi8-r")
TABLE = 'prompt,completion\nHello there,billing\n"two\nlines, ""quoted""",repair\nÜber 한국어,답\n\n1,2\n'
CHAT = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]
OBJECTS: list[Any] = [
    {"prompt": "a\nb", "completion": "Ü한", "more": [1, 2.5, None, True, {"deep": [[]]}]},
    {"messages": CHAT, "tools": [{"type": "function"}]},
    {"messages": json.dumps(CHAT)},
    {"input": "x", "output": 3},
    {
        "input": {"messages": CHAT},
        "preferred_output": CHAT[2:],
        "non_preferred_output": [{"role": "assistant", "content": "no"}],
    },
]
TEXTS: dict[str, list[str]] = {
    "csv": [TABLE, TABLE.replace(",", ";"), "messages\n" + json.dumps(CHAT).replace('"', "'") + "\n", "only\nwords\n"],
    "tsv": [TABLE.replace(",", "\t"), "a\tb\tc\n\t\t\n1\t2\t3\n"],
    "json": [json.dumps(OBJECTS), json.dumps({"made": {"by": 1}, "rows": OBJECTS}, indent=1), json.dumps(OBJECTS[1])],
    "jsonl": ["".join(json.dumps(row) + "\n" for row in OBJECTS)],
    "txt": ["One line.\nAnother one, Über 한국어.\n\n \nThe last"],
}
STRINGS = "<sst><si><t>prompt</t></si><si><r><t>comp</t></r><r><t>letion</t></r><rPh><t>x</t></rPh></si></sst>"
STYLES = (
    '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs></styleSheet>'
)
CELLS = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    '<row r="2"><c r="A2" s="1"><v>45000.5</v></c><c r="B2" t="b"><v>1</v></c></row>'
    '<row><c t="inlineStr"><is><t>text_x0041_</t></is></c><c t="e"><v>#N/A</v></c><c r="D3"><v>3.0</v></c></row>'
)
BOOKS = [
    parts(SHEET.format(CELLS), sharedStrings=STRINGS, styles=STYLES),
    parts(inline(["prompt", "completion"], ["a", "b"], ["=1+1", "c"])),
]

VALUE = re.compile(rb'([">])([^"<>]*)(?=["<])')
VALUES = (
    *(b"", b"0", b"1", b"-1", b"99999999999", b"1e308", b"nan", b"inf", b"-1e9", b"2958466", b"0.99999999", b"1 0"),
    *(
        b"s",
        b"b",
        b"e",
        b"n",
        b"str",
        b"inlineStr",
        b"d",
        b"XFD1",
        b"ZZZZ9",
        b"A0",
        b"a1",
        b"_x0000_",
        b"_xD800_",
        b"&#xFFFD;",
    ),
    *(b"rId1", b"One", b"../x.xml", b"/xl/worksheets/sheet1.xml", b"x/worksheet", b"yyyy", b"[h]:mm", b"&quot;y&quot;"),
)


class Maker:
    """One input of a kind, the same for the same seed and number."""

    def __init__(self, kind: str, seed: int, number: int) -> None:
        self.kind = kind
        self.chance = random.Random(f"{kind} {seed} {number}")

    def made(self) -> tuple[bytes, str, Options]:
        inner = self.chance.choice(KINDS) if self.kind == PACKED else self.kind
        content = self._workbook() if inner == "xlsx" and self._rarely(0.97) else self._text(inner)
        if self.kind == PACKED:
            content = gzip.compress(content, 1, mtime=0)
            content = self._mutated(content, self.chance.choice((0, 0, 0, 1, 2)))
        name = f"x.{self.chance.choice(EVERY_KIND) if self._rarely(0.03) else self.kind}"
        return content, name if self.kind != PACKED else f"x.{inner}.gz", self._options()

    def _rarely(self, share: float) -> bool:
        return self.chance.random() < share

    def _options(self) -> Options:
        if self._rarely(0.8):
            return Options()
        return Options(
            encoding=self.chance.choice(("", *text.ENCODINGS)),
            delimiter=self.chance.choice(("", ",", ";", "\t", "|")),
            sheet=self.chance.choice(("", "One", "\x00")),
            header_row=self.chance.choice((None, 0, 1, 2, 3, 7)),
        )

    def _text(self, kind: str) -> bytes:
        if self._rarely(0.15):
            return self._soup()
        seed = self.chance.choice(TEXTS.get(kind) or self.chance.choice(list(TEXTS.values())))
        encoding = self.chance.choice(ENCODINGS) if self._rarely(0.2) else "utf-8"
        return self._mutated(seed.encode(encoding, "replace"), self.chance.choice((0, 1, 1, 2, 3, 5, 8, 20)))

    def _soup(self) -> bytes:
        pieces = (self._piece() for _ in range(self.chance.randint(0, 60)))
        return b"".join(pieces)

    def _piece(self) -> bytes:
        if self._rarely(0.3):
            return self.chance.randbytes(self.chance.randint(1, 12))
        return self.chance.choice(PIECES)

    def _mutated(self, content: bytes, times: int) -> bytes:
        changes: tuple[Callable[[bytes, int, int], bytes], ...] = (
            lambda old, at, end: old[:at] + self._piece() + old[at:],
            lambda old, at, end: old[:at] + self._piece() + old[end:],
            lambda old, at, end: old[:at] + old[end:],
            lambda old, at, end: old[:at],
            lambda old, at, end: old[:end] + self._repeated(old[at:end]) + old[end:],
            lambda old, at, end: old[:at] + self._repeated(self._piece()) + old[at:],
            lambda old, at, end: old[at:end] + old[:at] + old[end:],
            lambda old, at, end: old[:at] + bytes([self.chance.randrange(256)]) + old[at + 1 :],
        )
        for _time in range(times):
            at = self.chance.randint(0, len(content))
            end = min(len(content), at + self.chance.choice((1, 3, 10, 100)))
            content = self.chance.choice(changes)(content, at, end)
        return content

    def _repeated(self, piece: bytes) -> bytes:
        times = self.chance.randint(1_000, 20_000) if self._rarely(0.01) else self.chance.randint(1, 40)
        return piece * min(times, 1 + LONGEST // (len(piece) + 1))

    def _workbook(self) -> bytes:
        book = self.chance.choice(BOOKS)
        if self._rarely(0.2):
            return self._mutated(book, self.chance.randint(1, 6))
        return _rezipped(book, self._part, packed=self._rarely(0.05))

    def _part(self, content: bytes) -> bytes:
        """A part with other bytes, or with other values in the same XML."""
        if self._rarely(0.6):
            return content
        if self._rarely(0.2):
            return self._mutated(content, self.chance.choice((1, 1, 2, 4)))
        return VALUE.sub(lambda found: found[1] + self._value(found[2]) if self._rarely(0.05) else found[0], content)

    def _value(self, value: bytes) -> bytes:
        changed = self._mutated(value, 1) if self._rarely(0.5) else self.chance.choice(VALUES)
        return changed.replace(b'"', b"").replace(b"<", b"").replace(b"\x00", b"")[:2000]


def _rezipped(book: bytes, change: Callable[[bytes], bytes], *, packed: bool) -> bytes:
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", method) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(old.read(info)))
    return out.getvalue()


class TooSlow(Exception):
    pass


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlow


@contextmanager
def in_time(seconds: float = SECONDS) -> Iterator[None]:
    """Raise TooSlow inside the block when it has used that much processor time."""
    before = signal.signal(signal.SIGVTALRM, _too_slow)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def through(content: bytes, name: str, wanted: Options | None = None) -> str:
    """All that happens to an uploaded file before anything is stored of it; returns how it ended."""
    try:
        with unpacked(io.BytesIO(content), name, len(content), lambda _bytes: None, folder=drafts(), most=1 << 30) as (
            file,
            inner,
            _size,
        ):
            layout = inspect(file, inner, wanted)
            named = columns(file, layout.options)
            json.dumps([named, [note.to_json() for note in layout.notes], layout.sheets, vars(layout.options)]).encode()
            makers = [maker(mapping) for mapping in _mappings(named)]
            rows = enumerate(read(file, layout.options))
            kinds = {_looked_at(row, makers if number < LOOKED_AT else []) for number, row in rows}
    except Refused as refused:
        json.dumps([str(refused.sentence), refused.sentence.to_json()]).encode()
        return "refused"
    return " and ".join(sorted(kinds)) or "empty"


def _mappings(named: list[str]) -> list[Mapping]:
    """What the names say, and what a person could choose."""
    first, last = (named[0], named[-1]) if named else ("", "")
    talk = "messages" if "messages" in named else last or "messages"
    purpose = purposes.of_columns(named)
    found = [detect(named), purpose.mapping_of(named) if purpose else None]
    template = "".join(f"{{{column}}} " for column in named[:3] if not set(column) & set("{}\n"))
    return [
        *(mapping for mapping in found if mapping),
        Mapping(format="prompt-completion", prompt=first, completion=last),
        Mapping(format="prompt-completion", template=template, completion=last),
        Mapping(format="chat", prompt=first, completion=last, system="Be kind."),
        Mapping(format="chat", messages=talk),
        Mapping(format="prompt-completion", messages=talk, asks="User", answers="Agent", keep_system=True),
        Mapping(format="preference", prompt=first, preferred=last, non_preferred=named[len(named) // 2] if named else ""),
    ]


def _looked_at(row: Row | BadRow, makers: list[Callable[[Row], Iterable[Any]]]) -> str:
    if isinstance(row, BadRow):
        _storable(row)
        return "bad rows"
    for example in chain.from_iterable(make(row) for make in makers):
        if isinstance(example, BadRow):
            _storable(example)
            continue
        assert orjson.loads(encoded(example)) == example
        assert working.unpack(working.pack(row.line, example)) == (row.line, example)
        assert not any("\x00" in text for text in texts(example).values())
    return "rows"


def _storable(row: BadRow) -> None:
    json.dumps([row.line, row.column, row.reason.to_json(), row.text], ensure_ascii=False).encode()
    assert str(row.reason)
    assert "\x00" not in row.text + row.column + str(row.reason)


def failure(kind: str, seed: int, number: int, *, seconds: float = SECONDS) -> str:
    """Why an input must become a test, or ""; how it ended is counted in `ENDED`."""
    content, name, options = Maker(kind, seed, number).made()
    try:
        with in_time(seconds):
            ENDED[kind, through(content, name, options)] += 1
    except Exception:
        shown = f"{content[:600]!r}{'…' if len(content) > 600 else ''}"
        return f"{kind} {seed} {number}: {name}, {len(content)} bytes, {options}\n{shown}\n{traceback.format_exc(limit=-4)}"
    return ""


ENDED: Counter[tuple[str, str]] = Counter()


def bench(inputs: int, seconds: float, seed: int, kinds: Sequence[str]) -> int:
    """Run until there were that many inputs or the time is over; returns how many failed."""
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
    end, failed, slowest, number = time.monotonic() + seconds, 0, (0.0, "", 0), 0
    seen: Counter[str] = Counter()
    while number < inputs and time.monotonic() < end:
        kind = kinds[number % len(kinds)]
        begun = time.process_time()
        if said := failure(kind, seed, number):
            failed += 1
            seen[said.splitlines()[-1]] += 1
            if seen[said.splitlines()[-1]] <= SHOWN_EACH:
                print(said, flush=True)
        slowest = max(slowest, (time.process_time() - begun, kind, number))
        number += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for (kind, ended), count in sorted(ENDED.items()):
        print(f"{kind:6} {ended:20} {count:>9,}")
    print(f"{number:,} inputs, {failed} failed, slowest {slowest[0]:.2f} s ({slowest[1]} {slowest[2]}), peak {peak} MB")
    return failed
