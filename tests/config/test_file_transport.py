from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue
from kombu.simple import SimpleQueue

from config import env, file_transport

MANY = 300


def connect(data: Path) -> Connection:
    return Connection(f"{file_transport.NAME}://", transport_options=env.file_transport(data))


def queue_of(connection: Connection, name: str = "work") -> SimpleQueue:
    return connection.SimpleQueue(Queue(name, Exchange(name, type="direct"), routing_key=name), no_ack=True)


@pytest.fixture(autouse=True)
def forget_bindings() -> None:
    """Kombu remembers for the whole process what it has bound; each test has a folder of its own."""
    file_transport.Transport.global_state.clear()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with connect(tmp_path) as connection:
        yield connection


def messages(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "broker").iterdir())


def test_messages_arrive_in_order_and_leave_nothing_behind(connection: Connection, tmp_path: Path) -> None:
    queue = queue_of(connection)
    for number in range(5):
        queue.put({"number": number})
    assert [queue.get(timeout=5).payload["number"] for _ in range(5)] == list(range(5))
    assert messages(tmp_path) == []


def test_queues_do_not_hear_each_other(connection: Connection) -> None:
    queue_of(connection, "work").put({"for": "work"})
    other = queue_of(connection, "other.work")
    with pytest.raises(Empty):
        other.get(block=False)
    assert queue_of(connection, "work").get(timeout=5).payload == {"for": "work"}


@pytest.mark.parametrize("content", [b"", b'{"body": "cut of', b"\xff\xfe"])
def test_a_broken_message_is_put_aside_and_the_next_one_read(connection: Connection, tmp_path: Path, content: bytes) -> None:
    queue = queue_of(connection)
    (tmp_path / "broker" / "000000000000_broken.work.msg").write_bytes(content)
    queue.put({"sound": True})
    assert queue.get(timeout=5).payload == {"sound": True}
    assert messages(tmp_path) == ["000000000000_broken.work.unreadable"]


def test_a_message_appears_only_when_it_is_whole(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = queue_of(connection)
    seen: list[list[str]] = []
    replace = Path.replace

    def look_before(self: Path, target: Any) -> Path:
        seen.append([name for name in messages(tmp_path) if name.endswith(".msg") and not name.startswith(".")])
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look_before)
    queue.put({"whole": True})
    assert seen == [[]]
    assert len(messages(tmp_path)) == 1


def test_two_processes_may_bind_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=bind, args=(tmp_path, name)) for name in ("one", "two", "three", "four")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    with connect(tmp_path) as connection:
        table = connection.default_channel.get_table("shared")
    assert sorted(row.queue for row in table) == ["four", "one", "three", "two"]


def bind(data: Path, name: str) -> None:
    with connect(data) as connection:
        Queue(name, Exchange("shared", type="direct"), routing_key=name)(connection.default_channel).declare()


def test_of_many_messages_each_is_read_once_while_others_write_and_read(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writer = context.Process(target=write_many, args=(tmp_path,))
    results: Any = context.Queue()
    readers = [context.Process(target=read_until_quiet, args=(tmp_path, results)) for _ in range(2)]
    for process in (writer, *readers):
        process.start()
    read = [results.get(timeout=60) for _ in readers]
    for process in (writer, *readers):
        process.join(30)
    assert sorted(number for numbers in read for number in numbers) == list(range(MANY))


def write_many(data: Path) -> None:
    with connect(data) as connection:
        queue = queue_of(connection)
        for number in range(MANY):
            queue.put({"number": number})


def read_until_quiet(data: Path, results: Any) -> None:
    numbers = []
    with connect(data) as connection:
        queue = queue_of(connection)
        try:
            while True:
                numbers.append(queue.get(timeout=3).payload["number"])
        except Empty:
            results.put(numbers)
