"""Networks in memory, the most recently used ones, for the models that are asked.

A network is loaded in a thread of the shelf's own. Whoever asks for it waits a moment; if it takes longer they are
told so, and it is there when they come again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock

from trainer import tokens
from trainer.bases import BASES, Base
from trainer.engines import engine
from trainer.engines.interface import Network
from trainer.models import Model

KEPT = 32
PATIENCE_SECONDS = 1.0
LOADED_AT_ONCE = 2

Stamp = tuple[str, int]


class Gone(Exception):
    """The model's content was deleted."""


class Loading(Exception):
    """The network is not in memory yet: it is being loaded."""


class Shelf:
    """Loads each network once, and again when its folder was written anew."""

    def __init__(self, kept: int = KEPT, patience: float = PATIENCE_SECONDS) -> None:
        self.patience = patience
        self._kept = kept
        self._networks: OrderedDict[Stamp, Future[Network]] = OrderedDict()
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(LOADED_AT_ONCE, thread_name_prefix="shelf")

    def base(self, base: Base) -> Network:
        return self._get((base.name, 0), lambda: engine().new(base.name, tokens.vocabulary(base.encoding), 0))

    def model(self, model: Model) -> Network:
        """Return the network of a model; raise Loading if that takes long, and Gone if there is none."""
        path = model.path
        try:
            return self._get((model.name, path.stat().st_mtime_ns), lambda: engine().load(path))
        except Exception:
            if not path.exists():
                raise Gone from None
            raise

    def warm(self) -> None:
        """Import the engine and read the encodings in the background: the first question does not wait for them."""
        self._pool.submit(engine)
        for name in {base.encoding for base in BASES.values()}:
            self._pool.submit(tokens.known, name)

    def _get(self, stamp: Stamp, load: Callable[[], Network]) -> Network:
        future = self._future(stamp, load)
        if not future.done() and not wait((future,), self.patience).done:
            raise Loading
        try:
            return future.result()
        except Exception:
            self._forget(stamp, future)
            raise

    def _future(self, stamp: Stamp, load: Callable[[], Network]) -> Future[Network]:
        with self._lock:
            if stamp not in self._networks:
                self._networks[stamp] = self._pool.submit(load)
            self._networks.move_to_end(stamp)
            while len(self._networks) > self._kept:
                self._networks.popitem(last=False)
            return self._networks[stamp]

    def _forget(self, stamp: Stamp, failed: Future[Network]) -> None:
        """Let the next one who asks try again."""
        with self._lock:
            if self._networks.get(stamp) is failed:
                del self._networks[stamp]


shelf = Shelf()
