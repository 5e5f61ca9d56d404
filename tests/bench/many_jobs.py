"""A provider of many running fine-tunes in a process of its own: `python -m tests.bench.many_jobs NUMBER`.

It prints its port, and answers what polling asks: each fine-tune, and its newest events. `POST /tick/N` lets
N more events happen in every one. The answers are cheap to make, so that the poller is what is measured.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

import orjson

BORN = 1_760_000_000
PAGE = 100
JOB = re.compile(rb"GET /v1/fine_tuning/jobs/ftjob-(\d+)(/events)?[ ?](?:[^ ]*after=ftevent-\d+-(\d+))?")


@dataclass
class Jobs:
    number: int
    told: int = 0

    def list_page(self) -> bytes:
        jobs = [self.job(number) for number in range(self.number)]
        return orjson.dumps({"object": "list", "data": jobs, "has_more": False})

    def job(self, number: int) -> dict[str, object]:
        return {
            "id": f"ftjob-{number}",
            "object": "fine_tuning.job",
            "model": "gpt-4o-mini-2024-07-18",
            "created_at": BORN,
            "status": "running",
            "training_file": f"file-{number}",
            "hyperparameters": {"n_epochs": 3, "batch_size": 4, "learning_rate_multiplier": 1.8},
            "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3, "batch_size": 4}}},
            "result_files": [],
            "error": {},
            "metadata": {},
            "seed": 42,
            "organization_id": "org-example",
        }

    def events(self, job: int, before: int) -> dict[str, object]:
        last = min(self.told, before - 1) if before else self.told
        steps = range(last, max(0, last - PAGE), -1)
        return {"object": "list", "data": [self.event(job, step) for step in steps], "has_more": last > PAGE}

    def event(self, job: int, step: int) -> dict[str, object]:
        loss, accuracy = 2.5 / (1 + step / 50), 1 - 1 / (1 + step / 50)
        return {
            "id": f"ftevent-{job}-{step}",
            "object": "fine_tuning.job.event",
            "created_at": BORN + step,
            "level": "info",
            "type": "metrics",
            "message": f"Step {step}/10000: training loss={loss:.2f}",
            "data": {"step": step, "total_steps": 10000, "train_loss": loss, "train_mean_token_accuracy": accuracy},
        }

    def answer(self, head: bytes) -> bytes:
        if found := JOB.match(head):
            job = int(found[1])
            return orjson.dumps(self.events(job, int(found[3] or 0)) if found[2] else self.job(job))
        if head.startswith(b"POST /tick/"):
            self.told += int(head.split()[1].rpartition(b"/")[2])
        return self.list_page() if b"/jobs" in head else b"{}"


async def serve(number: int) -> None:
    jobs = Jobs(number)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = jobs.answer(head)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
                writer.write(body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@dataclass
class Elsewhere:
    """The provider as it is seen from another process."""

    port: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def happen(self, events: int) -> None:
        urlopen(Request(f"http://127.0.0.1:{self.port}/tick/{events}", method="POST")).close()


@contextmanager
def many_jobs(number: int) -> Iterator[Elsewhere]:
    command = [sys.executable, "-m", "tests.bench.many_jobs", str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Elsewhere(int(process.stdout.readline()))
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
