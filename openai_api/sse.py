"""Server-sent events as OpenAI sends them: one `data:` line is one event, `[DONE]` is the last."""

from __future__ import annotations

import re

from openai_api.errors import BadAnswer

DONE = "[DONE]"
LONGEST_LINE = 8 * 1024**2  # bytes

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Lines:
    """Cut a stream of bytes, however it is chunked, into the payloads of its `data:` lines.

    Both `data: x` and `data:x` are read; comments, other fields and blank lines are not.
    """

    def __init__(self) -> None:
        self._tail = b""
        self._begun = False

    def feed(self, chunk: bytes) -> list[str]:
        *lines, self._tail = _LINE_END.split(self._tail + chunk)
        if len(self._tail) > LONGEST_LINE:
            raise BadAnswer("The server sent a line that is too long.")
        return self._payloads(lines)

    def end(self) -> list[str]:
        """Take what came after the last line end: a server may forget that one."""
        tail, self._tail = self._tail, b""
        return self._payloads([tail])

    def _payloads(self, lines: list[bytes]) -> list[str]:
        payloads = (self._payload(line) for line in lines)
        return [payload for payload in payloads if payload]

    def _payload(self, line: bytes) -> str:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BOM)
        name, _, value = line.partition(b":")
        return value.decode("utf-8", errors="replace").strip() if name == b"data" else ""
