"""The trainer's ASGI application."""

from __future__ import annotations

from typing import IO

from django.http.response import HttpResponseBase

from trainer.api import envelope
from trainer.api.seats import Seats
from work.serving import Message, OneThread

# More than there are seats: whoever writes a long answer has left his own.
THREADS = 200


class Server(OneThread):
    def __init__(self) -> None:
        super().__init__(THREADS, at_once=THREADS)
        self._seats = Seats()

    def answer(self, scope: Message, body: IO[bytes]) -> HttpResponseBase:
        with self._seats.taken():
            return super().answer(scope, body)

    def misunderstood(self, refusal: HttpResponseBase) -> HttpResponseBase:
        return envelope.refused(envelope.BadRequest("The request could not be understood."))
