"""Requests: JSON that is exactly what it should be, or a refusal that names the parameter."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from trainer.api.door import Call
from trainer.api.envelope import BadRequest

THINGS = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "a string",
    "bool_type": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
LIMITS = {
    "greater_than_equal": ("ge", ">=", "below_min_value"),
    "greater_than": ("gt", ">", "below_min_value"),
    "less_than_equal": ("le", "<=", "above_max_value"),
}
LENGTHS = {
    "string_too_short": ("min_length", "at least"),
    "string_too_long": ("max_length", "at most"),
    "too_short": ("min_length", "at least"),
    "too_long": ("max_length", "at most"),
}
NAMES = {str: "a string", bool: "a boolean", int: "an integer", float: "a number", list: "an array", dict: "an object"}


def _storable(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("storable", "Invalid value: the null character is not allowed.")
    return text


# A text that goes to the database, which cannot hold the null character everywhere.
Text = Annotated[str, AfterValidator(_storable)]


class Ask(BaseModel):
    """A request body. A parameter that is null is the same as one that is absent."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Asked = TypeVar("Asked", bound=Ask)


def read(call: Call, model: type[Asked], /, **usual: Any) -> Asked:
    """Return the body as a `model`; parameters that it leaves out are `usual`."""
    try:
        return model.model_validate({**usual, **{name: value for name, value in body(call).items() if value is not None}})
    except ValidationError as error:
        raise _refusal(error.errors()[0]) from None


def body(call: Call) -> dict[str, Any]:
    try:
        value = orjson.loads(call.body or b"{}")
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, dict):
        return value
    raise BadRequest(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The API expects a JSON payload, but what was sent was not valid JSON.)"
    )


def fingerprint(call: Call) -> str:
    """Return a hash that is equal for equal requests, however their JSON is spelt."""
    content = orjson.dumps([call.path.rstrip("/"), body(call)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def _refusal(error: ErrorDetails) -> BadRequest:
    param = ".".join(str(part) for part in error["loc"])
    message, code = _message(error, param)
    return BadRequest(message, param=param or None, code=code)


def _message(error: ErrorDetails, param: str) -> tuple[str, str | None]:
    kind, given, limits = error["type"], error["input"], error.get("ctx", {})
    if kind == "missing":
        return f"Missing required parameter: '{param}'.", "missing_required_parameter"
    if kind == "extra_forbidden":
        return f"Unrecognized request argument supplied: {param}", "unknown_parameter"
    if kind in THINGS:
        return f"Invalid type for '{param}': expected {THINGS[kind]}, but got {_thing(given)} instead.", "invalid_type"
    if kind in LIMITS:
        key, sign, code = LIMITS[kind]
        return f"Invalid value for '{param}': expected a value {sign} {limits[key]}, but got {given} instead.", code
    if kind in LENGTHS:
        key, bound = LENGTHS[kind]
        unit = "characters" if isinstance(given, str) else "items"
        return f"Invalid value for '{param}': expected {bound} {limits[key]} {unit}.", "invalid_length"
    if kind == "literal_error":
        return (
            f"Invalid value for '{param}': expected {limits['expected']}, but got {_shown(given)} instead.",
            "invalid_value",
        )
    return error["msg"], "invalid_value"


def _thing(value: object) -> str:
    return NAMES.get(type(value), "null")


def _shown(value: object) -> str:
    return repr(value)[:80]
