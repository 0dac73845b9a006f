"""Invariants 5, 7 and 9: which checkout holds a cart, and that a failed one holds nothing any more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from console.engine.care.invariants.rule import Invariant, has_operation, repeated
from console.engine.machine import OperationKind, OperationStatus, ReservationStatus, State
from console.engine.store.tables import carts, coupon_redemptions, locks, operations, orders, reservations
from console.models.vocabulary import OrderStatus, RedemptionStatus

_OPEN = (ReservationStatus.HELD, ReservationStatus.PINNED)


def _held_by_nobody() -> Select[Any]:
    holder = exists().where(locks.c.id == carts.c.lock_id, locks.c.cart_id == carts.c.id, locks.c.holds_cart)
    return select(*carts.c["id", "lock_id"]).where(carts.c.lock_id.is_not(None), ~holder)


def _held_unknown_to_cart() -> Select[Any]:
    """A lock that holds a cart which names another, or none: two holders of one cart show here as well."""
    unknown = or_(carts.c.lock_id.is_(None), carts.c.lock_id != locks.c.id)
    held = select(*locks.c["id", "cart_id"], carts.c.lock_id.label("held_by"))
    return held.join(carts, carts.c.id == locks.c.cart_id).where(locks.c.holds_cart, unknown)


def _failed_but_holding() -> Select[Any]:
    stock = exists().where(reservations.c.lock_id == locks.c.id, reservations.c.status.in_(_OPEN))
    coupon = exists().where(
        coupon_redemptions.c.lock_id == locks.c.id, coupon_redemptions.c.status != RedemptionStatus.RETURNED
    )
    order = exists().where(orders.c.lock_id == locks.c.id, orders.c.status != OrderStatus.CANCELLED)
    gone_back = locks.c.state.in_((State.FAILED, State.ROLLING_BACK))
    return select(*locks.c["id", "reference", "state"]).where(gone_back, or_(locks.c.holds_cart, stock, coupon, order))


def _failed_with_money() -> Select[Any]:
    authorized = has_operation(OperationKind.AUTHORIZE, operations.c.amount > 0, status=OperationStatus.SUCCEEDED)
    voided = has_operation(OperationKind.VOID, status=OperationStatus.SUCCEEDED)
    given_back = has_operation(OperationKind.REFUND, status=OperationStatus.SUCCEEDED)
    held = and_(authorized, ~voided, ~given_back)
    return select(*locks.c["id", "reference"]).where(locks.c.state == State.FAILED, or_(held, _is_charged()))


def _is_charged() -> ColumnElement[bool]:
    """Build the condition that the checkout has a capture that was not refunded in full."""
    capture, refund = aliased(operations), aliased(operations)
    refunded = exists().where(
        refund.c.lock_id == capture.c.lock_id,
        refund.c.kind == OperationKind.REFUND,
        refund.c.status == OperationStatus.SUCCEEDED,
        refund.c.amount == capture.c.amount,
    )
    return exists().where(
        capture.c.lock_id == locks.c.id,
        capture.c.kind == OperationKind.CAPTURE,
        capture.c.status == OperationStatus.SUCCEEDED,
        ~refunded,
    )


INVARIANTS = (
    Invariant(
        5,
        "a cart is held by one checkout at most, and says so",
        (_held_by_nobody, _held_unknown_to_cart),
        is_cheap=True,
    ),
    Invariant(7, "a checkout has one operation of each kind at most", (repeated(operations, "lock_id", "kind"),)),
    Invariant(9, "a failed checkout holds nothing, no money either", (_failed_but_holding, _failed_with_money)),
)
