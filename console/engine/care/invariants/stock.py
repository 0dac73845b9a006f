"""Invariants 1 to 4 and 10: stock, what holds it, and what moved it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from console.engine.care.invariants.rule import Invariant
from console.engine.machine import ReservationStatus, State
from console.engine.store.tables import locks, reservations, stock_levels, stock_movements

_OPEN = (ReservationStatus.HELD, ReservationStatus.PINNED)


def _stock_out_of_bounds() -> Select[Any]:
    level = stock_levels.c
    return select(*level["id", "variant_id", "on_hand", "reserved"]).where(
        or_(level.reserved < 0, level.reserved > level.on_hand)
    )


def _reserved_differs() -> Select[Any]:
    level = stock_levels.c
    is_open = and_(reservations.c.stock_level_id == level.id, reservations.c.status.in_(_OPEN))
    held = func.coalesce(func.sum(reservations.c.quantity), 0)
    return (
        select(*level["id", "variant_id", "reserved"], held.label("held"))
        .outerjoin(reservations, is_open)
        .group_by(level.id, level.variant_id, level.reserved)
        .having(level.reserved != held)
    )


def _on_hand_differs() -> Select[Any]:
    level, move = stock_levels.c, stock_movements.c
    here = and_(move.variant_id == level.variant_id, move.warehouse_id == level.warehouse_id)
    moved = func.coalesce(func.sum(move.quantity), 0)
    return (
        select(*level["id", "variant_id", "on_hand"], moved.label("moved"))
        .outerjoin(stock_movements, here)
        .group_by(level.id, level.variant_id, level.on_hand)
        .having(level.on_hand != moved)
    )


def _resolved_twice() -> Select[Any]:
    """A committed reservation has one sale of its quantity, any other has none."""
    row, move = reservations.c, stock_movements.c
    sale = and_(move.lock_id == row.lock_id, move.variant_id == row.variant_id, move.warehouse_id == row.warehouse_id)
    sold = func.coalesce(func.sum(-move.quantity), 0)
    expected = case((row.status == ReservationStatus.COMMITTED, row.quantity), else_=0)
    return (
        select(*row["id", "lock_id", "status", "quantity"], sold.label("sold"))
        .outerjoin(stock_movements, sale)
        .group_by(row.id, row.lock_id, row.status, row.quantity)
        .having(sold != expected)
    )


def _pinned_elsewhere() -> Select[Any]:
    return (
        select(*reservations.c["id", "lock_id"], locks.c.state)
        .join(locks, locks.c.id == reservations.c.lock_id)
        .where(reservations.c.status == ReservationStatus.PINNED, locks.c.state != State.CAPTURING)
    )


INVARIANTS = (
    Invariant(1, "reserved stock is within the stock on hand", (_stock_out_of_bounds,)),
    Invariant(2, "reserved stock is the sum of the open reservations", (_reserved_differs,)),
    Invariant(3, "stock on hand is the sum of its movements", (_on_hand_differs,)),
    Invariant(4, "every reservation is resolved at most once", (_resolved_twice,)),
    Invariant(10, "pinned stock belongs to a capture", (_pinned_elsewhere,), is_cheap=True),
)
