"""What an invariant is: queries that return no row at any commit, or a walk that finds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from console.engine.machine import OperationKind
from console.engine.store.database import Reader
from console.engine.store.tables import locks, operations

_SHOWN_AT_MOST = 100


@dataclass(frozen=True)
class Violation:
    """One row that should not be: which invariant it breaks, and its facts."""

    invariant: int
    title: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Invariant:
    """One of the invariants in docs/engine.md. `is_cheap` ones are part of the health check: an index answers them."""

    number: int
    title: str
    queries: tuple[Callable[[], Select[Any]], ...] = ()
    walk: Callable[[Reader], Iterable[dict[str, Any]]] | None = None
    is_cheap: bool = False

    def check(self, reader: Reader) -> Iterator[Violation]:
        """Find what breaks it, at most 100 rows a query. Reads only."""
        for query in self.queries:
            for row in reader.execute(_kept(query)):
                yield Violation(self.number, self.title, dict(row._mapping))
        for facts in self.walk(reader) if self.walk else ():
            yield Violation(self.number, self.title, facts)


@cache
def _kept(query: Callable[[], Select[Any]]) -> Select[Any]:
    """Build a query once: that costs more than running it on a small shop."""
    return query().limit(_SHOWN_AT_MOST)


def repeated(table: Any, *columns: str) -> Callable[[], Select[Any]]:
    """Build the query for rows that stand more than once."""

    def query() -> Select[Any]:
        named = [table.c[name] for name in columns]
        return select(*named, func.count().label("rows")).group_by(*named).having(func.count() > 1)

    return query


def has_operation(kind: OperationKind, *conditions: ColumnElement[bool], status: str) -> ColumnElement[bool]:
    """Build the condition that the checkout has an operation of this kind and status."""
    mine = (operations.c.lock_id == locks.c.id, operations.c.kind == kind, operations.c.status == status)
    return exists().where(*mine, *conditions)
