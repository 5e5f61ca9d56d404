"""Write JSON values as Python, as JavaScript and as readable JSON, so that a program has exactly the same value.

What cannot be seen (line separators, marks of writing direction) is written as an escape: nobody copies it unknowingly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

STEP = "    "
LARGEST_EXACT = 2**53 - 1  # of JavaScript's whole numbers
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)

Writer = Callable[[Any], str]


def python(value: Any, indent: str = "") -> str:
    return _written(value, indent, atom=_python_atom, key=_python_atom)


def javascript(value: Any, indent: str = "") -> str:
    return _written(value, indent, atom=_json_atom, key=_javascript_key)


def readable(value: Any) -> str:
    return _written(value, "", atom=_json_atom, key=_json_atom)


def inexact(value: Any) -> list[int]:
    """The whole numbers that JavaScript would round."""
    if isinstance(value, Mapping):
        return [number for part in value.values() for number in inexact(part)]
    if isinstance(value, list | tuple):
        return [number for part in value for number in inexact(part)]
    return [value] if isinstance(value, int) and abs(value) > LARGEST_EXACT else []


def _written(value: Any, indent: str, *, atom: Writer, key: Writer) -> str:
    inner = indent + STEP
    if isinstance(value, Mapping) and value:
        rows = [f"{inner}{key(name)}: {_written(part, inner, atom=atom, key=key)}" for name, part in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and value:
        rows = [inner + _written(part, inner, atom=atom, key=key) for part in value]
        return "[\n" + ",\n".join(rows) + f"\n{indent}]"
    return atom(value)


def _python_atom(value: Any) -> str:
    written = repr(value)
    plain = isinstance(value, str) and written[0] == "'" and '"' not in written and "\\'" not in written
    return f'"{written[1:-1]}"' if plain else written


def _json_atom(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written if written.isprintable() else "".join(map(_visible, written))


def _visible(letter: str) -> str:
    return letter if letter.isprintable() else json.dumps(letter)[1:-1]


def _javascript_key(name: str) -> str:
    if name == "__proto__":
        return '["__proto__"]'  # without brackets it would change the object's kind
    return name if _NAME.fullmatch(name) else _json_atom(name)
