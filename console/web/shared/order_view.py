"""An order as its owner sees it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from console.engine.store.database import look, run
from console.engine.store.tables import order_lines
from console.extensions import db
from console.models import Order
from console.web.shared.cart_view import line_of, totals_of
from console.web.shared.resources import AddressAnswer, OrderAnswer

_LINES = select(order_lines).where(order_lines.c.order_id == bindparam("of_order")).order_by(order_lines.c.id)


def answer_order(order: Order) -> OrderAnswer:
    """Answer an order with its lines. Reads only."""
    rows = look(db.session(), lambda reader: run(reader, _LINES, {"of_order": order.id}).all())
    return OrderAnswer(
        number=order.number,
        status=order.status,
        currency=order.currency,
        email=order.customer_email,
        coupon=order.coupon_code,
        external_reference=order.external_reference,
        shipping_address=_address(order.shipping_address),
        billing_address=_address(order.billing_address),
        lines=[line_of(row, currency=order.currency) for row in rows],
        totals=totals_of(order, currency=order.currency),
        created_at=order.created_at,
        paid_at=order.paid_at,
    )


def _address(stored: dict[str, Any] | None) -> AddressAnswer | None:
    return None if stored is None else AddressAnswer.model_validate(stored)
