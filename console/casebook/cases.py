"""One checkout with all that belongs to it, read in a constant number of statements: for the console, API and CLI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from console.casebook.explanation import Explanation, explain
from console.casebook.plans import Holdings
from console.casebook.situation import Situation
from console.engine.care.workers import last_beat
from console.engine.driving.locks import was_due
from console.engine.staff.allowed import Action, allowed_actions, resolvable
from console.engine.store.database import Reader
from console.engine.store.tables import (
    audit_entries,
    carts,
    events,
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

AUDIT_SHOWN = 100
_ADDRESSES = ("shipping_address", "billing_address")
# What is shown of an operation. The payment token is not read at all: it is nobody's to see.
_OPERATION_COLUMNS = (
    "id",
    "lock_id",
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


@dataclass(frozen=True)
class Checkout:
    """A checkout and all that belongs to it, as it was when it was read."""

    lock: Row[Any]
    order: Row[Any] | None
    steps: Sequence[Row[Any]]
    operations: Sequence[Row[Any]]
    reservations: Sequence[Row[Any]]
    snapshots: Sequence[Row[Any]]
    events: Sequence[Row[Any]]
    audit: Sequence[Row[Any]]
    sweep_seconds: float

    @property
    def now(self) -> datetime:
        """Tell when it was read, by the database's clock."""
        moment: datetime = self.lock.now
        return moment

    @property
    def addresses(self) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
        """Give where it goes and who is billed: its order's for good, else what the cart has now."""
        keeper = self.lock if self.order is None else self.order
        return keeper.shipping_address, keeper.billing_address

    @property
    def is_due(self) -> bool:
        """Tell whether its time had run out."""
        return was_due(self.lock, now=self.now)

    @property
    def allowed_actions(self) -> tuple[Action, ...]:
        """Tell what may be done to it."""
        return allowed_actions(self.lock.state, is_due=self.is_due, is_in_doubt=bool(self.doubts))

    @property
    def doubts(self) -> tuple[Any, ...]:
        """Give the operations about which a human's word is wanted."""
        return resolvable(self.lock, self.operations_by_kind)

    @property
    def operations_by_kind(self) -> Mapping[str, Any]:
        """Give its operations by kind."""
        return {operation.kind: operation for operation in self.operations}

    @property
    def explanation(self) -> Explanation:
        """Tell why it is where it is."""
        return explain(self.situation)

    @property
    def situation(self) -> Situation:
        """Give what its story is told from."""
        ended_by = (entry for entry in self.audit if entry.action in (Action.RELEASE, Action.EXPIRE))
        reason = next((entry.reason for entry in ended_by), None)
        return Situation(
            self.lock,
            self.operations_by_kind,
            now=self.now,
            sweep_seconds=self.sweep_seconds,
            worker_seen_at=self.lock.worker_seen_at,
            staff_reason=reason,
        )

    @property
    def holdings(self) -> Holdings:
        """Give what a plan needs to know."""
        coupon = next((row.coupon_code for row in self.snapshots if row.cart_line_id is None), None)
        return Holdings(self.lock, self.operations_by_kind, self.reservations, coupon, self.now)


def read_checkout(reader: Reader, lock_id: int, *, sweep_seconds: float) -> Checkout | None:
    """Read a checkout and all that belongs to it; None when there is none. `sweep_seconds` are between two sweeps."""
    seen = last_beat().label("worker_seen_at")
    query = select(locks, *carts.c[_ADDRESSES], clock().label("now"), seen).join(carts, carts.c.id == locks.c.cart_id)
    lock = reader.execute(query.where(locks.c.id == lock_id)).one_or_none()
    if lock is None:
        return None
    return Checkout(
        lock,
        order=reader.execute(select(orders).where(orders.c.lock_id == lock_id)).one_or_none(),
        steps=reader.execute(_steps_of(lock_id)).all(),
        operations=reader.execute(_operations_of(lock_id)).all(),
        reservations=reader.execute(_reservations_of(lock_id)).all(),
        snapshots=reader.execute(_snapshots_of(lock_id)).all(),
        events=reader.execute(select(events).where(events.c.lock_id == lock_id).order_by(events.c.id)).all(),
        audit=reader.execute(_audit_of(lock_id)).all(),
        sweep_seconds=sweep_seconds,
    )


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


def _audit_of(lock_id: int) -> Select[Any]:
    """Build the query for what was done to it, the newest first."""
    of_lock = (audit_entries.c.object_type == "checkout_lock", audit_entries.c.object_id == str(lock_id))
    return select(audit_entries).where(*of_lock).order_by(audit_entries.c.id.desc()).limit(AUDIT_SHOWN)
