"""Bodies of JSON, described by the very models that check them: what is accepted and what is said cannot differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic.json_schema import GenerateJsonSchema

from trainer.api.ask import Ask
from trainer.api.description.pieces import JSON, maybe, ref


class _Untitled(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def schemas(name: str, model: type[Ask], said: Mapping[str, str] | None = None, **instead: JSON) -> JSON:
    """Return the schema of a body and of what it is made of, by name.

    `said` has what parameters mean, `instead` the schemas of those that the model does not know exactly.
    A parameter that may be absent may be null too.
    """
    whole = model.model_json_schema(ref_template="#/components/schemas/{model}", schema_generator=_Untitled)
    parts = whole.pop("$defs", {})
    required = whole.get("required", [])
    fields = {**whole["properties"], **instead}
    whole["properties"] = {
        field: _described(schema if field in required else _or_null(schema), (said or {}).get(field, ""))
        for field, schema in fields.items()
    }
    return {name: _plain(whole), **{part: _plain(schema) for part, schema in parts.items()}}


def body(name: str, *, required: bool = True) -> JSON:
    return {"required": required, "content": {"application/json": {"schema": ref(name)}}}


def without(schema: JSON, names: Sequence[str]) -> JSON:
    """Return the schema of the same body, where these parameters need not be given."""
    return {**schema, "required": [name for name in schema.get("required", []) if name not in names]}


def _or_null(schema: JSON) -> JSON:
    if {"type": "null"} in schema.get("anyOf", []) or schema == {"type": "null"}:
        return schema
    default = {"default": schema["default"]} if "default" in schema else {}
    return {**maybe({key: value for key, value in schema.items() if key != "default"}), **default}


def _described(schema: JSON, said: str) -> JSON:
    return {**schema, "description": said} if said else schema


def _plain(schema: JSON) -> JSON:
    return {key: value for key, value in schema.items() if key not in ("title", "description")}
