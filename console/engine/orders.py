"""Orders: copied from a checkout's snapshots in the database itself, paid or cancelled with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, insert, literal, select, update
from sqlalchemy.orm import Session

from console.engine.tables import carts, order_lines, orders, snapshots
from console.models.types import clock
from console.models.vocabulary import OrderStatus

_COPIED_AMOUNTS = ("sub_total", "discount_total", "tax_total", "shipping_total", "total")
_LINE_FIELDS = (
    "variant_id",
    "sku",
    "name",
    "quantity",
    "unit_price",
    "sub_total",
    "discount_total",
    "tax_total",
    "total",
)


def snapshot_total(session: Session, lock_id: int) -> tuple[int, str]:
    """Tell the frozen total of a checkout in minor units, and its currency."""
    query = select(snapshots.c.total, snapshots.c.currency_code).where(
        snapshots.c.checkout_lock_id == lock_id, snapshots.c.cart_line_id.is_(None)
    )
    total, currency = session.execute(query).one()
    return total, currency


def create_order(session: Session, lock: Row[Any]) -> Row[Any]:
    """Create the order of a checkout, pending, from its snapshots; give its id, total and currency. Caller commits."""
    source = (
        select(
            literal(f"O-{lock.reference}"),
            literal(lock.id),
            literal(lock.cart_id),
            literal(OrderStatus.PENDING.value),
            literal(lock.customer_email),
            *(snapshots.c[name] for name in _COPIED_AMOUNTS),
            *snapshots.c["currency_code", "coupon_code"],
            *carts.c["external_reference", "shipping_address"],
            func.coalesce(carts.c.billing_address, carts.c.shipping_address),
            clock(),
        )
        .join(carts, carts.c.id == snapshots.c.cart_id)
        .where(snapshots.c.checkout_lock_id == lock.id, snapshots.c.cart_line_id.is_(None))
    )
    columns = ["number", "lock_id", "cart_id", "status", "customer_email", *_COPIED_AMOUNTS, "currency", "coupon_code"]
    columns += ["external_reference", "shipping_address", "billing_address", "created_at"]
    statement = insert(orders).from_select(columns, source).returning(*orders.c["id", "total", "currency"])
    order = session.execute(statement).one()
    _copy_lines(session, lock.id, order_id=order.id)
    return order


def _copy_lines(session: Session, lock_id: int, *, order_id: int) -> None:
    source = (
        select(literal(order_id), *(snapshots.c[name] for name in _LINE_FIELDS))
        .where(snapshots.c.checkout_lock_id == lock_id, snapshots.c.cart_line_id.is_not(None))
        .order_by(snapshots.c.id)
    )
    session.execute(insert(order_lines).from_select(["order_id", *_LINE_FIELDS], source))


def pay_order(session: Session, lock_id: int) -> str | None:
    """Mark the order of a checkout paid; give the coupon it was bought with. Caller commits."""
    pending = update(orders).where(orders.c.lock_id == lock_id, orders.c.status == OrderStatus.PENDING)
    paid = pending.values(status=OrderStatus.PAID, paid_at=clock()).returning(orders.c.coupon_code)
    coupon_code: str | None = session.execute(paid).scalar_one()
    return coupon_code


def cancel_order(session: Session, lock_id: int) -> None:
    """Mark the order of a checkout cancelled. Caller commits."""
    pending = update(orders).where(orders.c.lock_id == lock_id, orders.c.status == OrderStatus.PENDING)
    session.execute(pending.values(status=OrderStatus.CANCELLED, cancelled_at=clock()))
