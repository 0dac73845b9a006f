"""The list of stock: what lies where, and how much of it is held."""

from __future__ import annotations

from sqlalchemy import select

from console.engine.store.tables import stock_levels, variants, warehouses
from console.web.shared.listing.listing import Column, Listing, Shape
from console.web.shared.listing.places import has_sku, is_in_warehouse

STOCK_LEVELS = Listing(
    name="stock_levels",
    title="Stock",
    query=select(
        *stock_levels.c["id", "on_hand", "reserved"],
        *variants.c["sku", "name"],
        warehouses.c.code.label("warehouse"),
        (stock_levels.c.on_hand - stock_levels.c.reserved).label("available"),
    )
    .join(variants, variants.c.id == stock_levels.c.variant_id)
    .join(warehouses, warehouses.c.id == stock_levels.c.warehouse_id),
    id_column=stock_levels.c.id,
    columns=(
        Column("sku", "SKU", Shape.CODE),
        Column("name", "Name"),
        Column("warehouse", "Warehouse"),
        Column("on_hand", "On hand", Shape.NUMBER),
        Column("reserved", "Reserved", Shape.NUMBER),
        Column("available", "Available", Shape.NUMBER),
        Column("id", "No.", Shape.NUMBER),
    ),
    filters=(has_sku(stock_levels.c.variant_id), is_in_warehouse(stock_levels.c.warehouse_id)),
    sorts={"sku": variants.c.sku},
    first_sort="sku",
)
