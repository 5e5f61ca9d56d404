"""The result file of a fine-tune: one CSV row per step."""

from __future__ import annotations

import base64
import binascii
import codecs

from openai_api import files
from openai_api.errors import BadAnswer, Conflict, NotFound
from openai_api.http import Wire
from openai_api.types import RemoteFineTune


def fetch(wire: Wire, fine_tune: RemoteFineTune) -> bytes | None:
    """Fetch the first result file as CSV; None while there is none, or none to be had."""
    if not fine_tune.result_files:
        return None
    try:
        body = files.content(wire, fine_tune.result_files[0])
    except (NotFound, Conflict):
        return None
    return decoded(body) if body.strip() else None


def decoded(body: bytes) -> bytes:
    """Undo the base64 in which OpenAI wraps the CSV since late 2023; of what was cut off, all whole lines are there."""
    plain = _started(body)
    if _is_csv(plain):
        return plain
    packed = b"".join(plain.split())
    whole = packed[: len(packed) // 4 * 4]
    try:
        inner = _started(base64.b64decode(whole, validate=True))
    except binascii.Error:
        inner = b""
    if len(whole) < len(packed):
        inner = inner[: inner.rfind(b"\n") + 1]
    if not _is_csv(inner):
        raise BadAnswer("The result file is not a table of steps.")
    return inner


def is_cut_off(body: bytes) -> bool:
    """Tell whether a file that can be decoded ends within its base64."""
    plain = _started(body)
    return not _is_csv(plain) and len(b"".join(plain.split())) % 4 != 0


def _started(body: bytes) -> bytes:
    """Leave out what may stand before a table; of a large body without it no copy is made."""
    return body.removeprefix(codecs.BOM_UTF8).lstrip()


def _is_csv(body: bytes) -> bool:
    """Look for a step column, wherever it stands."""
    header = body[:4096].splitlines()[:1]
    names = header[0].split(b",") if header else []
    return len(names) > 1 and b"step" in [name.strip(b' "').lower() for name in names]
