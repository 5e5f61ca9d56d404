"""The dashboard as it is served, which also tells how many questions it has asked its database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.signals import connection_created

from config.asgi import application as dashboard

asked = 0


def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    global asked
    asked += not sql.startswith("PRAGMA")
    return execute(sql, params, many, context)


def watch(connection: Any, **_: Any) -> None:
    if count not in connection.execute_wrappers:
        connection.execute_wrappers.append(count)


connection_created.connect(watch)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope.get("path") != "/asked":
        await dashboard(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(asked).encode()})
