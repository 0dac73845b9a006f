"""What an import would do, told beforehand: only read, so that nothing is held up by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from console.engine.prices.money import to_major
from console.engine.store.tables import stock_levels, variant_prices, variants, warehouses
from console.imports.catalog.products import Product
from console.imports.catalog.stocking import below_what_is_held
from console.imports.csv_files import BadLine


@dataclass(frozen=True)
class Change:
    """What one value would be: `before` None where there is none yet. Amounts in major units, as text."""

    what: str
    before: str | int | None
    after: str | int


@dataclass(frozen=True)
class PlannedLine:
    """What a line would make or change."""

    line: int
    sku: str
    is_new: bool
    changes: tuple[Change, ...]


@dataclass
class Preview:
    """What a file would do: lines that would go in, products it would make, lines it would change, and refuse."""

    most_listed: int
    written: int = 0
    added: int = 0
    changed: int = 0
    refused: int = 0
    planned: list[PlannedLine] = field(default_factory=list)
    listed: list[BadLine] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    _made: set[str] = field(default_factory=set)

    def add(self, reader: Connection, *, products: Sequence[Product], bad: Sequence[BadLine]) -> None:
        """Tell what a batch would do."""
        state = _State(reader, products)
        refused = list(bad)
        for product in products:
            reason = state.refusal(product)
            if reason:
                refused.append(BadLine(product.line, reason))
            else:
                self._plan(product, state)
        self.refused += len(refused)
        self.listed += sorted(refused, key=lambda line: line.number)[: self.most_listed - len(self.listed)]

    def _plan(self, product: Product, state: _State) -> None:
        is_new = product.sku not in state.variants and product.sku not in self._made
        changes = state.changes(product, is_made=product.sku in self._made)
        self.written += 1
        self.added += is_new
        self.changed += bool(changes) and not is_new
        if is_new:
            self._made.add(product.sku)
        if changes and len(self.planned) < self.most_listed:
            self.planned.append(PlannedLine(product.line, product.sku, is_new, tuple(changes)))


class _State:
    """What a batch's products are like in the shop, read at once."""

    def __init__(self, reader: Connection, products: Sequence[Product]) -> None:
        known = reader.execute(select(variants).where(variants.c.sku.in_({product.sku for product in products})))
        self.variants: dict[str, Any] = {row.sku: row for row in known}
        ids = [row.id for row in self.variants.values()]
        prices = reader.execute(select(variant_prices).where(variant_prices.c.variant_id.in_(ids)))
        self._prices = {(row.variant_id, row.currency_code): row.unit_price for row in prices}
        levels = reader.execute(
            select(stock_levels, warehouses.c.code)
            .join(warehouses, warehouses.c.id == stock_levels.c.warehouse_id)
            .where(stock_levels.c.variant_id.in_(ids))
        )
        self._levels = {(row.variant_id, row.code): row for row in levels}

    def refusal(self, product: Product) -> str | None:
        """Say why a line would be refused for what is in the shop."""
        level = self._level(product)
        return below_what_is_held(product, level.reserved) if level else None

    def changes(self, product: Product, *, is_made: bool) -> list[Change]:
        """Tell what a line would change; of a product that an earlier line made, only what that did not name."""
        variant = self.variants.get(product.sku)
        changes = []
        if not is_made:
            changes.append(Change("name", variant and variant.name, product.name))
        if product.tax_class and not is_made:
            changes.append(Change("tax_class", variant and variant.tax_class, product.tax_class))
        price = self._prices.get((variant.id, product.currency)) if variant else None
        changes.append(
            Change(f"price in {product.currency}", _major(price, product), _major(product.unit_price, product))
        )
        level = self._level(product)
        if product.stock is not None and (level is None or product.is_stock_set):
            changes.append(Change(f"stock in {product.warehouse}", level and level.on_hand, product.stock))
        return [change for change in changes if change.before != change.after]

    def _level(self, product: Product) -> Any | None:
        variant = self.variants.get(product.sku)
        return self._levels.get((variant.id, product.warehouse)) if variant else None


def _major(amount: int | None, product: Product) -> Any:
    return None if amount is None else f"{to_major(amount, currency=product.currency):f}"
