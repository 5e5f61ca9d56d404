"""Poll everything that is due at a connection, many at a time, in one process.

Asking waits for the network, so threads do it, never more than `AT_ONCE` for a connection; they share one
pool of kept-alive HTTP connections and one pace, and touch no database. All else happens in the one
thread that called: it claims, keeps what came in batches, and renews the leases.

A provider that wants to be left alone (Retry-After, rate limits) gets what it wants for all of the
connection. One that answers nobody is asked again later and later, and what was not asked for its
sake counts as not answered. One fine-tune that cannot be followed backs off by itself.
"""

from __future__ import annotations

import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Any, cast

import httpx

from connections.models import Connection
from finetunes import ingest, store, trouble
from finetunes.backoff import after, soon
from finetunes.holding import SECONDS
from finetunes.ingest import Report
from finetunes.models import FineTune, FineTuneQuerySet, Polling
from finetunes.store import Known
from openai_api.client import Client
from openai_api.errors import APIError, AuthenticationFailed, ConnectionFailed, OutcomeUnknown, ServerError
from openai_api.pacing import LONGEST_SLEEP, Pace, PutOff
from openai_api.types import DialectName
from work import trace

AT_ONCE = 16
"""Requests at one time to one connection."""
CHUNK = 50
"""So many are claimed, and kept, together."""
LONGEST = 15.0
"""A round claims for so many seconds; what is due afterwards is the next round's, so that others get their turn."""
HELD_UP = 300.0
"""While a single answer keeps a round from ending, such as a large file, it goes on claiming so much longer."""
TICK = 0.25
SILENT = 2 * AT_ONCE
"""After so many failures and no answer at all, a round concludes that nobody answers."""
PATIENCE = httpx.Timeout(connect=5.0, read=20.0, write=20.0, pool=30.0)
SILENCES = (ConnectionFailed, OutcomeUnknown, ServerError, AuthenticationFailed)
"""What speaks against the provider as a whole, unless it answers about another fine-tune."""


def poll_connection(pk: int, **options: Any) -> int:
    """Poll what is due at the connection and return how many answered; 0 if somebody else does it already."""
    turn = Polling.objects.take(pk, SECONDS)
    if turn is None:
        return 0
    done = Round(turn, **options)
    try:
        done.run()
    finally:
        done.close()
    return done.answered


class Round:
    """One turn at one connection."""

    def __init__(self, turn: Polling, **options: Any) -> None:
        self.turn = turn
        self.answered = 0
        self.failed = 0
        self.silence: APIError | None = None
        self._connection = Connection.objects.get(pk=turn.connection_id)
        self._options = {"timeout": PATIENCE, "retries": 0, **options}
        self._pace = Pace()
        self._lease = uuid.uuid4()
        self._clients: dict[str, Client] = {}
        self._open = ExitStack()
        self._pending: dict[Future[Report], tuple[FineTune, float]] = {}  # and since when
        self._end = time.monotonic() + LONGEST
        self._renewed = time.monotonic()

    def run(self) -> None:
        with ThreadPoolExecutor(AT_ONCE, "poll", trace.begin, (trace.about(),)) as pool:
            try:
                while self._fill(pool) or self._pending:
                    self._collect()
                    self._renew()
            finally:
                for future in self._pending:
                    future.cancel()

    def close(self) -> None:
        """Give back what was not asked, and say when the connection may be polled again."""
        self._open.close()
        quiet = self._pace.closed_for()
        failures = self.turn.failures + 1 if self.silence else 0
        due_at = after(self.silence, failures) if self.silence else soon(quiet)
        FineTune.objects.filter(lease_token=self._lease).update(lease_token=None, lease_until=None)
        if self.silence:
            trouble.note_all(self._due(), self.silence, due_at)
        self.turn.release(due_at=due_at, quiet_until=soon(quiet) if quiet else None, failures=failures)

    def _fill(self, pool: ThreadPoolExecutor) -> bool:
        """Claim and hand out more if there is room; say whether there was more."""
        if not self._may_claim():
            return False
        if len(self._pending) >= 2 * AT_ONCE:
            return True
        most = AT_ONCE if self.turn.failures and not self.answered else CHUNK
        rows = self._due().claim_all(self._lease, SECONDS, most)
        known = store.known(rows) if rows else {}
        for row in rows:
            row.connection = self._connection
            try:
                client = self._client(row.dialect)
            except Exception as error:
                ingest.poisoned(row, error)
            else:
                self._pending[pool.submit(self._ask, row, known[row.pk], client)] = row, time.monotonic()
        return bool(rows)

    def _due(self) -> FineTuneQuerySet:
        return FineTune.objects.to_poll().filter(connection=self._connection)

    def _client(self, dialect: str) -> Client:
        if dialect not in self._clients:
            client = self._connection.client(cast(DialectName, dialect), pace=self._pace, **self._options)
            self._clients[dialect] = self._open.enter_context(client)
        return self._clients[dialect]

    def _may_claim(self) -> bool:
        is_closed = self._pace.closed_for() > LONGEST_SLEEP
        return not is_closed and self.silence is None and (time.monotonic() < self._end or self._is_held_up())

    def _is_held_up(self) -> bool:
        now = time.monotonic()
        return now < self._end + HELD_UP and any(since < now - LONGEST for _row, since in self._pending.values())

    def _ask(self, fine_tune: FineTune, known: Known, client: Client) -> Report:
        """Runs in a thread of the pool."""
        if self.silence is not None:
            raise self.silence
        return ingest.ask(fine_tune, known, client)

    def _collect(self) -> None:
        """Keep what has been answered by now."""
        done = wait(self._pending, TICK).done
        answers = [(self._pending.pop(future)[0], future) for future in done]
        reports = {row: future.result() for row, future in answers if future.exception() is None}
        self.answered += len(reports)
        if reports:
            ingest.keep_all(reports)
        for row, future in answers:
            if error := future.exception():
                self._failed(row, error)

    def _failed(self, row: FineTune, error: BaseException) -> None:
        if isinstance(error, PutOff):
            return  # it stays due, and is given back at the end
        if not isinstance(error, Exception):
            raise error
        if not isinstance(error, APIError):
            ingest.poisoned(row, error)
            return
        ingest.refused(row, error)
        self.failed += isinstance(error, SILENCES)
        enough = 1 if self.turn.failures else SILENT  # it was silent before
        if self.answered == 0 and self.failed >= enough:
            self.silence = self.silence or error

    def _renew(self) -> None:
        if time.monotonic() - self._renewed > SECONDS / 3:
            FineTune.objects.renew_all(self._lease, SECONDS)
            self.turn.renew(SECONDS)
            self._renewed = time.monotonic()
