"""Queries that are asked with every page: each is put together once, and only its values are exchanged.

Django puts a query together anew each time it is asked, which takes longer than the database does to answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any, ClassVar, Generic, TypeVar

from django.db import connections
from django.db.models import QuerySet
from django.http import Http404

Row = TypeVar("Row")
Value = int | str | date
PLACES: dict[type[Value], Callable[[int], Value]] = {
    int: lambda at: 1_987_654_000 + at,
    str: lambda at: f"\N{BULLET}{at}",
    date: lambda at: date(9000 + at, 1, 1),
}
"""What stands for a value while the query is put together; nobody would write it into one."""


class Prepared(Generic[Row]):
    """A query of which only values differ: whole numbers, words and days that columns are compared with, as they are.

    Whatever else decides how it looks, such as the time or the person, must be one of them. One whose number of values
    varies, such as the rows with these numbers, is put together once for each number of them. It finds nothing if a
    value is larger than any column holds.
    """

    def __init__(self, query: Callable[..., QuerySet[Any, Row]]) -> None:
        self._query = query
        self._made: dict[tuple[type[Value], ...], _Made] = {}

    def __call__(self, *values: Value) -> list[Row]:
        if not all(_fits(value) for value in values):
            return []
        kinds = tuple(map(type, values))
        if kinds not in self._made:
            self._made[kinds] = _Made(self._query, kinds)
        return list(self._made[kinds].rows(values))

    def first(self, *values: Value) -> Row | None:
        return next(iter(self(*values)), None)

    def first_or_404(self, *values: Value) -> Row:
        found = self.first(*values)
        if found is None:
            raise Http404
        return found


def _fits(value: Value) -> bool:
    """Say whether a column could hold it: a database takes offence at a number that none of its columns could."""
    return not isinstance(value, int) or abs(value) < 2**63


class _Made:
    """A query with its SQL, in the place of which Django's own classes take it to make rows of what it finds."""

    def __init__(self, query: Callable[..., Any], kinds: Sequence[type[Value]]) -> None:
        places = [PLACES[kind](at) for at, kind in enumerate(kinds)]
        self._queryset = query(*places)
        self._compiler = self._queryset.query.get_compiler(using=self._queryset.db)
        self._sql, self._parameters = self._compiler.as_sql()
        columns = [one[0] for one in self._compiler.select[: self._compiler.col_count]]
        self._converters = self._compiler.get_converters(columns)
        sent = [self._sent(place, place) for place in places]
        self._filled = [(at, sent.index(one)) for at, one in enumerate(self._parameters) if one in sent]
        if {which for _at, which in self._filled} != set(range(len(places))):
            raise ValueError("A value of a prepared query is not compared with a column as it is.")
        if self._queryset._prefetch_related_lookups:
            raise ValueError("A prepared query reads its own rows alone, none that are fetched afterwards.")

    def rows(self, values: Sequence[Value]) -> Iterator[Any]:
        parameters = list(self._parameters)
        for at, which in self._filled:
            parameters[at] = self._sent(values[which], parameters[at])
        compiler = self._compiler_of_this_thread()
        compiler.as_sql = lambda *_args, **_kwargs: (self._sql, tuple(parameters))
        return iter(self._queryset._iterable_class(_Given(self._queryset, compiler)))

    def _sent(self, value: Value, like: Any) -> Any:
        """Return the value as it is handed to the database: what stood in its place says of which kind."""
        if isinstance(value, date):
            return self._compiler.connection.ops.adapt_datefield_value(value)
        return type(like)(value)

    def _compiler_of_this_thread(self) -> Any:
        compiler = object.__new__(type(self._compiler))  # as `copy` would, in a third of the time
        compiler.__dict__.update(self._compiler.__dict__)
        compiler.connection = connections[self._queryset.db]
        compiler.get_converters = lambda _columns: self._converters
        return compiler


class _Given:
    """What the making of rows asks of a QuerySet, and of its query."""

    _known_related_objects: ClassVar[dict[Any, Any]] = {}

    def __init__(self, queryset: QuerySet[Any], compiler: Any) -> None:
        self.db, self.model, self.query = queryset.db, queryset.model, self
        self._compiler = compiler

    def get_compiler(self, *_args: Any, **_kwargs: Any) -> Any:
        return self._compiler
