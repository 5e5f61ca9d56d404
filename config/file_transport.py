"""Celery messages as files, for one machine without a broker: `files://`.

Kombu's own filesystem transport writes a message in place, so that a reader can meet a half-written one
and end its worker, and moves messages through the machine's temporary folder. Here a file appears
whole, is claimed by a rename within its folder, and one that cannot be read is put aside.
"""

from __future__ import annotations

import fcntl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

NAME = "files"
TRANSPORT_ALIASES[NAME] = "config.file_transport:Transport"


class Channel(filesystem.Channel):  # type: ignore[misc]
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        _write_whole(Path(self.data_folder_out) / _name(queue), dumps(payload))

    def _get(self, queue: str) -> Any:
        for path in sorted(Path(self.data_folder_in).iterdir()):
            if path.name.partition(".")[2] == f"{queue}.msg" and (text := _claim(path)) is not None:
                return loads(text)
        raise Empty

    def get_table(self, exchange: str) -> list[Any]:
        try:
            rows = loads(self._exchange_file(exchange).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return [filesystem.exchange_queue_t(*row) for row in rows]

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        with self._exchange_locked(exchange):
            table, row = self.get_table(exchange), (routing_key or "", pattern or "", queue or "")
            if row not in table:
                _write_whole(self._exchange_file(exchange), dumps([row, *table]))

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any) -> None:
        for path in Path(self.data_folder_in).glob(f"*_*.{queue}.msg"):
            path.unlink(missing_ok=True)
        with self._exchange_locked(exchange):
            table, row = self.get_table(exchange), (routing_key or "", pattern or "", queue or "")
            if row in table:
                _write_whole(self._exchange_file(exchange), dumps([other for other in table if other != row]))

    @contextmanager
    def _exchange_locked(self, exchange: str) -> Iterator[None]:
        self.control_folder.mkdir(exist_ok=True)
        with self._exchange_file(exchange).with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):  # type: ignore[misc]
    Channel = Channel


def _name(queue: str) -> str:
    return f"{time.monotonic_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"


def _write_whole(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _claim(path: Path) -> str | None:
    """Take a message away and return its text; None if another worker has it or it is no message."""
    mine = path.with_suffix(".taken")
    try:
        path.rename(mine)
        text = mine.read_text(encoding="utf-8")
        loads(text)
    except FileNotFoundError:
        return None
    except ValueError:
        mine.replace(path.with_suffix(".unreadable"))
        return None
    mine.unlink()
    return text
