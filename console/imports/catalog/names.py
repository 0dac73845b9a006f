"""The tax classes and warehouses that a shop has, found in any spelling; another one is refused, or made if asked for.

A tax class that nobody has a rate for sells without tax, a second warehouse of almost the same name doubles the stock:
both would go unseen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlalchemy import Connection, select

from console.engine.errors import NotFound
from console.engine.store.tables import tax_rates, variants, warehouses
from console.imports.catalog.products import Product
from console.models.text import without_unseen

STANDARD = "standard"  # what a product has that nobody gave a tax class


class Names:
    """Names of one kind by their spelling."""

    def __init__(self, kind: str, known: Iterable[str], *, is_creating: bool) -> None:
        self._kind = kind
        self._is_creating = is_creating
        self._known: dict[str, list[str]] = {}
        self.made: list[str] = []
        for name in known:
            self._known.setdefault(spelling(name), []).append(name)

    def find(self, written: str, *, alias: str | None = None) -> str:
        """Find a name as the shop spells it; `alias` is tried where it is not known.

        Raises:
            ValueError: when it is not known, naming the nearest one, or could be several.
        """
        names = self._known.get(spelling(written)) or self._known.get(spelling(alias or ""), [])
        if written in names:
            return written
        if len(names) > 1:
            raise ValueError(f"{self._kind} {written!r} could be {' or '.join(map(repr, names))}")
        if names:
            return names[0]
        if not self._is_creating:
            raise ValueError(f"{self._kind} {written!r} is not known here{self._nearest(written)}; --create makes it")
        self.made.append(written)
        self._known[spelling(written)] = [written]
        return written

    def _nearest(self, written: str) -> str:
        near = get_close_matches(spelling(written), self._known, n=1, cutoff=0)
        return f", the nearest is {self._known[near[0]][0]!r}" if near else ""


@dataclass(frozen=True)
class ShopNames:
    """The names that a shop has; `first` is the warehouse of lines that name none, `rated` the classes with a rate."""

    tax_classes: Names
    warehouses: Names
    first: str | None
    rated: frozenset[str]
    untaxed: set[str] = field(default_factory=set)

    def put(self, product: Product, *, aliases: Mapping[str, str]) -> Product:
        """Give a product with its tax class and warehouse as the shop calls them.

        Raises:
            ValueError: when one is not known.
            NotFound: when there is no active warehouse for one that names none.
        """
        if product.warehouse is None and self.first is None:
            raise NotFound("There is no active warehouse to put stock in.")
        warehouse = self.warehouses.find(product.warehouse) if product.warehouse else self.first
        tax_class = product.tax_class
        if tax_class:
            tax_class = self.tax_classes.find(tax_class, alias=aliases.get(spelling(tax_class)))
            if self.rated and tax_class not in self.rated:
                self.untaxed.add(tax_class)
        return product.called(tax_class=tax_class, warehouse=warehouse)

    def told(self) -> list[str]:
        """Say what was made, and what sells without tax."""
        return [
            *(f"New warehouse: {code}." for code in self.warehouses.made),
            *(f"New tax class: {name}." for name in self.tax_classes.made),
            *(f"No tax rate has the tax class {name}: its products sell without tax." for name in sorted(self.untaxed)),
        ]


def read_names(reader: Connection, *, is_creating: bool) -> ShopNames:
    """Read the names that a shop has."""
    rated = set(reader.scalars(select(tax_rates.c.tax_class).distinct()))
    known = {spelling(name) for name in rated}
    classes = sorted(rated)
    # One that products have and nobody a rate for is known too, unless it is another spelling of one with a rate.
    for name in (STANDARD, *reader.scalars(select(variants.c.tax_class).distinct().order_by(variants.c.tax_class))):
        if spelling(name) not in known:
            known.add(spelling(name))
            classes.append(name)
    places = reader.execute(select(warehouses).order_by(warehouses.c.priority, warehouses.c.id)).all()
    return ShopNames(
        Names("tax_class", classes, is_creating=is_creating),
        Names("warehouse", [row.code for row in places], is_creating=is_creating),
        first=next((row.code for row in places if row.active), None),
        rated=frozenset(rated),
    )


def spelling(name: str) -> str:
    """Give what spellings of one name have in common: case, width, blanks and what nobody sees do not count."""
    return without_unseen(unicodedata.normalize("NFKC", name).casefold())
