"""The thread of an asynchronous request."""

from __future__ import annotations

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import close_old_connections


async def give_back() -> None:
    """End the thread that the request has for what is synchronous, and the database connection in it.

    Both would stay until the answer is complete, which for a stream is a long time. Should something
    synchronous follow, it gets a new thread.
    """
    await sync_to_async(close_old_connections)()
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        executor.shutdown(wait=False)
