"""Prices, budgets and starts, as tests about money need them."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.utils import timezone

from connections import prices
from connections.models import Connection
from datasets.models import Version
from finetunes import approval
from finetunes.models import Budget, Charge, FineTune
from teams.models import Organization, User

COST = Decimal("48.00")
"""What training on the usual version costs at the usual price: 12,000 tokens in 4 epochs at 1000 USD a million."""


def priced(connection: Connection, price: str = "1000", currency: str = "USD") -> Connection:
    prices.write(connection, {"ada": price}, currency=currency, on=timezone.localdate())
    connection.save()
    return connection


def budget(organization: Organization, **limits: Any) -> Budget:
    return Budget.objects.create(organization=organization, **limits)


def start(
    user: User, connection: Connection, version: Version, *, permit: approval.Permit | None = None, **changes: Any
) -> FineTune:
    chosen: dict[str, Any] = {"connection": connection, "base_model": "ada", "version": version, "token": uuid.uuid4()}
    asked = permit or approval.Permit()
    fine_tune, _is_new = approval.start(connection.organization, user, asked, **(chosen | changes))
    return fine_tune


def spent(fine_tune: FineTune, amount: str) -> None:
    """Let the fine-tune have cost so much."""
    Charge.objects.filter(fine_tune=fine_tune).update(billed=Decimal(amount), billed_currency="USD", billed_by="provider")
