"""The request that Run would send, as a program to copy: cURL, Python with both generations of the package, Node.

The key stays out: each program takes it from the environment.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _

from playground.compose import Target, target
from playground.literals import inexact, javascript, python, readable
from playground.pick import Picked

KEY = "OPENAI_API_KEY"
BEARER = "Authorization"
Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Program:
    key: str
    label: str
    text: str


def ways() -> list[tuple[str, str]]:
    """The keys and labels of what a request can be shown as."""
    return [
        ("json", _("Request")),
        ("curl", "cURL"),
        ("python", "Python"),
        ("python-old", _("Python, openai 0.28")),
        ("node", "Node"),
    ]


def programs(picked: Picked, body: Body) -> list[Program]:
    to, writers = target(picked), {"curl": curl, "python": current, "python-old": legacy, "node": node}
    return [Program(key=key, label=label, text=writers[key](to, body)) for key, label in ways() if key in writers]


def curl(to: Target, body: Body) -> str:
    key = f'"Authorization: Bearer ${KEY}"' if to.key_header == BEARER else f'"{to.key_header}: ${KEY}"'
    headers = [key, "'Content-Type: application/json'"]
    if to.organization:
        headers.append(shlex.quote(f"OpenAI-Organization: {to.organization}"))
    first = f"curl{' --no-buffer' if body.get('stream') else ''} {shlex.quote(to.address)}"
    lines = [first, *(f"-H {header}" for header in headers), "--data-binary @- <<'JSON'"]
    return " \\\n  ".join(lines) + f"\n{readable(body)}\nJSON\n"


def current(to: Target, body: Body) -> str:
    options = {"api_key": f'os.environ["{KEY}"]', "base_url": python(to.base_url)}
    if to.organization:
        options["organization"] = python(to.organization)
    if to.key_header != BEARER:
        options["default_headers"] = f'{{{python(to.key_header)}: os.environ["{KEY}"]}}'
    if to.query:
        options["default_query"] = python(to.query, "    ")
    empty = not _is_chat(to) and "prompt" not in body
    given = {name: python(value, "    ") for name, value in body.items()} | ({"prompt": "NOT_GIVEN"} if empty else {})
    verb = "client.chat.completions.create" if _is_chat(to) else "client.completions.create"
    return (
        f"import os\n\nfrom openai import {'NOT_GIVEN, ' if empty else ''}OpenAI\n\n"
        f"client = {_call('OpenAI', options)}\nanswer = {_call(verb, given)}\n{_printed(to, body, '.')}"
    )


def legacy(to: Target, body: Body) -> str:
    own, more = _legacy_target(to)
    given = {name: python(value, "    ") for name, value in body.items()} | more
    set_up = "".join(f"openai.{name} = {value}\n" for name, value in own.items())
    verb = "openai.ChatCompletion.create" if _is_chat(to) else "openai.Completion.create"
    return f"import os\n\nimport openai\n\n{set_up}answer = {_call(verb, given)}\n{_printed(to, body, '[]')}"


def _legacy_target(to: Target) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is set on the package, and what each call takes besides the body."""
    own = {"api_key": f'os.environ["{KEY}"]', "api_base": python(to.base_url)}
    if to.organization:
        own["organization"] = python(to.organization)
    if to.query:  # Azure by version, which the package builds addresses for by itself
        root, _mark, deployment = to.base_url.partition("/openai/deployments/")
        own |= {"api_base": python(root), "api_type": '"azure"', "api_version": python(to.query["api-version"])}
        return own, {"engine": python(unquote(deployment))}
    return own, {} if to.key_header == BEARER else {"headers": f'{{{python(to.key_header)}: os.environ["{KEY}"]}}'}


def node(to: Target, body: Body) -> str:
    options = [f"apiKey: process.env.{KEY}", f"baseURL: {javascript(to.base_url)}"]
    if to.organization:
        options.append(f"organization: {javascript(to.organization)}")
    if to.key_header != BEARER:
        options.append(f"defaultHeaders: {{ {javascript(to.key_header)}: process.env.{KEY} }}")
    if to.query:
        options.append(f"defaultQuery: {javascript(to.query, '    ')}")
    verb = "client.chat.completions.create" if _is_chat(to) else "client.completions.create"
    rounded = "".join(f"// JavaScript rounds {number}: it knows whole numbers up to 2^53.\n" for number in inexact(body))
    return (
        'import OpenAI from "openai";\n\n'
        + "const client = new OpenAI({\n    "
        + ",\n    ".join(options)
        + f",\n}});\n{rounded}const answer = await {verb}({javascript(body)});\n"
        + _logged(to, body)
    )


def _call(name: str, given: Mapping[str, str]) -> str:
    return f"{name}(\n" + "".join(f"    {option}={value},\n" for option, value in given.items()) + ")"


def _printed(to: Target, body: Body, access: str) -> str:
    """Print the answer; `access` is how the package's objects are read: by attribute or by key."""

    def part(owner: str, *names: str) -> str:
        return owner + "".join(f".{name}" if access == "." else f'["{name}"]' for name in names)

    if not body.get("stream"):
        said = part("choice", "message") if _is_chat(to) else part("choice", "text")
        return f"for choice in {part('answer', 'choices')}:\n    print({said})\n"
    piece = part("choice", "delta") if _is_chat(to) else part("choice", "text")
    if _is_chat(to):
        piece = f'{piece}.content or ""' if access == "." else f'{piece}.get("content") or ""'
    return (
        f'for chunk in answer:\n    for choice in {part("chunk", "choices")}:\n        print({piece}, end="", flush=True)\n'
    )


def _logged(to: Target, body: Body) -> str:
    if not body.get("stream"):
        return f"for (const choice of answer.choices) console.log(choice.{'message' if _is_chat(to) else 'text'});\n"
    piece = 'choice.delta.content ?? ""' if _is_chat(to) else "choice.text"
    return (
        f"for await (const chunk of answer) {{\n    for (const choice of chunk.choices) process.stdout.write({piece});\n}}\n"
    )


def _is_chat(to: Target) -> bool:
    return to.resource.startswith("chat")
