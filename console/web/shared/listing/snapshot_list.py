"""The list of frozen prices."""

from __future__ import annotations

from sqlalchemy import func, select

from console.engine.store.tables import locks, snapshots
from console.web.shared.listing.filters import is_number, was_between
from console.web.shared.listing.listing import Column, Listing, Shape
from console.web.shared.listing.search import searches

_AMOUNTS = ("unit_price", "sub_total", "discount_total", "tax_total", "shipping_total", "total")

SNAPSHOTS = Listing(
    name="price_snapshots",
    title="Price snapshots",
    query=select(
        *snapshots.c["id", "cart_id", "quantity", "coupon_code", "snapshot_at"],
        *(snapshots.c[name] for name in _AMOUNTS),
        func.coalesce(snapshots.c.sku, "Whole cart").label("line"),
        snapshots.c.currency_code.label("currency"),
        locks.c.id.label("lock_id"),
        locks.c.reference,
    ).join(locks, locks.c.id == snapshots.c.checkout_lock_id),
    id_column=snapshots.c.id,
    columns=(
        Column("line", "Line", Shape.CODE),
        Column("id", "No.", Shape.NUMBER),
        Column("reference", "Checkout", Shape.LOCK),
        Column("cart_id", "Cart", Shape.NUMBER),
        Column("quantity", "Pieces", Shape.NUMBER),
        Column("unit_price", "Each", Shape.MONEY),
        Column("sub_total", "Goods", Shape.MONEY),
        Column("discount_total", "Discount", Shape.MONEY),
        Column("tax_total", "Tax", Shape.MONEY),
        Column("shipping_total", "Shipping", Shape.MONEY),
        Column("total", "Total", Shape.MONEY),
        Column("coupon_code", "Coupon", Shape.CODE),
        Column("snapshot_at", "Frozen", Shape.MOMENT),
    ),
    filters=(
        searches(snapshots.c.checkout_lock_id),
        is_number("cart_id", "Cart", snapshots.c.cart_id),
        *was_between(snapshots.c.snapshot_at),
    ),
    sorts={"cart_id": snapshots.c.cart_id, "snapshot_at": snapshots.c.snapshot_at},
    dated_sort="-snapshot_at",
)
