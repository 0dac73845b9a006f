"""Stock: taken by conditional updates in ascending id, given back, or turned into a sale. Never oversold.

`on_hand` is what lies there, `reserved` what checkouts hold of it; what is free is the difference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from console.engine.errors import InvalidInput, LostRace, OutOfStock
from console.engine.machine import ReservationStatus
from console.engine.store.clauses import words
from console.engine.store.database import run, write_later
from console.engine.store.tables import cart_lines, reservations, stock_levels, stock_movements, variants, warehouses
from console.models.types import clock
from console.models.vocabulary import MovementKind

_LEVEL: BindParameter[int] = bindparam("level_id")
_QUANTITY: BindParameter[int] = bindparam("quantity")
_RESERVE = (
    update(stock_levels)
    .where(stock_levels.c.id == _LEVEL, stock_levels.c.on_hand - stock_levels.c.reserved >= _QUANTITY)
    .values(reserved=stock_levels.c.reserved + _QUANTITY)
)
# Giving back or selling more than is reserved breaks the table's CHECK.
_RELEASE = update(stock_levels).where(stock_levels.c.id == _LEVEL).values(reserved=stock_levels.c.reserved - _QUANTITY)
_SELL = _RELEASE.values(on_hand=stock_levels.c.on_hand - _QUANTITY)
_OPEN = reservations.c.status.in_(words((ReservationStatus.HELD, ReservationStatus.PINNED)))
_OF_LOCK = reservations.c.lock_id == bindparam("of_lock")
_RESOLVE = (
    update(reservations)
    .where(_OF_LOCK, _OPEN)
    .values(status=bindparam("new_status"), resolved_at=clock())
    .returning(reservations)
)
_PIN = (
    update(reservations)
    .where(_OF_LOCK, reservations.c.status.in_(words([ReservationStatus.HELD])))
    .values(status=ReservationStatus.PINNED)
)
_HOLD = insert(reservations)
_MOVE = insert(stock_movements)
_LEVELS = (
    select(stock_levels, warehouses.c.priority)
    .join(warehouses, warehouses.c.id == stock_levels.c.warehouse_id)
    .where(
        stock_levels.c.variant_id.in_(
            select(cart_lines.c.variant_id).where(cart_lines.c.cart_id == bindparam("of_cart"))
        ),
        warehouses.c.active,
    )
    .order_by(stock_levels.c.id)
)
_LEVELS_HELD = _LEVELS.with_for_update(of=stock_levels, key_share=True)


class StockMoved(LostRace):
    """What was read without holding the rows does not suffice; look again with the rows held."""


@dataclass(frozen=True)
class Allocation:
    """So many pieces of a variant from one stock level."""

    level: Row[Any]
    quantity: int


def reserve_stock(
    session: Session, lock: Row[Any], *, wanted: Mapping[int, int], rows_held: bool
) -> Sequence[Allocation]:
    """Reserve for a checkout `wanted` pieces by id of its cart's variants, split over warehouses. Caller commits.

    Gives what is to be taken with `take_stock` in the same transaction, late: rows that many checkouts want are to be
    held as briefly as can be. Tried first on what is read without locks. Only with `rows_held`, the rows locked in
    ascending id by this transaction, is a shortage a shortage.

    Raises:
        StockMoved: when that did not suffice and the rows are not held yet; roll back and call again with them held.
        OutOfStock: when there is too little, with all shortages.
    """
    levels = run(session, _LEVELS_HELD if rows_held else _LEVELS, {"of_cart": lock.cart_id}).all()
    allocations, shortages = _split(wanted, levels)
    if shortages:
        if not rows_held:
            raise StockMoved
        raise OutOfStock("There is not enough stock.", shortages=_describe(session, shortages))
    if allocations:
        write_later(session, _HOLD, [_reservation(lock.id, each) for each in allocations])
    return allocations


def take_stock(session: Session, allocations: Sequence[Allocation]) -> None:
    """Take what was reserved, if it is still there. Caller commits.

    Raises:
        StockMoved: when it is not; roll back, and reserve again with the rows held.
    """
    changes = _by_level((each.level.id, each.quantity) for each in allocations)
    if changes and run(session, _RESERVE, changes).rowcount != len(changes):
        raise StockMoved


def _split(
    wanted: Mapping[int, int], levels: Sequence[Row[Any]]
) -> tuple[list[Allocation], list[tuple[int, int, int]]]:
    """Split what is wanted over the levels; give the allocations, and (variant, wanted, free) where it falls short."""
    by_variant = defaultdict(list)
    for level in sorted(levels, key=lambda level: (level.priority, level.id)):
        by_variant[level.variant_id].append(level)
    allocations, shortages = [], []
    for variant_id, quantity in wanted.items():
        missing = quantity
        for level in by_variant[variant_id]:
            taken = min(missing, level.on_hand - level.reserved)
            if taken > 0:
                allocations.append(Allocation(level, taken))
                missing -= taken
        if missing:
            shortages.append((variant_id, quantity, quantity - missing))
    return allocations, shortages


def _reservation(lock_id: int, allocation: Allocation) -> dict[str, Any]:
    level = allocation.level
    return {
        "lock_id": lock_id,
        "stock_level_id": level.id,
        "variant_id": level.variant_id,
        "warehouse_id": level.warehouse_id,
        "quantity": allocation.quantity,
        "status": ReservationStatus.HELD,
    }


def _describe(session: Session, shortages: list[tuple[int, int, int]]) -> list[dict[str, Any]]:
    ids = [variant_id for variant_id, _, _ in shortages]
    skus = dict(session.execute(select(variants.c.id, variants.c.sku).where(variants.c.id.in_(ids))).tuples().all())
    return [
        {"sku": skus[variant_id], "requested": requested, "available": available}
        for variant_id, requested, available in shortages
    ]


def _by_level(changes: Iterable[tuple[int, int]]) -> list[dict[str, int]]:
    """Give the changes of levels as one update each takes them, in ascending id."""
    return [{"level_id": level_id, "quantity": quantity} for level_id, quantity in sorted(changes)]


def pin_reservations(session: Session, lock_id: int) -> None:
    """Pin what a checkout holds: past the point of no return nobody gives it back. Caller commits."""
    write_later(session, _PIN, {"of_lock": lock_id})


def release_reservations(session: Session, lock_id: int) -> dict[str, int]:
    """Give a checkout's stock back, and tell how much that was. Caller commits."""
    rows = _resolve(session, lock_id, ReservationStatus.RELEASED)
    if rows:
        write_later(session, _RELEASE, _by_level((row.stock_level_id, row.quantity) for row in rows))
    return {"pieces": sum(row.quantity for row in rows), "levels": len(rows)}


def sell_reservations(session: Session, lock_id: int) -> None:
    """Turn what a checkout holds into a sale: stock and reservation go down, with a movement each. Caller commits."""
    rows = _resolve(session, lock_id, ReservationStatus.COMMITTED)
    sales = [
        {
            "variant_id": row.variant_id,
            "warehouse_id": row.warehouse_id,
            "lock_id": lock_id,
            "quantity": -row.quantity,
            "kind": MovementKind.SALE,
        }
        for row in rows
    ]
    if sales:
        write_later(session, _MOVE, sales)
        write_later(session, _SELL, _by_level((row.stock_level_id, row.quantity) for row in rows))


def _resolve(session: Session, lock_id: int, status: ReservationStatus) -> Sequence[Row[Any]]:
    """Resolve a checkout's open reservations, once."""
    return run(session, _RESOLVE, {"of_lock": lock_id, "new_status": status}).all()


def correct_stock(
    session: Session, level_id: int, *, change: int, kind: MovementKind = MovementKind.CORRECTION, note: str = ""
) -> None:
    """Change the stock on hand by so many pieces, with its movement. Caller commits.

    Raises:
        InvalidInput: when fewer would be on hand than checkouts hold; `context["holders"]` names the locks.
    """
    fits = stock_levels.c.on_hand + change >= stock_levels.c.reserved
    statement = (
        update(stock_levels)
        .where(stock_levels.c.id == level_id, fits)
        .values(on_hand=stock_levels.c.on_hand + change)
        .returning(stock_levels)
    )
    level = session.execute(statement).one_or_none()
    if level is None:
        raise InvalidInput(
            "That is less than what checkouts hold of it.", level_id=level_id, holders=_holders(session, level_id)
        )
    movement = {"variant_id": level.variant_id, "warehouse_id": level.warehouse_id, "quantity": change}
    session.execute(insert(stock_movements).values(**movement, kind=kind, note=note))


def _holders(session: Session, level_id: int) -> list[int]:
    query = select(reservations.c.lock_id).where(reservations.c.stock_level_id == level_id, _OPEN)
    return list(session.scalars(query))


def sum_by_variant(lines: Iterable[Row[Any]]) -> dict[int, int]:
    """Sum the pieces of each variant over all lines: the same variant may stand on several."""
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[line.variant_id] += line.quantity
    return dict(wanted)
