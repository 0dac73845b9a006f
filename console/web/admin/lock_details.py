"""One checkout with all that belongs to it, in a constant number of statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from console.engine.database import Reader
from console.engine.tables import (
    locks,
    operations,
    orders,
    reservations,
    snapshots,
    steps,
    variants,
    warehouses,
)
from console.models.types import clock

# What is shown of an operation. The payment token is not read at all: it is nobody's to see.
_OPERATION_COLUMNS = (
    "id",
    "kind",
    "status",
    "amount",
    "currency",
    "idempotency_key",
    "provider",
    "provider_reference",
    "payment_method",
    "code",
    "message",
    "attempts",
    "next_attempt_at",
    "created_at",
    "resolved_at",
    "resolved_by",
)


def read_details(reader: Reader, lock_id: int) -> dict[str, Any] | None:
    """Read a checkout, its order, steps, operations, reservations and snapshots; None when there is none."""
    lock = reader.execute(select(locks, clock().label("now")).where(locks.c.id == lock_id)).one_or_none()
    if lock is None:
        return None
    return {
        "lock": lock,
        "order": reader.execute(select(orders).where(orders.c.lock_id == lock_id)).one_or_none(),
        "steps": reader.execute(_steps_of(lock_id)).all(),
        "operations": reader.execute(_operations_of(lock_id)).all(),
        "reservations": reader.execute(_reservations_of(lock_id)).all(),
        "snapshots": reader.execute(_snapshots_of(lock_id)).all(),
    }


def _steps_of(lock_id: int) -> Select[Any]:
    return select(steps).where(steps.c.lock_id == lock_id).order_by(steps.c.started_at, steps.c.id)


def _operations_of(lock_id: int) -> Select[Any]:
    shown = [operations.c[name] for name in _OPERATION_COLUMNS]
    has_token = operations.c.payment_token.is_not(None).label("has_token")
    return select(*shown, has_token).where(operations.c.lock_id == lock_id).order_by(operations.c.id)


def _reservations_of(lock_id: int) -> Select[Any]:
    return (
        select(reservations, variants.c.sku, warehouses.c.code.label("warehouse"))
        .join(variants, variants.c.id == reservations.c.variant_id)
        .join(warehouses, warehouses.c.id == reservations.c.warehouse_id)
        .where(reservations.c.lock_id == lock_id)
        .order_by(reservations.c.id)
    )


def _snapshots_of(lock_id: int) -> Select[Any]:
    """Build the query for the lines' snapshots, the cart's own last, as a sum stands under its lines."""
    is_cart = snapshots.c.cart_line_id.is_(None)
    return select(snapshots).where(snapshots.c.checkout_lock_id == lock_id).order_by(is_cart, snapshots.c.id)
