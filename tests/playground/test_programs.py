"""The programs that are offered send exactly what Run would send, whatever people type."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from playground import compose, literals
from playground.forms import form_for
from playground.pick import Picked
from playground.programs import Program, programs
from tests.clients.conftest import program as client_program
from tests.playground.conftest import CLASSES, TALK, Away, picked
from tests.playground.provider import Provider, Received, Streamed, Whole, chat_chunk, chat_whole, completion, serving

KEY = "sk-from-the-environment"
HOSTILE = (
    'Say "hi", it\'s `date` $(touch owned) ${HOME} %s {0} \\n \\ \'\'\' """ </script>\n'
    "JSON\n<<EOF\n\tTab, 한국어, қазақ, 🦄, \u2028, \u2029, \u202e, \u200b, \x7f, \\u2028, \x1b[31m, é"
)
TOOLS = [
    {
        "type": "function",
        "function": {"name": "weather", "parameters": {"type": "object", "properties": {"__proto__": {"type": "string"}}}},
    }
]
SCHEMA = {"name": "x", "schema": {"type": "object", "properties": {HOSTILE[:40]: {"enum": [1.5, True, None, [], {}]}}}}
COMPLETING: list[dict[str, Any]] = [
    {"prompt": HOSTILE, "stop": " END\\n\n\\t", "user": "$(id)'\"", "max_tokens": "7", "temperature": "0.7", "echo": "on"},
    {"prompt": "a", "logit_bias": '{"50256": -100, "11": 2.5}', "seed": "-3", "n": "2", "best_of": "3", "suffix": HOSTILE},
    {"prompt": HOSTILE, "stream": "on", "include_usage": "on", "logprobs": "5"},
    {"prompt": ""},
]
CHATTING: list[dict[str, Any]] = [
    {
        "system": HOSTILE,
        "thread": [
            {"role": "user", "content": HOSTILE},
            {"role": "assistant", "content": "x"},
            {"role": "user", "content": "'"},
        ],
    },
    {"tools": json.dumps(TOOLS), "tool_choice": "weather", "parallel_tool_calls": "false", "store": "on"},
    {"metadata": json.dumps({"__proto__": HOSTILE[:60], "a b": "c"}), "store": "on", "top_logprobs": "3", "logprobs": "on"},
    {"response_format": "json_schema", "json_schema": json.dumps(SCHEMA), "stream": "on"},
]


def connected(provider_url: str, format: str, **trained: Any) -> Picked:
    model = picked(format, **trained)
    connection: Any = model.connection
    connection.base_url = provider_url
    return model


def asked(model: Picked, fields: dict[str, Any]) -> dict[str, Any]:
    more = {"thread": [{"role": "user", "content": "Hello"}]} if model.is_chat else {}
    form = form_for(model, more | fields)
    assert form.is_valid(), form.errors
    return compose.body(model, form.cleaned_data)


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[Provider, str]]:
    with serving() as place:
        yield place


def models(base_url: str) -> list[tuple[Picked, dict[str, Any]]]:
    """Every question of this module, with the model that it is put to."""
    writer = connected(base_url, "prompt-completion", task="open-ended")
    talker = connected(base_url, "chat", **{name: value for name, value in TALK.items() if name != "format"})
    connection: Any = talker.connection
    connection.organization_header = "org-'$(id)\""
    return [(writer, asked(writer, fields)) for fields in COMPLETING] + [
        (talker, asked(talker, fields)) for fields in CHATTING
    ]


def ran(provider: tuple[Provider, str], key: str, run: Callable[[list[str]], object]) -> None:
    """Have the programs of all questions run at once, and hold what arrived against what Run would have sent."""
    place, base_url = provider
    questions = models(base_url)
    place.received.clear()
    answers = [answer_to(body) for _model, body in questions]
    place.will(*answers, answers[-1])
    texts = [found.text for model, body in questions for found in programs(model, body) if found.key == key]
    run(texts)
    assert [one.body for one in place.received] == [body for _model, body in questions]
    assert {header(one, "authorization") for one in place.received} == {f"Bearer {KEY}"}
    for one, (model, _body) in zip(place.received, questions, strict=True):
        assert compose.address(model).endswith(one.path)
        assert header(one, "openai-organization") == model.connection.organization_header


def header(received: Received, name: str) -> str:
    return next((value for found, value in received.headers.items() if found.lower() == name), "")


def answer_to(body: dict[str, Any]) -> Streamed | Whole:
    chat = "messages" in body
    if body.get("stream"):
        return Streamed([chat_chunk("Hi", finish="stop") if chat else completion("Hi")])
    return Whole(chat_whole("Hi") if chat else completion("Hi"))


def environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return inherited | {"OPENAI_API_KEY": KEY, "NO_PROXY": "*", "PYTHONUTF8": "1"}


def call(command: list[str], cwd: Path, **options: Any) -> str:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=60, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    assert not (cwd / "owned").exists()
    return done.stdout


EACH = "import json, sys\nfor text in json.load(sys.stdin): exec(compile(text, 'program', 'exec'), {})"


@pytest.mark.clients
@pytest.mark.parametrize(("key", "client"), [("python", "openai-current"), ("python-old", "openai-legacy")])
def test_python_sends_the_same(provider: tuple[Provider, str], key: str, client: str, tmp_path: Path) -> None:
    command = [client_program(client, "python"), "-c", EACH]
    ran(provider, key, lambda texts: call(command, tmp_path, input=json.dumps(texts)))


def test_curl_sends_the_same(provider: tuple[Provider, str], tmp_path: Path) -> None:
    def run(texts: list[str]) -> None:
        for text in texts:
            call(["bash", "-c", text], tmp_path)

    ran(provider, "curl", run)


STAND_IN = """
export default class OpenAI {
    constructor(options) {
        const to = (path) => async (body) => {
            const headers = { Authorization: `Bearer ${options.apiKey}`, ...options.defaultHeaders };
            if (options.organization) headers["OpenAI-Organization"] = options.organization;
            await fetch(options.baseURL + path, { method: "POST", headers, body: JSON.stringify(body) });
            return body.stream ? (async function* () {})() : { choices: [] };
        };
        this.completions = { create: to("/completions") };
        this.chat = { completions: { create: to("/chat/completions") } };
    }
}
"""


def test_node_sends_the_same(provider: tuple[Provider, str], tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "openai"
    package.mkdir(parents=True)
    (package / "index.js").write_text(STAND_IN)
    (package / "package.json").write_text('{"name": "openai", "type": "module", "main": "index.js"}')

    def run(texts: list[str]) -> None:
        names = []
        for number, text in enumerate(texts):
            (tmp_path / f"program{number}.mjs").write_text(text)
            names.append(f"./program{number}.mjs")
        (tmp_path / "all.mjs").write_text("".join(f"await import({json.dumps(name)});\n" for name in names))
        for name in names[:2]:
            call(["node", "--check", name], tmp_path)
        call(["node", "all.mjs"], tmp_path)

    ran(provider, "node", run)


def written(model: Picked, body: dict[str, Any]) -> dict[str, Program]:
    return {one.key: one for one in programs(model, body)}


def test_no_program_holds_the_key() -> None:
    model = picked(**CLASSES)
    found = written(model, asked(model, {"prompt": "a"}))
    assert list(found) == ["curl", "python", "python-old", "node"]
    for one in found.values():
        assert "sk-hidden-key" not in one.text
        assert "OPENAI_API_KEY" in one.text


def test_what_cannot_be_seen_is_written_as_an_escape() -> None:
    model = picked()
    for one in programs(model, asked(model, {"prompt": HOSTILE})):
        assert all(letter.isprintable() or letter == "\n" for letter in one.text), one.key
        assert "한국어" in one.text
        assert "🦄" in one.text


def test_a_number_that_javascript_would_round_is_pointed_out() -> None:
    model = picked()
    body = asked(model, {"prompt": "a", "seed": str(2**62)})
    assert f"// JavaScript rounds {2**62}" in written(model, body)["node"].text
    assert "rounds" not in written(model, asked(model, {"prompt": "a", "seed": "5"}))["node"].text


AZURE = [
    ("/openai/v1", "", "/openai/v1/completions"),
    ("/openai", "2025-04-01", "/openai/deployments/ada%3Aft-example/completions?api-version=2025-04-01"),
]


def on_azure(url: str, version: str) -> Picked:
    connection: Any = Away(base_url=url, dialect="azure", api_version=version)
    return Picked(connection=connection, name="ada:ft-example", base_model="ada", format="prompt-completion")


@pytest.mark.clients
def test_azures_key_and_address_are_its_own(provider: tuple[Provider, str], tmp_path: Path) -> None:
    place, url = provider
    both = [on_azure(url.removesuffix("/v1") + base_url, version) for base_url, version, _path in AZURE]
    body = asked(both[0], {"prompt": "a"})
    place.received.clear()
    place.will(Whole(completion("Hi")))
    found = [written(model, body) for model in both]
    for one in found:
        call(["bash", "-c", one["curl"].text], tmp_path)
    for key, client in (("python", "openai-current"), ("python-old", "openai-legacy")):
        texts = json.dumps([one[key].text for one in found])
        call([client_program(client, "python"), "-c", EACH], tmp_path, input=texts)
    assert [(one.body, header(one, "api-key")) for one in place.received] == [(body, KEY)] * 6
    assert [one.path.replace("ada:", "ada%3A") for one in place.received] == [path for *_, path in AZURE] * 3


@pytest.mark.parametrize("value", [[], {}, [[]], {"a": {}}, "", "\\", None, True, 0, -1.5, [1, [2, {"b": "c"}]]])
def test_every_value_is_written_as_itself(value: Any) -> None:
    assert json.loads(literals.readable(value)) == value
    assert eval(literals.python(value)) == value
