"""A provider that answers at once, in a process of its own: `python -m tests.bench.load.provider`; it prints its port."""

from __future__ import annotations

import asyncio
import json
import re

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
CHOICE = {"index": 0, "text": " yes", "finish_reason": "stop", "logprobs": None}
SAID = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "quick", "choices": [CHOICE]}
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "quick",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
}
USAGE = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
LISTED = {"object": "list", "has_more": False, "data": [{"id": "babbage-002", "object": "model", "owned_by": "system"}]}


def answer(head: bytes, body: bytes) -> bytes:
    path = head.split(b" ", 2)[1]
    said = CHAT if b"/chat/" in path else SAID if b"/completions" in path else LISTED
    if b'"stream":true' in body.replace(b" ", b""):
        chunk = json.dumps({**SAID, "object": "text_completion.chunk"})
        return _whole(f"data: {chunk}\n\ndata: [DONE]\n\n".encode(), b"text/event-stream")
    return _whole(json.dumps({**said, "usage": USAGE}).encode(), b"application/json")


def _whole(body: bytes, kind: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)


async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            found = LENGTH.search(head)
            writer.write(answer(head, await reader.readexactly(int(found[1])) if found else b""))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def serve() -> None:
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
