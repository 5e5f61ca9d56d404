"""The dashboard's ASGI application: pages on a few threads, what waits on the event loop."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.urls import Resolver404, resolve

from work.serving import Message, OneThread, Receive, Send


class Dashboard(OneThread):
    """Hands asynchronous views to Django's own application: streams and questions to providers hold no thread."""

    def __init__(self) -> None:
        super().__init__(settings.WEB_THREADS)
        self._waiting = ASGIHandler()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        answer = self._waiting if scope["type"] == "http" and waits(_path(scope)) else super().__call__
        await answer(scope, receive, send)


def _path(scope: Message) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


@lru_cache(maxsize=4096)
def waits(path: str) -> bool:
    """Tell whether the view of an address is asynchronous."""
    try:
        return iscoroutinefunction(resolve(path).func)
    except Resolver404:
        return False
