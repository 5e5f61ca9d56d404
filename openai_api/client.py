"""The verbs that every connection has, whatever dialect its provider speaks.

Everything raises openai_api.errors.APIError and nothing else, except for a wrong use of Python.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Container, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx

from openai_api import dialects, files, inference, probing, results, retry, streams
from openai_api.http import TIMEOUT, AsyncTransport, Wire
from openai_api.pacing import Pace
from openai_api.probing import Probe
from openai_api.types import (
    ChatChunk,
    ChatCompletion,
    Completion,
    CompletionChunk,
    DialectName,
    Estimate,
    Limits,
    NewFineTune,
    RemoteCheckpoint,
    RemoteEvent,
    RemoteFile,
    RemoteFineTune,
    RemoteModel,
    Removal,
)


class Client:
    """One account at one provider.

    `retries` is how often a harmless request may be sent again; creating and uploading never are.
    `pace`, if given, makes every request (but those of streams) wait for its turn. `before` is called before each
    of them by the thread that then waits for the answer.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        dialect: DialectName = "jobs",
        *,
        organization: str | None = None,
        api_version: str = "",
        transport: httpx.BaseTransport | None = None,
        async_transport: AsyncTransport = None,
        timeout: httpx.Timeout = TIMEOUT,
        retries: int = retry.RETRIES,
        sleep: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
        before: Callable[[], None] | None = None,
        account: str = "",
    ) -> None:
        self._dialect = dialects.named(dialect)
        self._wire = Wire(
            base_url,
            key,
            headers=self._dialect.headers(key.strip()),
            query=self._dialect.query(api_version.strip()),
            organization=organization,
            transport=transport,
            async_transport=async_transport,
            timeout=timeout,
            retries=retries,
            sleep=sleep,
            pace=pace,
            before=before,
            account=account,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._wire.close()

    @property
    def traits(self) -> dialects.Traits:
        return self._dialect.traits

    @property
    def key_hours(self) -> float:
        """For so long, by its last answers, the server keeps an Idempotency-Key; 0: it says nothing of the kind."""
        return self._wire.key_hours

    def probe(self) -> Probe:
        """Find out what works, without changing anything and without raising an APIError."""
        return probing.probe(self._wire, self._dialect)

    # Files

    def upload_file(self, source: IO[bytes] | Path, filename: str, purpose: str = "fine-tune") -> RemoteFile:
        """Send a file, once: a failure is never followed by a second attempt."""
        return self._dialect.upload(self._wire, source, filename, purpose)

    def files(self) -> list[RemoteFile]:
        return self._dialect.files(self._wire)

    def file(self, file_id: str) -> RemoteFile:
        return self._dialect.file(self._wire, file_id)

    def file_content(self, file_id: str) -> bytes:
        return files.content(self._wire, file_id)

    def save_file(self, file_id: str, sink: IO[bytes]) -> None:
        """Write a file's content to a seekable file, piece by piece, whatever its size."""
        files.save(self._wire, file_id, sink)

    def delete_file(self, file_id: str) -> None:
        """Delete a file; one that is already gone is a success."""
        files.delete(self._wire, file_id)

    # Fine-tunes

    def create_fine_tune(self, new: NewFineTune, idempotency_key: str | None = None) -> RemoteFineTune:
        """Start a fine-tune, once: a failure is never followed by a second attempt.

        After an error with `may_have_happened`, look through fine_tunes() before asking again.
        """
        return self._dialect.create(self._wire, new, idempotency_key)

    def fine_tune(self, fine_tune_id: str) -> RemoteFineTune:
        return self._dialect.retrieve(self._wire, fine_tune_id)

    def fine_tunes(self, metadata: Mapping[str, str] | None = None) -> Iterator[RemoteFineTune]:
        """Go through the account's fine-tunes, page by page, each once.

        `metadata` only narrows the request: providers that do not know the filter yield
        everything, so compare metadata or training_file yourself.
        Order: newest first for jobs, oldest first for legacy.
        """
        return self._dialect.listing(self._wire, metadata)

    def cancel_fine_tune(self, fine_tune_id: str) -> RemoteFineTune:
        return self._dialect.cancel(self._wire, fine_tune_id)

    def pause_fine_tune(self, fine_tune_id: str) -> RemoteFineTune:
        """Pause a running fine-tune; NotOffered where the dialect cannot."""
        return self._dialect.pause(self._wire, fine_tune_id)

    def resume_fine_tune(self, fine_tune_id: str) -> RemoteFineTune:
        return self._dialect.resume(self._wire, fine_tune_id)

    def events(self, fine_tune_id: str, known: Container[str] = ()) -> list[RemoteEvent]:
        """Fetch the events whose keys are not `known`, oldest first."""
        return self._dialect.events(self._wire, fine_tune_id, known)

    def checkpoints(self, fine_tune_id: str) -> list[RemoteCheckpoint]:
        """Fetch the checkpoints, oldest first; none where the dialect has none."""
        return self._dialect.checkpoints(self._wire, fine_tune_id)

    def metrics(self, fine_tune: RemoteFineTune, after: int = 0) -> list[Mapping[str, float]]:
        """Fetch the numbers of the steps after `after`, each with its `step`, in ascending order.

        Only dialects without result files have them here (`traits.result_files`); elsewhere
        they come with the events and in the file, and this asks nothing and is empty.
        """
        return self._dialect.metrics(self._wire, fine_tune, after)

    def estimate(self, new: NewFineTune) -> Estimate | None:
        """Ask what a fine-tune would cost, without starting it; None where the provider is not asked such things."""
        return self._dialect.estimate(self._wire, new)

    def results(self, fine_tune: RemoteFineTune) -> bytes | None:
        """Fetch the result file as CSV.

        None means not yet: no file is listed, or it is listed and cannot be had so far
        (404, 409, or empty, as in the first seconds after the end).
        """
        return results.fetch(self._wire, fine_tune)

    # Models

    def models(self) -> list[RemoteModel]:
        return self._dialect.models(self._wire)

    def model(self, name: str) -> RemoteModel:
        return self._dialect.model(self._wire, name)

    def delete_model(self, name: str) -> Removal:
        """Delete a fine-tuned model; one that is already gone is a success."""
        return self._dialect.delete_model(self._wire, name)

    def bases(self) -> list[RemoteModel] | None:
        """List the models that the provider says can be trained; None where it does not tell."""
        return self._dialect.bases(self._wire)

    def limits(self, model: str) -> Limits | None:
        """Fetch what the provider accepts for a base model; None where it does not tell."""
        return self._dialect.limits(self._wire, model)

    # Inference: parameters go out as they come in, those that are None are left out

    def complete(self, **params: Any) -> Completion:
        return inference.complete(self._wire, self._place("completions", params), params)

    def chat(self, **params: Any) -> ChatCompletion:
        return inference.chat(self._wire, self._place("chat/completions", params), params)

    def astream_completion(self, **params: Any) -> AsyncGenerator[CompletionChunk, None]:
        """Stream a completion; close the iterator (contextlib.aclosing) to hang up."""
        return streams.completion(self._wire, self._place("completions", params), params)

    def astream_chat(self, **params: Any) -> AsyncGenerator[ChatChunk, None]:
        """Stream a chat answer; close the iterator (contextlib.aclosing) to hang up."""
        return streams.chat(self._wire, self._place("chat/completions", params), params)

    def _place(self, resource: str, params: Mapping[str, Any]) -> str:
        return self._dialect.place(self._wire.base_url, resource, str(params.get("model") or ""))
