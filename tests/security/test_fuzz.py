"""Whatever is written behind an address, by a person or by a program, is answered, and never with an error of the server."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.http import QueryDict
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from tests.security.addresses import ADDRESSES
from tests.security.asking import Visitor, body_of, undone
from tests.security.pages import address
from tests.security.seed import Planted

pytestmark = pytest.mark.xdist_group("matrix")

AWKWARD = (
    *("", " ", "0", "-1", "1.5", "9" * 30, "-" + "9" * 400, "1e999", "nan", "٣", "²", "1_0"),
    *("\0", "a\0b", "\x7f\x1b\r\n", "\ufffe\u2028", "true", "null", "[]", "[1]", "{}", "a,b;c", "c1:", "c9:\0"),
    *("'\"`\\", "%_%", "; --", "<b onclick=x()>", "{{ 7|add:7 }}", "\u202eשלום", "🦜" * 9, "e\u0301" * 50, "x" * 20_000),
    *("../../etc/passwd", "//example.com", "javascript:x", "https://example.com\r\nX: y"),
    *("2026-13-45", "0000-00-00", "9999-12-31", "2026-01-01T00:00:00+99:99"),
)
BROKEN = ("%00", "%ff%fe", "%ed%a0%80", "%f0%28%8c%28", "%", "%zz", "%u0041", "+", "%2500")
"""What no browser would send, as it is sent."""
KNOWN = ("dataset", "version", "fine_tune", "model", "run", "asked", "preset", "connection", "evaluation", "metric")

WORST = ("9" * 30, "%ff%ed%a0%80")
READ = [name for name, line in ADDRESSES.items() if line.reads is not None]
AILING = {"healthz"}
"""What tells, with its status, that something else is not well."""

values = st.one_of(
    st.sampled_from(AWKWARD).map(quote),
    st.sampled_from(BROKEN),
    st.text(max_size=30).map(quote),
    st.integers().map(str),
)


class Reading:
    """Note under which names each address reads what is written behind it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.names: dict[str, set[str]] = defaultdict(set)
        self.now = ""
        for method in ("get", "getlist", "__getitem__", "__contains__"):
            patch.setattr(QueryDict, method, self._noting(getattr(QueryDict, method)))

    def _noting(self, plain: Any) -> Any:
        def method(query: QueryDict, name: Any, *rest: Any, **options: Any) -> Any:
            if isinstance(name, str) and not dict.__contains__(query, name):  # else: a page that carries all of it on
                self.names[self.now].add(name)
            return plain(query, name, *rest, **options)

        return method


@cache
def in_sources(name: str) -> set[str]:
    """Return the names that any view of the address's package reads: some are read in rare states alone."""
    folder = Path(settings.ROOT) / {"models": "finetunes"}.get(name.split(":")[0], name.split(":")[0])
    sources = (file.read_text() for file in folder.rglob("*.py"))
    return {found for source in sources for found in re.findall(r"""GET(?:\.get|\.getlist)?[([]"(\w+)\"""", source)}


class Asking:
    """Ask as an owner, and take back what it did."""

    def __init__(self, owner: Visitor, planted: Planted, reading: Reading) -> None:
        self.owner, self.planted, self.reading = owner, planted, reading
        self.known = [str(planted.pk[name]) for name in KNOWN]
        self.fields: dict[str, list[str]] = {}

    def status(self, name: str, query: str, path: str = "", method: str = "GET") -> int:
        self.reading.now = name
        with undone(self.planted.files):
            answer = self.owner.ask(method, f"{path or address(name, self.planted)}?{query}")
            body_of(answer)
            return int(answer.status_code)

    def is_broken(self, name: str, query: str, path: str = "", method: str = "GET") -> bool:
        return self.status(name, query, path, method) >= 500 and name not in AILING


@pytest.fixture(scope="module")
def asking(planted: Planted, everybody: dict[str, Visitor]) -> Iterator[Asking]:
    """Ask twice: what is read behind an address depends on what is written there."""
    with pytest.MonkeyPatch.context() as patch:
        made = Asking(everybody["owner"], planted, Reading(patch))
        for name in READ:
            made.status(name, "")
            if names := made.reading.names[name]:
                made.status(name, urlencode({one: planted.pk.get(one, 1) for one in names}))
        # What is asked later on may be read under more names: what is drawn from must stay the same.
        made.fields = {name: sorted(names | in_sources(name)) for name, names in made.reading.names.items() if names}
        yield made


def test_no_single_value_breaks_a_page(asking: Asking) -> None:
    broken = [
        f"{name}?{field}={value}"
        for name in READ
        for field in sorted(asking.reading.names[name])
        for value in WORST
        if asking.is_broken(name, f"{field}={value}")
    ]
    assert broken == []


@given(data=st.data())
@bounded(derandomize=True, max_examples=250, database=None, suppress_health_check=list(HealthCheck))
def test_no_mixture_of_values_breaks_a_page(asking: Asking, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([one for one in READ if one in asking.fields]))
    names = st.sampled_from(asking.fields[name])
    value = st.sampled_from(asking.known) | values
    query = "&".join(f"{field}={value}" for field, value in data.draw(st.lists(st.tuples(names, value), max_size=8)))
    assert not asking.is_broken(name, query), f"{name}?{query}"


@pytest.mark.parametrize("path", [f"/{'9' * 30}/", "/%00/", "/%ff/"])
def test_no_address_that_somebody_makes_up_breaks_a_page(asking: Asking, path: str) -> None:
    wrong = [
        f"{method} {name}"
        for name, line in ADDRESSES.items()
        for method in ("GET", "POST")
        if line.args and asking.is_broken(name, "", made_up(name, asking, path), method)
    ]
    assert wrong == []


def made_up(name: str, asking: Asking, part: str) -> str:
    """Put something else into the place of the address's last argument."""
    right = address(name, asking.planted)
    kept, _, rest = right.rpartition(f"/{asking.planted.pk[ADDRESSES[name].args[-1]]}")
    return f"{kept}{part.removesuffix('/')}{rest}"
