"""Whoever wants numbers written otherwise gets them so on every page, and never where a program reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from teams import looks
from teams.models import User
from tests.security.asking import Visitor
from tests.security.pages import pages
from tests.security.seed import Planted

pytestmark = [pytest.mark.django_db]

SAID = re.compile(r' (title|aria-label|aria-description|data-confirm|data-too-large|data-none|data-many)="[^"]*"')
EACH_TIME = re.compile(
    r"""(csrfmiddlewaretoken" value|hx-headers|data-elapsed|data-wait)=("[^"]*"|'[^']*')|[0-9a-f]{8}-[0-9a-f-]{27}"""
)
SCRIPT = re.compile(r"<script[^>]*>.*?</script>", re.S)
TAG = re.compile(r"<(?!option)[a-z][^>]*>")


@pytest.fixture
def owner(planted: Planted, everybody: dict[str, Visitor]) -> Iterator[Visitor]:
    yield everybody["owner"]
    User.objects.filter(pk=planted.people.owner.pk).update(numbers="")
    looks._worn.set(looks.PLAIN)


def read_by_programs(content: str) -> list[str]:
    """Return what is not for the eyes: tags without what they say in words, and the data of scripts."""
    plain = EACH_TIME.sub("", SAID.sub("", content.replace(' data-numbers="dot"', "")))
    return [*TAG.findall(plain), *SCRIPT.findall(plain)]


def test_no_attribute_no_data_and_no_download_is_written_for_a_person(planted: Planted, owner: Visitor) -> None:
    other = {}
    for address in pages(planted):
        plain, dotted = (body(owner, planted, address, numbers) for numbers in ("", "dot"))
        if plain != dotted:
            other[address] = [pair for pair in zip(plain, dotted, strict=False) if pair[0] != pair[1]][:3]
    assert other == {}


def body(visitor: Visitor, planted: Planted, address: str, numbers: str) -> list[str]:
    """Return what a program reads of the answer, in pieces."""
    User.objects.filter(pk=planted.people.owner.pk).update(numbers=numbers)
    answer = visitor.ask("GET", address)
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith(("text/", "application/json")) or getattr(answer, "is_async", False):
        return [kind]
    content = answer.getvalue().decode("utf-8", "replace")
    return read_by_programs(content) if kind.startswith("text/html") else list(content.splitlines())
