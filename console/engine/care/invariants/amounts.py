"""Invariant 11: amounts add up, from the line to what was captured."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from console.engine.care.invariants.rule import Invariant
from console.engine.machine import OperationKind
from console.engine.store.tables import operations, order_lines, orders, snapshots


def _line_does_not_add_up() -> Select[Any]:
    row = snapshots.c
    total = row.unit_price * row.quantity - row.discount_total + row.tax_total
    differs = or_(row.total != total, row.sub_total != row.unit_price * row.quantity)
    return select(*row["id", "checkout_lock_id", "total"]).where(row.cart_line_id.is_not(None), differs)


def _cart_does_not_add_up() -> Select[Any]:
    cart, line = aliased(snapshots), aliased(snapshots)
    sums = [func.coalesce(func.sum(line.c[name]), 0) for name in ("total", "sub_total", "discount_total", "tax_total")]
    of_cart = and_(line.c.checkout_lock_id == cart.c.checkout_lock_id, line.c.cart_line_id.is_not(None))
    shown = cart.c["id", "checkout_lock_id", "total", "shipping_total", "sub_total", "discount_total", "tax_total"]
    return (
        select(*shown, sums[0].label("lines"))
        .outerjoin(line, of_cart)
        .where(cart.c.cart_line_id.is_(None))
        .group_by(*shown)
        .having(
            or_(
                cart.c.total != sums[0] + cart.c.shipping_total,
                cart.c.sub_total != sums[1],
                cart.c.discount_total != sums[2],
                cart.c.tax_total != sums[3],
            )
        )
    )


def _order_differs_from_snapshot() -> Select[Any]:
    of_cart = and_(snapshots.c.checkout_lock_id == orders.c.lock_id, snapshots.c.cart_line_id.is_(None))
    amounts = ("sub_total", "discount_total", "tax_total", "shipping_total", "total")
    differs = or_(*(orders.c[name] != snapshots.c[name] for name in amounts), snapshots.c.id.is_(None))
    shown = (*orders.c["id", "number", "total"], snapshots.c.total.label("snapshot_total"))
    return select(*shown).outerjoin(snapshots, of_cart).where(differs)


def _order_lines_do_not_add_up() -> Select[Any]:
    lines = func.coalesce(func.sum(order_lines.c.total), 0)
    return (
        select(*orders.c["id", "number", "total", "shipping_total"], lines.label("lines"))
        .outerjoin(order_lines, order_lines.c.order_id == orders.c.id)
        .group_by(orders.c.id, orders.c.number, orders.c.total, orders.c.shipping_total)
        .having(orders.c.total != lines + orders.c.shipping_total)
    )


def _captured_another_amount() -> Select[Any]:
    of_order = and_(operations.c.lock_id == orders.c.lock_id, operations.c.kind == OperationKind.CAPTURE)
    return (
        select(*orders.c["id", "number", "total"], operations.c.amount)
        .join(operations, of_order)
        .where(or_(operations.c.amount != orders.c.total, operations.c.currency != orders.c.currency))
    )


INVARIANTS = (
    Invariant(
        11,
        "amounts add up: lines, snapshot, order, capture",
        (
            _line_does_not_add_up,
            _cart_does_not_add_up,
            _order_differs_from_snapshot,
            _order_lines_do_not_add_up,
            _captured_another_amount,
        ),
    ),
)
