"""Pieces of SQL that are built once and run with the values of the moment.

Building a statement costs several times as much as running it: on the way of every checkout statements are made of
these, and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Float, Table, Update, bindparam, literal_column, update

from console.models.types import clock

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, eq=False)
class Clause:
    """A condition or a value in SQL, and what its parameters are now.

    `sql` is made once, when its module is loaded: kept statements are found by it.
    """

    sql: ColumnElement[Any]
    values: Mapping[str, Any] = field(default_factory=dict)


NOW = Clause(clock())
_AFTER_SECONDS = clock(bindparam("after_seconds", type_=Float()))


def after(seconds: float) -> Clause:
    """Give the time so many seconds from now, by the database's clock; one to a statement."""
    return Clause(_AFTER_SECONDS, {"after_seconds": float(seconds)})


def words(states: Iterable[str]) -> list[ColumnElement[str]]:
    """Spell words of ours out in the SQL: a list of parameters would be rendered anew each time."""
    return [literal_column(f"'{state}'") for state in states]


def change_row(
    table: Table, row_id: int, conditions: Iterable[Clause], values: Mapping[str, Any]
) -> tuple[Update, dict[str, Any]]:
    """Give the statement that changes one row under conditions and returns it, and its parameters.

    A value is a constant, NULL by None, or a `Clause`.
    """
    conditions = tuple(conditions)
    parts = tuple((name, value.sql if isinstance(value, Clause) else None) for name, value in values.items())
    statement = _kept_update(table, tuple(condition.sql for condition in conditions), parts)
    parameters = {"row_id": row_id}
    for condition in conditions:
        parameters |= condition.values
    for name, value in values.items():
        parameters |= value.values if isinstance(value, Clause) else {f"new_{name}": value}
    return statement, parameters


@cache
def _kept_update(
    table: Table, conditions: tuple[ColumnElement[bool], ...], parts: tuple[tuple[str, ColumnElement[Any] | None], ...]
) -> Update:
    values = {name: bindparam(f"new_{name}") if sql is None else sql for name, sql in parts}
    statement = update(table).where(table.c.id == bindparam("row_id"), *conditions)
    return statement.values(values).returning(table)
