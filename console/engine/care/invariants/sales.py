"""Invariants 6, 8 and 14: orders, what they were paid with and which stock and coupons they took."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, exists, func, or_, select

from console.engine.care.invariants.rule import Invariant, has_operation, repeated
from console.engine.machine import OperationKind, OperationStatus, ReservationStatus, State
from console.engine.store.tables import (
    carts,
    coupon_redemptions,
    coupons,
    locks,
    operations,
    order_lines,
    orders,
    reservations,
)
from console.models.vocabulary import CartStatus, OrderStatus, RedemptionStatus


def _paid_without_capture() -> Select[Any]:
    of_total = (operations.c.amount == orders.c.total, operations.c.currency == orders.c.currency)
    captured = has_operation(OperationKind.CAPTURE, *of_total, status=OperationStatus.SUCCEEDED)
    return (
        select(*orders.c["id", "number", "total", "currency"])
        .join(locks, locks.c.id == orders.c.lock_id)
        .where(orders.c.status == OrderStatus.PAID, or_(~captured, locks.c.state != State.COMPLETED))
    )


def _paid_without_stock() -> Select[Any]:
    """Compare the pieces of each variant on a paid order with what its checkout committed."""
    bought = (
        select(orders.c.lock_id, order_lines.c.variant_id, func.sum(order_lines.c.quantity).label("quantity"))
        .join(order_lines, order_lines.c.order_id == orders.c.id)
        .where(orders.c.status == OrderStatus.PAID)
        .group_by(orders.c.lock_id, order_lines.c.variant_id)
        .subquery()
    )
    committed = func.coalesce(
        func.sum(case((reservations.c.status == ReservationStatus.COMMITTED, reservations.c.quantity), else_=0)), 0
    )
    of_line = and_(reservations.c.lock_id == bought.c.lock_id, reservations.c.variant_id == bought.c.variant_id)
    return (
        select(*bought.c["lock_id", "variant_id", "quantity"], committed.label("committed"))
        .outerjoin(reservations, of_line)
        .group_by(bought.c.lock_id, bought.c.variant_id, bought.c.quantity)
        .having(bought.c.quantity != committed)
    )


def _completed_without_paid_order() -> Select[Any]:
    paid = exists().where(orders.c.lock_id == locks.c.id, orders.c.status == OrderStatus.PAID)
    unsold = exists().where(reservations.c.lock_id == locks.c.id, reservations.c.status != ReservationStatus.COMMITTED)
    return select(*locks.c["id", "reference"]).where(locks.c.state == State.COMPLETED, or_(~paid, unsold))


def _ordered_cart_without_order() -> Select[Any]:
    paid = exists().where(orders.c.cart_id == carts.c.id, orders.c.status == OrderStatus.PAID)
    return select(*carts.c["id", "status"]).where(carts.c.status == CartStatus.ORDERED, ~paid)


def _coupon_uses_differ() -> Select[Any]:
    counts = and_(
        coupon_redemptions.c.coupon_id == coupons.c.id, coupon_redemptions.c.status != RedemptionStatus.RETURNED
    )
    used = func.count(coupon_redemptions.c.id)
    return (
        select(*coupons.c["id", "code", "uses"], used.label("counted"))
        .outerjoin(coupon_redemptions, counts)
        .group_by(coupons.c.id, coupons.c.code, coupons.c.uses)
        .having(coupons.c.uses != used)
    )


INVARIANTS = (
    Invariant(6, "a checkout has one order at most", (repeated(orders, "lock_id"),)),
    Invariant(
        8,
        "a paid order has its capture and its stock",
        (_paid_without_capture, _paid_without_stock, _completed_without_paid_order, _ordered_cart_without_order),
    ),
    Invariant(14, "coupon uses are counted right", (_coupon_uses_differ,)),
)
