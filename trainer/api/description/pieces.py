"""What descriptions are made of: kinds of values, objects, parameters, answers and operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

JSON = dict[str, Any]

TEXT: JSON = {"type": "string"}
WHOLE: JSON = {"type": "integer"}
COUNT: JSON = {"type": "integer", "minimum": 0}
NUMBER: JSON = {"type": "number"}
FLAG: JSON = {"type": "boolean"}
TIME: JSON = {"type": "integer", "minimum": 0, "description": "Seconds since 1970, UTC."}

REFUSALS: dict[int, tuple[str, str]] = {
    400: ("Refused", "The request is not as it should be; `param` names what is wrong."),
    401: ("Unauthenticated", "No key, or one that is not valid, or a header `OpenAI-Organization` that names another's."),
    403: ("Forbidden", "Only a key of the role owner may do this."),
    404: ("Missing", "There is no such thing, or it belongs to another organization."),
    405: ("NotAllowed", "The address takes other methods; the header `Allow` names them."),
    409: ("Conflict", "The `Idempotency-Key` was used for a different request."),
    413: ("TooLarge", "More bytes than the trainer takes in."),
    429: ("TooMany", "The key's limit for this minute is used up, or the model is still being loaded."),
    500: ("Broken", "The trainer failed; its log names the `x-request-id`."),
}
ANYWHERE = (400, 401, 405, 429, 500)


def ref(name: str, kind: str = "schemas") -> JSON:
    return {"$ref": f"#/components/{kind}/{name}"}


def maybe(schema: JSON) -> JSON:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def choice(*values: str) -> JSON:
    return {"type": "string", "enum": list(values)}


def only(value: str) -> JSON:
    return {"type": "string", "const": value}


def many(schema: JSON, **limits: Any) -> JSON:
    return {"type": "array", "items": schema, **limits}


def thing(fields: JSON, optional: Sequence[str] = (), description: str = "") -> JSON:
    """Return the schema of an object that has these fields and no other."""
    required = [name for name in fields if name not in optional]
    said = {"description": description} if description else {}
    return {"type": "object", **said, "properties": fields, "required": required, "additionalProperties": False}


def listed(item: str, **more: JSON) -> JSON:
    return thing({"object": only("list"), "data": many(ref(item)), **more})


def paged(item: str) -> JSON:
    return listed(item, has_more=FLAG)


def paged_with_ends(item: str) -> JSON:
    return listed(item, has_more=FLAG, first_id=maybe(TEXT), last_id=maybe(TEXT))


def deleted(kind: str) -> JSON:
    return thing({"id": TEXT, "object": only(kind), "deleted": {"type": "boolean", "const": True}})


def within(name: str, description: str) -> JSON:
    """Return a parameter that is a part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": TEXT, "description": description}


def asked(name: str, schema: JSON, description: str) -> JSON:
    """Return a parameter of the query."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def pages(default: int, most: int) -> list[JSON]:
    limit = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return [
        asked("after", TEXT, "The id of the last thing of the page before."),
        asked("limit", limit, "How many to list."),
    ]


def answer(schema: JSON, **others: JSON) -> JSON:
    """Return what an operation answers with: JSON of the schema, and `others` by the names of `MEDIA`."""
    return {"application/json": {"schema": schema}, **{MEDIA[name]: media for name, media in others.items()}}


MEDIA = {"stream": "text/event-stream", "bytes": "application/octet-stream"}
HEADERS = {
    "x-request-id": "What the trainer's log calls the request.",
    "openai-version": "The version of the API.",
    "openai-processing-ms": "How long answering took, in milliseconds.",
    "x-idempotency-key-hours": "For how many hours an `Idempotency-Key` keeps the same request from making a second job.",
}


def stream(item: str) -> JSON:
    """Return the medium of server-sent events: the data of each is JSON of the named schema, but `[DONE]` at the end."""
    data = {**TEXT, "contentMediaType": "application/json", "contentSchema": ref(item)}
    events = [{"type": "object", "properties": {"data": said}, "required": ["data"]} for said in (only("[DONE]"), data)]
    return {"schema": {"anyOf": events}}


def operation(
    id: str,
    summary: str,
    content: JSON | None,
    *,
    description: str = "",
    parameters: Sequence[JSON] = (),
    body: JSON | None = None,
    fails: Sequence[int] = (),
) -> JSON:
    """Return one method of one address; `content` None is one that is always refused."""
    said = {"description": description} if description else {}
    answers = {} if content is None else {"200": {"description": "OK", "headers": headers(), "content": content}}
    too_large = [413] if body else []
    refused = {str(status): ref(REFUSALS[status][0], "responses") for status in sorted({*ANYWHERE, *fails, *too_large})}
    shape: JSON = {"operationId": id, "summary": summary, **said, "responses": answers | refused}
    if parameters:
        shape["parameters"] = list(parameters)
    if body:
        shape["requestBody"] = body
    return shape


def form(fields: JSON, optional: Sequence[str] = ()) -> JSON:
    """Return a body that is a form with files."""
    required = [name for name in fields if name not in optional]
    schema = {"type": "object", "properties": fields, "required": required}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def headers() -> JSON:
    return {name: {"required": True, "schema": TEXT, "description": said} for name, said in HEADERS.items()}


def refusals() -> JSON:
    """Return the answers that are errors, by the names that operations call them."""
    more: Mapping[int, JSON] = {
        405: {"Allow": {"schema": TEXT, "description": "The methods that the address takes."}},
        429: {"retry-after": {"schema": TEXT, "description": "When to come again, in seconds."}},
    }
    return {
        name: {"description": said, "headers": {**headers(), **more.get(status, {})}, "content": answer(ref("Error"))}
        for status, (name, said) in REFUSALS.items()
    }


ERROR = thing(
    {
        "error": thing(
            {
                "message": {"type": "string", "description": "For people."},
                "type": {"type": "string", "description": "The family of the error."},
                "param": {**maybe(TEXT), "description": "The parameter that is wrong."},
                "code": {**maybe(TEXT), "description": "For programs."},
            }
        )
    }
)
