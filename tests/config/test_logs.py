"""Lines of the log: one form, all ids, no secrets, and nothing that a hostile text could forge."""

from __future__ import annotations

import json
import logging
import logging.config
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import ResolverMatch
from hypothesis import given
from hypothesis import strategies as st

from config import logs
from config.env import ConfigurationError
from work import trace

KEY = "canary-key-that-costs-money"


@pytest.fixture(autouse=True)
def nothing_is_known() -> Iterator[None]:
    trace.begin({})
    yield
    trace.begin({})


def record(message: str, *args: Any, error: bool = False, **extra: Any) -> logging.LogRecord:
    info = sys.exc_info() if error else None
    made = logging.LogRecord("finetunes.create", logging.WARNING, "create.py", 1, message, args, info)
    made.__dict__.update(extra)
    return made


def failing(text: str) -> logging.LogRecord:
    try:
        raise RuntimeError(text)
    except RuntimeError:
        return record("it failed", error=True)


def test_a_line_says_when_how_bad_where_what_and_what_about() -> None:
    trace.begin({"request_id": "req_one", "person": 3})
    line = logs.Line().format(record("sent %s", 17, about={"ms": 4}))
    when, rest = line.split(" ", 1)
    assert when.endswith("Z")
    assert rest == "WARNING finetunes.create: sent 17 [request_id=req_one person=3 ms=4]"


def test_json_says_the_same_under_names() -> None:
    trace.begin({"request_id": "req_one", "organization": 2})
    entry = json.loads(logs.Json().format(record("sent %s", 17, about={"ms": 4})))
    assert entry.pop("at").endswith("Z")
    assert entry.pop("process") > 0
    assert entry == {
        "level": "warning",
        "logger": "finetunes.create",
        "message": "sent 17",
        "request_id": "req_one",
        "organization": 2,
        "ms": 4,
    }


def test_a_traceback_is_part_of_its_entry() -> None:
    entry = json.loads(logs.Json().format(failing("no room")))
    assert entry["exception"].startswith("Traceback")
    assert entry["exception"].endswith("RuntimeError: no room")


@pytest.mark.parametrize("form", [logs.Line, logs.Json])
@pytest.mark.parametrize(
    "text",
    [
        f"key={KEY} was refused",
        "Authorization: Bearer abcdefgh12345678",
        "Incorrect API key provided: sk-abcd1234efgh",
        "no account for mia.example@company.example",
        'duplicate key\nDETAIL:  Key (email)=(mia.example@company.example) and "a text of mia"',
    ],
)
def test_secrets_and_addresses_of_people_stay_out_of_messages_and_tracebacks(form: type[logs.Formatter], text: str) -> None:
    for line in (form([KEY]).format(record("%s", text)), form([KEY]).format(failing(text))):
        for secret in (KEY, "abcdefgh12345678", "sk-abcd1234efgh", "company.example"):
            assert secret not in line


def test_what_a_database_quotes_of_a_row_stays_out_of_tracebacks() -> None:
    line = logs.Line().format(failing("null value\nDETAIL:  Failing row contains (17, a person's own words)."))
    assert "own words" not in line
    assert "DETAIL: [left out]" in line


def test_names_of_workers_are_no_addresses() -> None:
    assert "dashboard@host.example.com" in logs.Line().format(record("dashboard@host.example.com ready."))


@given(st.text(st.characters(codec=None)))
def test_whatever_a_message_says_it_stays_one_line(text: str) -> None:
    assert len(logs.Line().format(record("%s", text)).splitlines()) == 1
    assert "\n" not in logs.Json().format(record("%s", text))


def test_lines_of_a_traceback_cannot_be_taken_for_lines_of_the_log() -> None:
    lines = logs.Line().format(failing("\n2026-01-01T00:00:00.000Z INFO forged: all is well")).splitlines()
    assert all(line.startswith("  ") for line in lines[1:])


def test_the_address_of_a_failed_request_is_told_by_its_route() -> None:
    request = RequestFactory().get("/join/secret-of-the-invitation/")
    request.resolver_match = ResolverMatch(lambda: None, (), {}, "join", route="join/<str:token>/")
    failed = record("%s: %s", "Forbidden", request.path, request=request)
    assert logs.NoAddress().filter(failed)
    assert failed.getMessage() == "Forbidden: /join/<str:token>/"
    lost = record("%s: %s", "Not Found", "/join/secret", request=RequestFactory().get("/join/secret"))
    logs.NoAddress().filter(lost)
    assert "secret" not in lost.getMessage()


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Configure as a process does, and take it back."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    names = ("uvicorn", "uvicorn.error", "uvicorn.access", "django")
    kept = {name: (logging.getLogger(name).handlers[:], logging.getLogger(name).propagate) for name in names}

    def configure(form: str, level: str = "info") -> logging.Formatter:
        monkeypatch.setenv("TUNEDECK_LOG_FORMAT", form)
        monkeypatch.setenv("TUNEDECK_LOG_LEVEL", level)
        logging.config.dictConfig(logs.configuration([KEY]))
        assert root.handlers[0].formatter is not None
        return root.handlers[0].formatter

    yield configure
    root.handlers[:], root.level = before
    for name, (handlers, propagate) in kept.items():
        logging.getLogger(name).handlers[:], logging.getLogger(name).propagate = handlers, propagate


def test_the_settings_choose_the_form_and_the_level(configured: Any) -> None:
    assert isinstance(configured("json", "debug"), logs.Json)
    assert logging.getLogger().level == logging.DEBUG
    assert isinstance(configured("line"), logs.Line)
    assert logging.getLogger().level == logging.INFO


def test_uvicorn_writes_the_same_lines_as_everybody(configured: Any) -> None:
    own = logging.getLogger("uvicorn")
    own.addHandler(logging.StreamHandler())
    own.propagate = False
    configured("json")
    assert own.handlers == []
    assert own.propagate


def test_addresses_that_uvicorn_would_write_are_written_nowhere(configured: Any) -> None:
    logging.getLogger("uvicorn.access").addHandler(logging.StreamHandler())
    configured("line")
    assert not logging.getLogger("uvicorn.access").hasHandlers()


def test_an_unknown_form_is_refused_with_a_sentence(configured: Any) -> None:
    with pytest.raises(ConfigurationError, match="TUNEDECK_LOG_FORMAT must be one of line, json"):
        configured("xml")
