"""Ended checkouts moved into the past, each with all its times at once, so that they keep their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Float, Table, bindparam, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from console.engine.machine import ENDED, Outcome
from console.engine.tables import (
    carts,
    coupon_redemptions,
    events,
    locks,
    operations,
    orders,
    reservations,
    snapshots,
    steps,
    stock_movements,
)
from console.models.types import UtcDateTime

HOURS = 47.0
_TABLES = (
    locks,
    steps,
    snapshots,
    operations,
    orders,
    reservations,
    stock_movements,
    coupon_redemptions,
    events,
    carts,
)


class earlier(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL it compiles to
    """A time so many seconds earlier, as an SQL expression."""

    inherit_cache = True
    type = UtcDateTime()


@compiles(earlier, "postgresql")
def _earlier_on_postgresql(element: earlier, compiler: SQLCompiler, **kw: Any) -> str:
    time, seconds = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({time} - make_interval(secs => {seconds}))"


@compiles(earlier, "sqlite")
def _earlier_on_sqlite(element: earlier, compiler: SQLCompiler, **kw: Any) -> str:
    time, seconds = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%f000', {time}, (-{seconds}) || ' seconds')"


def spread_out(session: Session, references: Sequence[str]) -> None:
    """Spread the checkouts of these carts over the hours before now, if they have ended. Caller commits.

    What was released stays where it is: its audit entry's time is part of a hash chain.
    """
    query = (
        select(locks.c.id, locks.c.cart_id)
        .join(carts, carts.c.id == locks.c.cart_id)
        .where(carts.c.external_reference.in_(references), locks.c.state.in_(ENDED))
        .where(locks.c.outcome.is_distinct_from(Outcome.RELEASED))
        .order_by(locks.c.id)
    )
    found = session.execute(query).all()
    moves = [
        {"lock": row.id, "cart": row.cart_id, "seconds": 3600 * HOURS * (len(found) - number) / len(found)}
        for number, row in enumerate(found)
    ]
    for table in _TABLES if moves else ():
        _move(session, table, moves)


def _move(session: Session, table: Table, moves: list[dict[str, Any]]) -> None:
    seconds: ColumnElement[Any] = bindparam("seconds", type_=Float())
    times = {column: earlier(column, seconds) for column in table.c if isinstance(column.type, UtcDateTime)}
    session.connection().execute(update(table).where(_belongs(table)).values(times), moves)


def _belongs(table: Table) -> ColumnElement[bool]:
    """Build the condition that a row is the checkout's; a snapshot calls it by its full name."""
    if table is carts:
        return carts.c.id == bindparam("cart")
    if table is locks:
        return locks.c.id == bindparam("lock")
    lock_id = table.c.checkout_lock_id if table is snapshots else table.c.lock_id
    return lock_id == bindparam("lock")
