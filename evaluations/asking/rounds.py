"""Ask the questions of all evaluations at one connection, many at a time, in one process.

Asking waits for the network, so threads do it, never more than the connection's window allows; they share one pool of
kept-alive HTTP connections and one pace, and touch no database. All else happens in the one thread that called: it
hands out rows of each run in turn, writes answers in small batches, and renews the leases. A row counts against the
window until it is written, so that whoever is killed loses no more answers than were out.

A provider that wants to be left alone gets what it wants for all of the connection. One that answers nobody is asked
again later and later; rows that failed meanwhile are not held to it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from django.http import Http404
from django.utils import timezone

from connections.models import Connection
from evaluations.asking import progress, trouble
from evaluations.asking.desk import Desk, Row
from evaluations.asking.keep import Kept, keep
from evaluations.asking.pace import Window
from evaluations.asking.trouble import Then
from evaluations.asking.verdict import judged
from evaluations.models import Run, Turn
from finetunes.backoff import after, soon
from openai_api.errors import APIError
from openai_api.pacing import LONGEST_SLEEP, Pace
from work import ending, trace

logger = logging.getLogger(__name__)
SECONDS = 30.0
"""Of a lease."""
LONGEST = 15.0
"""After so many seconds a round makes room if somebody else waits."""
TICK, BEAT = 0.25, 1.0
SOON = 0.05
"""So many seconds an answer waits at most for others to be written together with."""
SILENT = 20
"""After so many failures in a row a round concludes that nobody answers."""
SILENT_ROUNDS = 10
"""After so many such rounds in a row the runs are stopped until a person resumes them."""
REFUSALS = 10
"""After so many rows that the provider refuses, before it has answered one, the run is stopped."""
GONE = "This model can no longer be asked: it was deleted or shut down, or its connection is archived."

Came = tuple[Desk, Row, Kept | Exception]


def ask(connection: int, *, others_wait: Callable[[], bool] = lambda: False, **options: Any) -> bool:
    """Ask what is due at the connection; False if somebody else does, or it must be left alone.

    `others_wait` says whether the round should come to an end for somebody else's sake. It also comes to one, with all
    that is out answered, when the worker is asked to end.
    """
    turn = Turn.objects.take(connection, SECONDS)
    if turn is None:
        return False
    done = Round(turn, others_wait, **options)
    try:
        done.run()
    finally:
        done.close()
    return True


class Round:
    """One turn at one connection."""

    def __init__(self, turn: Turn, others_wait: Callable[[], bool], **options: Any) -> None:
        self.turn = turn
        self.silence: APIError | None = None
        self._busy: APIError | None = None  # what it last said when it asked for fewer requests
        self._others_wait = others_wait
        self._pace = Pace()
        self._window = Window(1 if turn.failures else turn.at_once)
        self._client = Connection.objects.get(pk=turn.connection_id).client(**{"retries": 0, "pace": self._pace, **options})
        self._clock = progress.Clock()
        self._desks: list[Desk] = []
        self._came: SimpleQueue[Came] = SimpleQueue()
        self._ended: list[Kept] = []
        self._asked = 0  # requests that are out
        self._failed = 0  # in a row
        self._closing = False
        self._begun = self._beaten = self._renewed = self._written = time.monotonic()

    def run(self) -> None:
        self._claim()
        with ThreadPoolExecutor(self._window.most, "ask", trace.begin, (trace.about(),)) as pool:
            while self._hand_out(pool) or self._asked or self._ended:
                self._collect()
                if time.monotonic() - self._beaten > BEAT or self._has_finished():
                    self._beat()

    def close(self) -> None:
        """Write what is known by now, and say when the connection may be asked again."""
        self._client.close()
        self._clock.note(self._desks)
        failures = self.turn.failures + 1 if self.silence else 0
        due_at = self._due_at(failures)
        for desk in self._desks:
            self._leave(desk, due_at, failures)
        self.turn.release(due_at=due_at, failures=failures, at_once=self._window.size)

    # Handing out

    def _claim(self) -> None:
        """Take on the runs that have become due."""
        assert self.turn.lease_token is not None  # noqa: S101 (for the types: it was just claimed)
        due = Run.objects.filter(connection=self.turn.connection_id)
        mine = {desk.run.pk for desk in self._desks}
        for run in due.claim_all(self.turn.lease_token, SECONDS, progress.MOST_RUNS):
            if run.pk not in mine:
                self._begin(run)

    def _begin(self, run: Run) -> None:
        try:
            desk = Desk(progress.counted(run))
        except Http404:
            run.release(due_at=None, state=Run.State.STOPPED, problem=GONE)
            return
        started = {"state": Run.State.RUNNING, "known": desk.way.known, "started_at": run.started_at or timezone.now()}
        if run.held().update(**started):
            self._desks.append(desk)

    def _hand_out(self, pool: ThreadPoolExecutor) -> bool:
        """Send as much as there is room for, a row of each run in turn; say whether there is more to do."""
        if not self._may_go_on():
            return False
        while self._window.has_room(self._asked + len(self._ended)) and (found := self._next()):
            desk, row = found
            row.sent_at = time.monotonic()
            self._asked += 1
            pool.submit(self._ask, desk, row)
        return bool(self._desks)

    def _next(self) -> tuple[Desk, Row] | None:
        for _turn in range(len(self._desks)):
            desk = self._desks.pop(0)
            self._desks.append(desk)
            if row := desk.next():
                return desk, row
        return None

    def _may_go_on(self) -> bool:
        over = self._closing or ending.is_asked()
        return not over and self.silence is None and self._pace.closed_for() <= LONGEST_SLEEP

    def _ask(self, desk: Desk, row: Row) -> None:
        """Runs in a thread of the pool."""
        try:
            row.body = desk.way.body(row.question.thread)
            answer = desk.way.ask(self._client, row.body)
            verdict = judged(answer, row.question.expected, desk.way.classes)
            came: Kept | Exception = Kept(desk=desk, row=row, verdict=verdict, usage=answer.usage, took=answer.took)
        except Exception as error:
            came = error
        self._came.put((desk, row, came))

    # Collecting

    def _collect(self) -> None:
        """Take in what has come by now, and write it unless more is about to come."""
        for desk, row, came in self._arrived():
            self._asked -= 1
            if isinstance(came, Kept):
                self._answered(came)
            else:
                self._not_answered(desk, row, came)
        if self._ended and self._is_time_to_write():
            self._write()

    def _arrived(self) -> list[Came]:
        arrived: list[Came] = []
        try:
            arrived.append(self._came.get(timeout=SOON if self._ended or not self._asked else TICK))
            while True:
                arrived.append(self._came.get_nowait())
        except Empty:
            return arrived

    def _is_time_to_write(self) -> bool:
        enough = len(self._ended) >= self._window.size / 4
        return enough or not self._asked or time.monotonic() - self._written > SOON

    def _write(self) -> None:
        keep(self._ended)
        for one in self._ended:
            tokens = {name: getattr(one.usage, name, None) or 0 for name in ("prompt_tokens", "completion_tokens")}
            one.desk.written(problem=bool(one.problem), **tokens)
        self._ended = []
        self._written = time.monotonic()

    def _answered(self, one: Kept) -> None:
        self._failed = one.desk.refused = 0
        one.desk.has_answers = True
        self._window.answered()
        self._ended.append(one)

    def _not_answered(self, desk: Desk, row: Row, error: Exception) -> None:
        if not isinstance(error, APIError):
            logger.error("a question could not be asked", exc_info=error)
            self._ended.append(Kept(desk=desk, row=row, problem=f"{trace.named(error)}: {error}"))
            return
        if trouble.is_busy(error):
            self._window.busy(row.sent_at)
            self._busy = error
        if trouble.is_silence(error):
            self._fell_silent(error)
        row.attempts += 1
        self._decided(desk, row, error, trouble.then(error, row.attempts, fresh=desk.way.picked.is_fresh()))

    def _decided(self, desk: Desk, row: Row, error: APIError, then: Then) -> None:
        if then is Then.LATER:
            row.attempts -= 1
            desk.again(row, TICK)
        elif then is Then.AGAIN:
            desk.again(row, trouble.delay(row.attempts))
        elif then is Then.STOP or self._is_refused(desk):
            desk.again(row, 0)
            self._stop(desk, error)
        else:
            self._ended.append(Kept(desk=desk, row=row, problem=trouble.in_words(error)))

    def _is_refused(self, desk: Desk) -> bool:
        """Whether it is the run rather than the row that the provider will not have."""
        desk.refused += 1
        return not desk.has_answers and desk.refused >= REFUSALS

    def _fell_silent(self, error: APIError) -> None:
        self._failed += 1
        if self._failed >= (1 if self.turn.failures else SILENT):
            self.silence = self.silence or error

    def _stop(self, desk: Desk, error: APIError) -> None:
        if desk.is_open:
            desk.is_open = False
            desk.run.release(due_at=None, state=Run.State.STOPPED, problem=trouble.in_words(error), tried={})

    # Beating

    def _beat(self) -> None:
        """Renew the leases, note how far it is, look who was cancelled and who has come."""
        self._beaten = time.monotonic()
        if self._beaten - self._renewed > SECONDS / 3:
            self._renew()
        self._clock.note(self._desks)
        held = set(Run.objects.filter(lease_token=self.turn.lease_token).values_list("pk", flat=True))
        for desk in list(self._desks):
            desk.is_open = desk.is_open and desk.run.pk in held
            if desk.is_done:
                self._finish(desk)
            elif not (desk.is_open or desk.out):
                self._desks.remove(desk)
        if self._may_go_on():
            self._claim()
        if self._beaten - self._begun > LONGEST and self._others_wait():
            self._closing = True

    def _renew(self) -> None:
        assert self.turn.lease_token is not None  # noqa: S101 (for the types)
        Run.objects.renew_all(self.turn.lease_token, SECONDS)
        self._closing = self._closing or not self.turn.renew(SECONDS)
        self._renewed = time.monotonic()

    def _has_finished(self) -> bool:
        return any(desk.is_done or not (desk.is_open or desk.out) for desk in self._desks)

    def _finish(self, desk: Desk) -> None:
        """Let go of a run that has come to its end, or begin it anew if rows are left."""
        self._desks.remove(desk)
        if not progress.finish(desk.run):
            desk.run.release(due_at=timezone.now())

    # Leaving

    def _due_at(self, failures: int) -> datetime:
        if self.silence:
            return after(self.silence, failures)
        return soon(self._pace.closed_for())

    def _leave(self, desk: Desk, due_at: datetime, failures: int) -> None:
        """Give a run back: done, to be gone on with, or stopped after a long silence."""
        if desk.is_done and progress.finish(desk.run):
            return
        if self.silence:
            desk.forgive()
        is_over = failures >= SILENT_ROUNDS
        left = {"due_at": None, "state": Run.State.STOPPED} if is_over else {"due_at": due_at}
        waits_for = self.silence or (self._busy if self._pace.closed_for() > LONGEST_SLEEP else None)
        problem = trouble.in_words(waits_for) if waits_for else ""
        desk.run.release(**left, problem=problem, tried={} if is_over else desk.tried)
