"""Find the words for a person in an answer that is not a success.

Not every server keeps to OpenAI's envelope: `{"detail": …}`, `{"message": …}`, `{"error": "text"}`,
plain text and the web pages of proxies are read too.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from openai_api import answers, retry
from openai_api.errors import BadAnswer, StatusError, StreamFailed, for_status

LONGEST_MESSAGE = 1000  # characters

_TITLE = re.compile(r"<(?:title|h1)[^>]*>(.*?)</(?:title|h1)>", re.IGNORECASE | re.DOTALL)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+")


@dataclass(frozen=True, kw_only=True)
class Words:
    message: str = ""
    code: str | None = None
    param: str | None = None
    type: str | None = None


def error(status: int, headers: Mapping[str, str], body: bytes, redact: Callable[[str], str]) -> StatusError:
    """Make the error of a refusal, with the provider's own words."""
    words = _without_key(read(body), redact)
    message = _readable(words.message) or _readable(redact(_nothing_said(status, headers)))
    return for_status(status, words.code, words.type)(
        message,
        status=status,
        code=words.code,
        param=words.param,
        type=words.type,
        request_id=request_id(headers, redact),
        retry_after=retry.asked_for(headers),
        should_retry=retry.advice(headers),
        is_page=body.lstrip()[:1] == b"<",
    )


def request_id(headers: Mapping[str, str], redact: Callable[[str], str]) -> str | None:
    said = headers.get("x-request-id") or headers.get("request-id")
    return redact(said) if said else None


def in_stream(data: Mapping[str, Any], redact: Callable[[str], str]) -> StreamFailed:
    """Make the error of an answer that ends with an `error` object."""
    words = _without_key(_envelope(data), redact)
    message = _readable(words.message) or "The provider broke off its answer without giving a reason."
    return StreamFailed(message, code=words.code, type=words.type)


def _without_key(words: Words, redact: Callable[[str], str]) -> Words:
    """Take the key out of every field: a server may repeat it in any of them."""
    said = {name: redact(text) for name, text in vars(words).items() if text}
    return replace(words, **said)


def read(body: bytes) -> Words:
    """Read a refusal's body, whatever it is."""
    text = body[: 64 * 1024].decode("utf-8", errors="replace")
    try:
        data = answers.parse(body)
    except BadAnswer:
        return Words(message=_page(text) if text.lstrip()[:1] == "<" else text.strip())
    if isinstance(data, dict):
        return _envelope(data)
    return Words(message=data if isinstance(data, str) else _sentences(data))


def _envelope(data: Mapping[str, Any]) -> Words:
    inner = data.get("error")
    fields = inner if isinstance(inner, dict) else data
    said = inner if isinstance(inner, str) else ""
    said = _first(fields, "message", "detail", "error_description", "title") or said
    return Words(
        message=said or _sentences(data.get("errors")),
        code=_short(fields.get("code")),
        param=_short(fields.get("param")),
        type=_short(fields.get("type")),
    )


def _first(fields: Mapping[str, Any], *names: str) -> str:
    return next((text for name in names if (text := _sentences(fields.get(name)))), "")


def _sentences(value: Any) -> str:
    """Join what validators say: text, or a list of texts and of {"loc": […], "msg": "…"}."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(filter(None, map(_sentences, value[:20])))
    if isinstance(value, dict):
        said = value.get("msg") or value.get("message")
        place = value.get("loc")
        where = ".".join(map(str, place)) + ": " if isinstance(place, list) and place else ""
        return f"{where}{said}" if isinstance(said, str) else ""
    return ""


def _short(value: Any) -> str | None:
    return str(value)[:200] if isinstance(value, str | int) and value != "" else None


def _page(text: str) -> str:
    title = _TITLE.search(text)
    heading = html.unescape(re.sub(r"<[^>]*>", " ", title[1])).strip() if title else ""
    return f"The server answered with a web page: {heading}" if heading else ""


def _nothing_said(status: int, headers: Mapping[str, str]) -> str:
    if 300 <= status < 400:
        place = headers.get("location", "another address")
        return f"The server points to {place}. Keys are not sent on: enter that address instead."
    return f"The server answered {status} {_phrase(status)} without giving a reason."


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


def _readable(message: str) -> str:
    line = _INVISIBLE.sub(" ", message).strip()
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"
