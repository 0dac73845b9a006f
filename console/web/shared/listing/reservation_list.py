"""The list of stock that checkouts hold or held."""

from __future__ import annotations

from sqlalchemy import select

from console.engine.machine import ReservationStatus
from console.engine.store.tables import locks, reservations, variants, warehouses
from console.web.shared.listing.filters import is_one_of
from console.web.shared.listing.listing import Column, Listing, Shape
from console.web.shared.listing.places import has_sku
from console.web.shared.listing.search import searches

RESERVATIONS = Listing(
    name="stock_reservations",
    title="Reservations",
    query=select(
        *reservations.c["id", "lock_id", "quantity", "status", "created_at", "resolved_at"],
        locks.c.reference,
        variants.c.sku,
        warehouses.c.code.label("warehouse"),
    )
    .join(locks, locks.c.id == reservations.c.lock_id)
    .join(variants, variants.c.id == reservations.c.variant_id)
    .join(warehouses, warehouses.c.id == reservations.c.warehouse_id),
    id_column=reservations.c.id,
    columns=(
        Column("sku", "SKU", Shape.CODE),
        Column("id", "No.", Shape.NUMBER),
        Column("warehouse", "Warehouse"),
        Column("quantity", "Pieces", Shape.NUMBER),
        Column("status", "Status", Shape.STATUS),
        Column("reference", "Checkout", Shape.LOCK),
        Column("created_at", "Taken", Shape.MOMENT),
        Column("resolved_at", "Resolved", Shape.MOMENT),
    ),
    filters=(
        searches(reservations.c.lock_id),
        is_one_of("status", "Status", reservations.c.status, words=ReservationStatus),
        has_sku(reservations.c.variant_id),
    ),
    tabs="status",
)
