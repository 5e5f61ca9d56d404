"""The addresses of all pages, made of what is planted."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from tests.security.addresses import ADDRESSES
from tests.security.seed import Planted

ENDLESS = {"finetunes:live", "finetunes:stream"}
"""Answers that do not end by themselves."""
LEAVES = {"account_logout", "teams:sign_in_link", "teams:invitation"}
"""Pages after which somebody is not who they were."""


def address(name: str, planted: Planted) -> str:
    return reverse(name, args=[planted.pk[one] for one in ADDRESSES[name].args])


def named(name: str, planted: Planted) -> str:
    """Return what a question names beside its address, as a query or a form."""
    return urlencode({field: planted.pk[what] for field, what in ADDRESSES[name].names.items()})


def pages(planted: Planted) -> list[str]:
    """Return everything that can be looked at."""
    return [
        f"{address(name, planted)}?{named(name, planted)}".rstrip("?")
        for name, line in ADDRESSES.items()
        if line.reads is not None and name not in ENDLESS | LEAVES
    ]
