"""The stock that a batch of products brings: levels made where there are none, or set to what the file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from console.engine.store.database import insert_into
from console.engine.store.tables import stock_levels, stock_movements, warehouses
from console.imports.catalog.products import Product
from console.models.vocabulary import MovementKind

NOTE = "catalogue import"
Place = tuple[int, int]  # a variant and a warehouse, by their ids
_CHANGE = (
    update(stock_levels)
    .where(stock_levels.c.id == bindparam("level_id"))
    .values(on_hand=stock_levels.c.on_hand + bindparam("pieces"))
)


def find_warehouses(session: Session, new: Sequence[str]) -> dict[str, int]:
    """Find the ids of all warehouses by code; `new` ones are opened first. Caller commits."""
    if new:
        rows = [{"code": code, "name": code} for code in new]
        session.connection().execute(insert_into(session, warehouses).on_conflict_do_nothing(), rows)
    return dict(session.execute(select(warehouses.c.code, warehouses.c.id)).tuples().all())


def below_what_is_held(product: Product, reserved: int) -> str | None:
    """Say why a product's stock cannot be set, if checkouts hold more than that."""
    if product.stock is None or not product.is_stock_set or product.stock >= reserved:
        return None
    return f"stock {product.stock} is below the {reserved} that checkouts hold"


class Stocktake:
    """The stock levels of one batch, held by its transaction from `hold` on."""

    def __init__(self, session: Session, warehouse_ids: Mapping[str, int]) -> None:
        self._session = session
        self._warehouse_ids = warehouse_ids
        self._levels: dict[Place, Row[Any]] = {}

    def hold(self, products: Sequence[Product], *, variant_ids: Mapping[str, int]) -> dict[int, str]:
        """Hold the levels there are; tell, by line, which products want less than checkouts hold. Caller commits."""
        query = (
            select(stock_levels)
            .where(stock_levels.c.variant_id.in_(variant_ids.values()))
            .order_by(stock_levels.c.id)
            .with_for_update(key_share=True)
        )
        self._levels = {(row.variant_id, row.warehouse_id): row for row in self._session.execute(query)}
        refused = {}
        for product in products:
            level = self._level(product, variant_ids)
            if level is not None and (reason := below_what_is_held(product, level.reserved)):
                refused[product.line] = reason
        return refused

    def write(self, products: Sequence[Product], *, variant_ids: Mapping[str, int]) -> None:
        """Make the levels that are missing and correct those that differ, each with its movement. Caller commits."""
        missing, changes = {}, {}
        for product in products:
            level = self._level(product, variant_ids)
            if product.stock is None:
                continue
            if level is None:
                missing[self._place(product, variant_ids)] = product.stock
            elif product.is_stock_set and product.stock != level.on_hand:
                changes[level] = product.stock - level.on_hand
        self._add(missing)
        self._correct(changes)

    def _place(self, product: Product, variant_ids: Mapping[str, int]) -> Place:
        return variant_ids[product.sku], self._warehouse_ids[product.warehouse or ""]

    def _level(self, product: Product, variant_ids: Mapping[str, int]) -> Row[Any] | None:
        return self._levels.get(self._place(product, variant_ids)) if product.sku in variant_ids else None

    def _add(self, pieces: Mapping[Place, int]) -> None:
        """Add levels; one that another import added at this moment stays as that one has it."""
        if not pieces:
            return
        rows = [
            {"variant_id": variant_id, "warehouse_id": warehouse_id, "on_hand": stock}
            for (variant_id, warehouse_id), stock in pieces.items()
        ]
        statement = insert_into(self._session, stock_levels).on_conflict_do_nothing().returning(stock_levels)
        added = self._session.connection().execute(statement, rows).all()
        self._note({level: level.on_hand for level in added}, MovementKind.RECEIPT)

    def _correct(self, changes: Mapping[Row[Any], int]) -> None:
        if not changes:
            return
        rows = [{"level_id": level.id, "pieces": change} for level, change in changes.items()]
        rows.sort(key=lambda row: row["level_id"])
        self._session.connection().execute(_CHANGE, rows)
        self._note(changes, MovementKind.CORRECTION)

    def _note(self, changes: Mapping[Row[Any], int], kind: MovementKind) -> None:
        rows = [
            {
                "variant_id": level.variant_id,
                "warehouse_id": level.warehouse_id,
                "quantity": change,
                "kind": kind,
                "note": NOTE,
            }
            for level, change in changes.items()
            if change
        ]
        if rows:
            self._session.connection().execute(insert(stock_movements), rows)
