"""Once a fine-tune is over: put the provider's own figure beside the estimate. Done again, it changes nothing."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from finetunes.models import Charge, FineTune

COSTS = re.compile(r"^Fine-tune costs \$([\d,]+(?:\.\d+)?)$")
MILLION = 1_000_000


def settle(charge: Charge) -> None:
    """Keep what the provider named as the cost, else its count of tokens at the price that was written down.

    It is looked for until nothing more is expected of the fine-tune; open pages follow.
    """
    billed, currency, source = _named(charge.fine_tune) or _counted(charge) or (None, "", "")
    values: dict[str, Any] = {"billed": billed, "billed_currency": currency, "billed_by": source}
    if charge.fine_tune.settled_at is not None:
        values["settled_at"] = timezone.now()
    elif billed == charge.billed:
        return
    with transaction.atomic():
        # Whoever holds the row counts its revisions: then it is left for the next time.
        free = FineTune.objects.filter(pk=charge.fine_tune_id, lease_token=None)
        if free.update(revision=F("revision") + 1):
            Charge.objects.filter(pk=charge.pk, settled_at=None).update(**values)


def _named(fine_tune: FineTune) -> tuple[Decimal, str, str] | None:
    if fine_tune.cost is not None:
        return fine_tune.cost, "USD", Charge.Source.PROVIDER
    lines = fine_tune.events.filter(message__startswith="Fine-tune costs $").order_by("-ordinal")
    found = COSTS.match(lines.values_list("message", flat=True).first() or "")
    return (Decimal(found[1].replace(",", "")), "USD", Charge.Source.PROVIDER) if found else None


def _counted(charge: Charge) -> tuple[Decimal, str, str] | None:
    price, tokens = charge.estimate.get("price"), charge.fine_tune.trained_tokens
    if price is None or tokens is None:
        return None
    return Decimal(price) * tokens / MILLION, charge.currency, Charge.Source.TOKENS
