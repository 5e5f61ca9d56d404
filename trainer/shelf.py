"""Networks in memory, the most recently used ones, for the models that are asked."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock

from trainer import tokens
from trainer.bases import Base
from trainer.engines import engine
from trainer.engines.interface import Network
from trainer.models import Model

KEPT = 32

Stamp = tuple[str, int]


class Gone(Exception):
    """The model's content was deleted."""


class Shelf:
    """Loads each network once, and again when its folder was written anew."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._networks: OrderedDict[Stamp, Network] = OrderedDict()
        self._lock = Lock()

    def base(self, base: Base) -> Network:
        return self._get((base.name, 0), None, base)

    def model(self, model: Model) -> Network:
        try:
            stamp = model.path.stat().st_mtime_ns
        except FileNotFoundError:
            raise Gone from None
        return self._get((model.name, stamp), model.path, model.base)

    def _get(self, stamp: Stamp, path: Path | None, base: Base) -> Network:
        with self._lock:
            if stamp in self._networks:
                self._networks.move_to_end(stamp)
                return self._networks[stamp]
            network = engine().load(path) if path else engine().new(base.name, tokens.vocabulary(base.encoding), 0)
            self._networks[stamp] = network
            while len(self._networks) > self._kept:
                self._networks.popitem(last=False)
            return network


shelf = Shelf()
