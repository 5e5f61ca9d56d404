"""What OpenAI's published descriptions of its API say of the objects that the trainer answers with.

Facts only: required fields, types and enums, of the description of 2023 (which has both generations) and of the current
one. Where the original's own answers are known to differ from its description, `observed` names what they have instead.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from tests.trainer.published import fine_tuning, generation, storage

JSON = dict[str, Any]
SCHEMAS: dict[str, JSON] = {**storage.SCHEMAS, **fine_tuning.SCHEMAS, **generation.SCHEMAS}


def conforms(value: Any, name: str) -> Any:
    """Return the value, or fail with everything in which it deviates from the published schema."""
    validator = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMAS})
    wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
    assert not wrong, f"{name}: {wrong}"
    return value


def page(value: JSON, item: str, *, first: bool = False) -> JSON:
    """Check a page of things, not empty, and each thing in it."""
    conforms(value, "PageWithEnds" if first else "Page")
    assert value["data"], "an empty page shows nothing"
    for found in value["data"]:
        conforms(found, item)
    return value
