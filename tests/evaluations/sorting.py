"""A provider with a model that sorts posts: what it does to a request can be chosen for each post."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.playground.provider import Answer, Provider, Received, Whole, completion

BASEBALL = Whole(completion(" baseball", finish="length", top={" baseball": -0.1, " hockey": -2.5}))
Choose = Callable[["Sorting", str, int], Answer | None]


@dataclass
class Asked:
    post: str
    at: float


@dataclass
class Log:
    """What it was asked, when, and how many requests there were at a time at most."""

    asked: list[Asked] = field(default_factory=list)
    most: int = 0

    @property
    def times(self) -> Counter[str]:
        return Counter(one.post for one in self.asked)


class Sorting(Provider):
    """Answers everything with baseball, unless `choose(provider, post, how often asked before)` says otherwise."""

    def __init__(self, choose: Choose | None = None) -> None:
        super().__init__()
        self.choose = choose
        self.log = Log()
        self._lock, self._now = threading.Lock(), 0

    def answer(self, received: Received) -> Answer:
        post = str(received.body.get("prompt") or received.body["messages"][-1]["content"]).split("\n")[0]
        with self._lock:
            before = self.log.times[post]
            self.log.asked.append(Asked(post, time.monotonic()))
            self._now += 1
            self.log.most = max(self.log.most, self._now)
        try:
            return (self.choose(self, post, before) if self.choose else None) or BASEBALL
        finally:
            with self._lock:
                self._now -= 1
