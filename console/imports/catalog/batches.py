"""One batch of products in one transaction, with a constant number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine.store.database import insert_into
from console.engine.store.tables import variant_prices, variants
from console.imports.catalog.products import Product
from console.imports.catalog.stocking import Stocktake, find_warehouses
from console.imports.csv_files import BadLine
from console.models.types import clock


@dataclass(frozen=True)
class Repriced:
    """A product's price that is another now, in minor units of its currency."""

    sku: str
    currency: str
    before: int
    after: int


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch: lines that went in, SKUs that are new, lines that were refused, prices that changed."""

    written: int
    added: int
    refused: list[BadLine]
    repriced: list[Repriced]


def write_batch(session: Session, products: Sequence[Product], *, new_warehouses: Sequence[str] = ()) -> BatchResult:
    """Write products: names and prices as the file has them, stock where it is missing or set. Caller commits.

    Each product names its warehouse, one that is there or is among the new ones, which are opened. A line whose stock
    is below what checkouts hold is refused as a whole.
    """
    products = sorted(products, key=lambda product: product.sku)  # so that two imports cannot deadlock
    known = _ids_of(session, products)
    stocktake = Stocktake(session, find_warehouses(session, new_warehouses))
    refused = stocktake.hold(products, variant_ids=known)
    taken = [product for product in products if product.line not in refused]
    repriced: list[Repriced] = []
    if taken:
        ids = _write_variants(session, taken)
        repriced = _write_prices(session, taken, ids)
        stocktake.write(taken, variant_ids=ids)
    added = {product.sku for product in taken} - known.keys()
    bad = [BadLine(line, reason) for line, reason in refused.items()]
    return BatchResult(len(taken), len(added), bad, repriced)


def _ids_of(session: Session, products: Sequence[Product]) -> dict[str, int]:
    query = select(variants.c.sku, variants.c.id).where(variants.c.sku.in_({product.sku for product in products}))
    return dict(session.execute(query).tuples().all())


def _write_variants(session: Session, products: Sequence[Product]) -> dict[str, int]:
    """Write the variants, each SKU once; give their ids by SKU."""
    classed = {product.sku: product for product in products if product.tax_class is not None}
    plain = {product.sku: product for product in products if product.sku not in classed}
    ids: dict[str, int] = {}
    for group, changing in ((plain, ("name",)), (classed, ("name", "tax_class"))):
        if group:
            rows = [{"sku": sku} | {name: getattr(each, name) for name in changing} for sku, each in group.items()]
            ids |= _upsert_variants(session, rows, changing=changing)
    return ids


def _upsert_variants(session: Session, rows: list[dict[str, Any]], *, changing: Sequence[str]) -> dict[str, int]:
    insert = insert_into(session, variants)
    changed = {name: insert.excluded[name] for name in changing}
    upsert = insert.on_conflict_do_update(index_elements=["sku"], set_=changed)
    written = session.connection().execute(upsert.returning(variants.c.sku, variants.c.id), rows)
    return dict(written.tuples().all())


def _write_prices(session: Session, products: Sequence[Product], ids: dict[str, int]) -> list[Repriced]:
    """Write the prices; tell which were others before."""
    before = _hold_prices(session, ids)
    insert = insert_into(session, variant_prices)
    rows: dict[tuple[str, str], dict[str, Any]] = {
        (product.sku, product.currency): {
            "variant_id": ids[product.sku],
            "currency_code": product.currency,
            "unit_price": product.unit_price,
        }
        for product in products
    }
    upsert = insert.on_conflict_do_update(
        index_elements=["variant_id", "currency_code"],
        set_={"unit_price": insert.excluded.unit_price, "updated_at": clock()},
        where=variant_prices.c.unit_price != insert.excluded.unit_price,
    )
    session.connection().execute(upsert, list(rows.values()))
    return [
        Repriced(sku, currency, before[row["variant_id"], currency], row["unit_price"])
        for (sku, currency), row in rows.items()
        if before.get((row["variant_id"], currency), row["unit_price"]) != row["unit_price"]
    ]


def _hold_prices(session: Session, ids: dict[str, int]) -> dict[tuple[int, str], int]:
    """Hold the prices there are, and read them: what is told to have changed is what this batch changes."""
    price = variant_prices.c
    query = select(price.variant_id, price.currency_code, price.unit_price).where(price.variant_id.in_(ids.values()))
    held = query.order_by(price.variant_id, price.currency_code).with_for_update()
    return {(row.variant_id, row.currency_code): row.unit_price for row in session.execute(held)}
