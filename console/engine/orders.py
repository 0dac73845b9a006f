"""Orders: copied from a checkout's snapshots in the database itself, paid or cancelled with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, BindParameter, Row, String, bindparam, func, insert, literal_column, select, update
from sqlalchemy.orm import Session

from console.engine.prices.drift import moved_by_price
from console.engine.store.clauses import words
from console.engine.store.database import run, write_later
from console.engine.store.tables import carts, order_lines, orders, snapshots
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


_LOCK_ID: BindParameter[int] = bindparam("of_lock")
_OF_CART = (snapshots.c.checkout_lock_id == _LOCK_ID) & snapshots.c.cart_line_id.is_(None)
_TOTAL = select(*snapshots.c["total", "currency_code"]).where(_OF_CART)


def _create() -> Any:
    source = (
        select(
            bindparam("number", type_=String()),
            *snapshots.c["checkout_lock_id", "cart_id"],
            literal_column(f"'{OrderStatus.PENDING}'"),
            bindparam("email", type_=String()),
            *snapshots.c[_COPIED_AMOUNTS],
            *snapshots.c["currency_code", "coupon_code"],
            *carts.c["external_reference", "shop_reference", "shipping_address"],
            func.coalesce(carts.c.billing_address, carts.c.shipping_address),
            clock(),
        )
        .join(carts, carts.c.id == snapshots.c.cart_id)
        .where(_OF_CART)
    )
    columns = ["number", "lock_id", "cart_id", "status", "customer_email", *_COPIED_AMOUNTS, "currency", "coupon_code"]
    columns += ["external_reference", "shop_reference", "shipping_address", "billing_address", "created_at"]
    moved = moved_by_price(_LOCK_ID).label("moved")
    return insert(orders).from_select(columns, source).returning(*orders.c["id", "total", "currency"], moved)


def _copy_lines() -> Any:
    source = (
        select(bindparam("order_id", type_=BigInteger()), *snapshots.c[_LINE_FIELDS])
        .where(snapshots.c.checkout_lock_id == _LOCK_ID, snapshots.c.cart_line_id.is_not(None))
        .order_by(snapshots.c.id)
    )
    return insert(order_lines).from_select(["order_id", *_LINE_FIELDS], source)


_CREATE = _create()
_COPY_LINES = _copy_lines()
_PENDING = update(orders).where(orders.c.lock_id == _LOCK_ID, orders.c.status.in_(words([OrderStatus.PENDING])))
_PAY = _PENDING.values(status=OrderStatus.PAID, paid_at=clock()).returning(orders)
_CANCEL = _PENDING.values(status=OrderStatus.CANCELLED, cancelled_at=clock())


def snapshot_total(session: Session, lock_id: int) -> tuple[int, str]:
    """Tell the frozen total of a checkout in minor units, and its currency."""
    total, currency = run(session, _TOTAL, {"of_lock": lock_id}).one()
    return total, currency


def create_order(session: Session, lock: Row[Any]) -> Row[Any]:
    """Create the order of a checkout, pending, from its snapshots. Caller commits.

    Gives its `id`, `total` and `currency`, and `moved`: by how much the shop's prices differ from the frozen ones.
    """
    values = {"of_lock": lock.id, "number": f"O-{lock.reference}", "email": lock.customer_email}
    order = run(session, _CREATE, values).one()
    write_later(session, _COPY_LINES, {"of_lock": lock.id, "order_id": order.id})
    return order


def pay_order(session: Session, lock_id: int) -> Row[Any]:
    """Mark the order of a checkout paid, and give it. Caller commits."""
    return run(session, _PAY, {"of_lock": lock_id}).one()


def cancel_order(session: Session, lock_id: int) -> None:
    """Mark the order of a checkout cancelled. Caller commits."""
    write_later(session, _CANCEL, {"of_lock": lock_id})
