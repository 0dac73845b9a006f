"""The list of orders."""

from __future__ import annotations

from sqlalchemy import select

from console.engine.store.tables import locks, orders
from console.models.vocabulary import OrderStatus
from console.web.shared.listing.filters import equals, has_email, is_number, is_one_of, was_between
from console.web.shared.listing.listing import Column, Listing, Shape
from console.web.shared.listing.search import searches

_SHOWN = (
    "id",
    "number",
    "lock_id",
    "cart_id",
    "status",
    "customer_email",
    "shop_reference",
    "external_reference",
    "created_at",
    "paid_at",
)

ORDERS = Listing(
    name="orders",
    title="Orders",
    query=select(*orders.c[_SHOWN], *orders.c["total", "currency"], locks.c.reference).join(
        locks, locks.c.id == orders.c.lock_id
    ),
    id_column=orders.c.id,
    columns=(
        Column("number", "Number", Shape.CODE),
        Column("id", "No.", Shape.NUMBER),
        Column("status", "Status", Shape.STATUS),
        Column("total", "Total", Shape.MONEY),
        Column("customer_email", "E-mail", Shape.EMAIL),
        Column("reference", "Checkout", Shape.LOCK),
        Column("cart_id", "Cart", Shape.NUMBER),
        Column("shop_reference", "Shop's number", Shape.CODE),
        Column("external_reference", "External reference", Shape.CODE),
        Column("created_at", "Ordered", Shape.MOMENT),
        Column("paid_at", "Paid", Shape.MOMENT),
    ),
    filters=(
        searches(orders.c.lock_id),
        is_one_of("status", "Status", orders.c.status, words=OrderStatus),
        equals("number", "Number", orders.c.number),
        equals("shop_reference", "Shop's number", orders.c.shop_reference),
        equals("external_reference", "External reference", orders.c.external_reference),
        is_number("cart_id", "Cart", orders.c.cart_id),
        has_email("email", "E-mail", orders.c.customer_email),
        *was_between(orders.c.created_at),
    ),
    sorts={"number": orders.c.number, "created_at": orders.c.created_at},
    dated_sort="-created_at",
    tabs="status",
)
