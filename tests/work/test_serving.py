"""A request from beginning to end on one of a few threads."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.signals import request_finished, request_started
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils import timezone, translation

from tests.product import wait_for
from tests.work.served import GONE, WHOLE, scope, served, spoken
from work.serving import OneThread

THREADS = 3
GATE = threading.Barrier(THREADS + 1, timeout=20)
CONNECTIONS: list[Any] = []
ENDED, LATER = threading.Event(), threading.Event()


def who(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(threading.current_thread().name)


def together(_request: HttpRequest) -> HttpResponse:
    GATE.wait()
    return HttpResponse(threading.current_thread().name)


def slow(_request: HttpRequest) -> HttpResponse:
    assert LATER.wait(20)
    return HttpResponse("at last")


def german(_request: HttpRequest) -> HttpResponse:
    translation.activate("de")
    timezone.activate("Asia/Tokyo")
    return HttpResponse("ja")


def which(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{translation.get_language()} {timezone.get_current_timezone_name()}")


def asks(_request: HttpRequest) -> HttpResponse:
    count = get_user_model().objects.count()
    CONNECTIONS.append(connection.connection)
    return HttpResponse(str(count))


def rows(_request: HttpRequest) -> StreamingHttpResponse:
    async def lines() -> AsyncIterator[str]:
        for _each in range(3):
            yield f"{await sync_to_async(get_user_model().objects.count)()}\n"
            await sync_to_async(lambda: CONNECTIONS.append(connection.connection))()

    return StreamingHttpResponse(lines())


def endless(_request: HttpRequest) -> StreamingHttpResponse:
    async def lines() -> AsyncIterator[str]:
        try:
            while True:
                yield "x"
                await sync_to_async(int)()
        finally:
            ENDED.set()

    return StreamingHttpResponse(lines())


def file(_request: HttpRequest) -> FileResponse:
    return FileResponse(Path(__file__).open("rb"))


def broken(_request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


views = (who, slow, together, german, which, asks, rows, endless, file, broken)
urlpatterns = [path(view.__name__, view) for view in views]


@pytest.fixture
def app(settings: Any) -> OneThread:
    settings.ROOT_URLCONF, settings.MIDDLEWARE, settings.ALLOWED_HOSTS = __name__, [], ["*"]
    CONNECTIONS.clear()
    ENDED.clear()
    return OneThread(THREADS, at_once=THREADS)


@pytest.fixture
def address(app: OneThread) -> Iterator[str]:
    with served(app) as port:
        yield f"http://127.0.0.1:{port}"


def body(sent: list[dict[str, Any]]) -> str:
    return b"".join(one.get("body", b"") for one in sent).decode()


def test_a_page_is_made_on_a_thread_of_the_applications_own(app: OneThread) -> None:
    assert body(spoken(app, scope("/who"), WHOLE)).startswith("request")


def test_so_many_are_made_at_once_and_no_more(address: str) -> None:
    with ThreadPoolExecutor(THREADS * 2) as people:
        asked = [people.submit(httpx.get, f"{address}/together", timeout=20) for _each in range(THREADS * 2)]
        GATE.wait()  # the first ones are all inside
        GATE.wait()  # and the others come when those have gone
    assert len({one.result().text for one in asked}) == THREADS


def test_one_that_takes_long_makes_room_for_another(settings: Any) -> None:
    settings.ROOT_URLCONF, settings.MIDDLEWARE, settings.ALLOWED_HOSTS = __name__, [], ["*"]
    with served(OneThread(THREADS, at_once=1)) as port, ThreadPoolExecutor(1) as somebody:
        asked = somebody.submit(httpx.get, f"http://127.0.0.1:{port}/slow", timeout=20)
        try:
            assert httpx.get(f"http://127.0.0.1:{port}/who", timeout=20).text.startswith("request")
            assert not asked.done()
        finally:
            LATER.set()
        assert asked.result().text == "at last"


def test_what_one_request_chose_is_not_there_for_the_next(settings: Any) -> None:
    settings.ROOT_URLCONF, settings.MIDDLEWARE, settings.ALLOWED_HOSTS = __name__, [], ["*"]
    app = OneThread(1, at_once=1)
    before = body(spoken(app, scope("/which"), WHOLE))
    assert body(spoken(app, scope("/german"), WHOLE)) == "ja"
    assert body(spoken(app, scope("/which"), WHOLE)) == before


@pytest.mark.django_db(transaction=True)
def test_no_connection_to_the_database_stays_with_the_thread(app: OneThread) -> None:
    assert body(spoken(app, scope("/asks"), WHOLE)) == "0"
    (used,) = CONNECTIONS
    assert used.closed if hasattr(used, "closed") else is_closed(used)


@pytest.mark.django_db(transaction=True)
def test_a_streams_connection_is_given_back_at_its_end(address: str) -> None:
    assert httpx.get(f"{address}/rows").text == "0\n0\n0\n"
    wait_for(lambda: all(used.closed if hasattr(used, "closed") else is_closed(used) for used in CONNECTIONS), "the end")
    assert len(CONNECTIONS) == 3


def is_closed(used: Any) -> bool:
    """An in-memory database of the tests stays open in all threads; a file is closed."""
    if connection.is_in_memory_db():  # type: ignore[attr-defined]
        return True
    try:
        used.execute("SELECT 1")
    except sqlite3.ProgrammingError:  # also: of another thread, which has not closed it
        return "closed" in str(sys.exc_info()[1])
    return False


def test_a_stream_ends_when_nobody_reads_it_any_more(address: str) -> None:
    with httpx.stream("GET", f"{address}/endless") as answer:
        assert next(answer.iter_text())
    assert ENDED.wait(20)


def test_a_stream_that_was_left_at_once_ends_too(app: OneThread) -> None:
    spoken(app, scope("/endless"), WHOLE, GONE)
    assert ENDED.is_set()


def test_a_file_comes_whole(app: OneThread) -> None:
    assert body(spoken(app, scope("/file"), WHOLE)) == Path(__file__).read_text()


def test_an_error_in_a_view_is_an_answer(app: OneThread) -> None:
    head, *_parts = spoken(app, scope("/broken"), WHOLE)
    assert head["status"] == 500


def test_an_address_that_is_no_text_is_refused(app: OneThread) -> None:
    head, *_parts = spoken(app, scope("/who", query_string=b"", headers=[(b"cookie", b"\xff")]), WHOLE)
    assert head["status"] in {200, 400}


def test_whoever_goes_before_the_request_is_whole_gets_nothing(app: OneThread) -> None:
    assert spoken(app, scope("/who"), {"type": "http.request", "body": b"{", "more_body": True}, GONE) == []


def test_the_beginning_and_the_end_of_each_request_are_told(app: OneThread) -> None:
    told: list[str] = []

    def began(**_about: Any) -> None:
        told.append("began")

    def finished(**_about: Any) -> None:
        told.append("finished")

    request_started.connect(began)
    request_finished.connect(finished)
    try:
        spoken(app, scope("/who"), WHOLE)
        spoken(app, scope("/file"), WHOLE)
    finally:
        request_started.disconnect(began)
        request_finished.disconnect(finished)
    assert told == ["began", "finished"] * 2


def test_what_a_process_has_loaded_is_not_looked_through_again() -> None:
    """In a process of its own: it is for good."""
    code = """
import gc, django
django.setup()
from work.serving import settle
before = gc.get_freeze_count()
settle()
assert gc.get_freeze_count() > before + 100_000, gc.get_freeze_count()
assert gc.isenabled()
print(len(gc.get_objects()))
"""
    names = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    told = subprocess.run([sys.executable, "-c", code], env=names, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 0, told.stderr
    assert int(told.stdout) < 1000
