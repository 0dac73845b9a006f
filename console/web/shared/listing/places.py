"""Filters by what things are called in the shop: the goods and the warehouses."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, select

from console.engine.store.tables import variants, warehouses
from console.web.shared.listing.filters import Filter, is_storable


def has_sku(variant_id: ColumnElement[int]) -> Filter:
    """Filter by the exact SKU of a variant."""

    def condition(sku: str) -> ColumnElement[bool]:
        wanted = select(variants.c.id).where(variants.c.sku == sku).scalar_subquery()
        return variant_id == wanted if is_storable(sku) else false()

    return Filter("sku", "SKU", condition)


def is_in_warehouse(warehouse_id: ColumnElement[int]) -> Filter:
    """Filter by the code of a warehouse."""

    def condition(code: str) -> ColumnElement[bool]:
        wanted = select(warehouses.c.id).where(warehouses.c.code == code).scalar_subquery()
        return warehouse_id == wanted if is_storable(code) else false()

    return Filter("warehouse", "Warehouse", condition)
