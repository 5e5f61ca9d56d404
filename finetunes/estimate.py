"""What a fine-tune will take, as far as it can be known before it starts. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

LEGACY_EPOCHS = 4
LARGEST_BATCH = 256
LEGACY_SHARE = 0.002


@dataclass(frozen=True, slots=True)
class Run:
    """A finished fine-tune: tokens trained, epochs counted, and the seconds that it took."""

    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """None means unknown; `batch_size` and `epochs` are then the provider's choice."""

    rows: int
    tokens: int | None  # of one epoch
    epochs: int | None
    batch_size: int | None
    seconds: float | None
    runs: int  # how many finished fine-tunes `seconds` rests on
    price: Decimal | None = None  # of a million tokens
    validation: int | None = 0  # tokens of the validation part that are charged in each epoch

    @property
    def steps(self) -> int | None:
        if self.epochs is None or self.batch_size is None:
            return None
        return math.ceil(self.rows / self.batch_size) * self.epochs

    @property
    def trained_tokens(self) -> int | None:
        if self.tokens is None or self.epochs is None:
            return None
        return self.tokens * self.epochs

    @property
    def charged_tokens(self) -> int | None:
        """All that is paid for: what is trained on, and the validation part where the provider charges it."""
        if self.trained_tokens is None or self.epochs is None or self.validation is None:
            return None
        return self.trained_tokens + self.validation * self.epochs

    @property
    def cost(self) -> Decimal | None:
        if self.price is None or self.charged_tokens is None:
            return None
        return self.price * self.charged_tokens / 1_000_000


def estimate(
    *,
    rows: int,
    tokens: int | None,
    epochs: int | None,
    batch_size: int | None,
    former: Sequence[Run] = (),
    price: Decimal | None = None,
    validation: int | None = 0,
) -> Estimate:
    """Estimate steps, tokens, and the time at the speed that former fine-tunes were measured at."""
    trained = tokens * epochs if tokens is not None and epochs is not None else None
    speed = tokens_per_second(former)
    seconds = trained / speed if trained is not None and speed else None
    return Estimate(rows, tokens, epochs, batch_size, seconds, len(former) if seconds else 0, price, validation)


def tokens_per_second(runs: Sequence[Run]) -> float | None:
    """Return the speed of all runs together, so that a tiny one weighs little."""
    seconds = sum(run.seconds for run in runs)
    tokens = sum(run.tokens for run in runs)
    return tokens / seconds if seconds > 0 and tokens > 0 else None


def legacy_batch_size(rows: int) -> int:
    """Return what the legacy API takes by default: 0.2 % of the rows, as a power of two up to 256."""
    wanted = min(LARGEST_BATCH, max(1, int(rows * LEGACY_SHARE)))
    return 1 << (wanted.bit_length() - 1)
