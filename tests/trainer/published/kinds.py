"""Kinds of values, as JSON Schema."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]

TEXT: JSON = {"type": "string"}
WHOLE: JSON = {"type": "integer"}
NUMBER: JSON = {"type": "number"}
FLAG: JSON = {"type": "boolean"}
ANYTHING: JSON = {"type": "object"}


def ref(name: str) -> JSON:
    return {"$ref": f"#/$defs/{name}"}


def nullable(schema: JSON) -> JSON:
    return {"anyOf": [schema, {"type": "null"}]}


def observed(schema: JSON, instead: JSON) -> JSON:
    """Return the published schema, widened by what the original's servers are known to answer."""
    return {"anyOf": [schema, instead]}


def one_of(*values: str) -> JSON:
    return {"enum": list(values)}


def many(schema: JSON) -> JSON:
    return {"type": "array", "items": schema}


def thing(required: JSON, optional: JSON | None = None) -> JSON:
    """Return the schema of an object; published objects may have more than is known."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


NULL: JSON = {"type": "null"}
