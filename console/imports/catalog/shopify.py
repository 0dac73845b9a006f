"""Shopify's product export: one line a variant, what is the product's own on its first line, lines of pictures between.

There are two headers of it, the older (`Handle`, `Variant SKU`) and the newer one (`URL handle`, `SKU`).
"""

from __future__ import annotations

from dataclasses import dataclass

from console.imports.catalog.formats import EXEMPT, Format, is_yes
from console.imports.catalog.products import Amounts, Product, read_name, read_sku
from console.imports.csv_tables import Cells

_ONLY_VARIANT = "Default Title"
_OPTIONS = (1, 2, 3)


@dataclass(frozen=True)
class _Words:
    """What a header calls the columns that are read."""

    handle: str
    title: str
    sku: str
    price: str
    stock: str
    tracker: str
    is_taxed: str
    status: str
    option: str

    def options(self) -> list[str]:
        return [self.option.format(number) for number in _OPTIONS]


_OLDER = _Words(
    handle="Handle",
    title="Title",
    sku="Variant SKU",
    price="Variant Price",
    stock="Variant Inventory Qty",
    tracker="Variant Inventory Tracker",
    is_taxed="Variant Taxable",
    status="Status",
    option="Option{} Value",
)
_NEWER = _Words(
    handle="URL handle",
    title="Title",
    sku="SKU",
    price="Price",
    stock="Inventory quantity",
    tracker="Inventory tracker",
    is_taxed="Charge tax",
    status="Status",
    option="Option{} value",
)


class ShopifyFormat(Format):
    """Shopify's columns, older or newer."""

    title = "Shopify's product export"
    has_others = True

    def __init__(self, *, currency: str, is_newer: bool) -> None:
        super().__init__()
        self._currency = currency
        self._words = words = _NEWER if is_newer else _OLDER
        self.required = (words.handle, words.title, words.sku, words.price)
        self.optional = (words.stock, words.tracker, words.is_taxed, words.status, *words.options())
        self.numbers = (words.price, words.stock)
        self._titles: dict[str, str] = {}
        self._statuses: dict[str, str] = {}

    def learn(self, cells: Cells) -> None:
        """Take a product's title and status, which stand on its first line only."""
        handle = cells[self._words.handle]
        for column, known in ((self._words.title, self._titles), (self._words.status, self._statuses)):
            if cells.get(column):
                known.setdefault(handle, cells[column])

    def read(self, number: int, cells: Cells, amounts: Amounts) -> Product | None:
        """Read a line; None for a picture, a draft, or what is archived."""
        words = self._words
        status = self._statuses.get(cells[words.handle], "active").casefold()
        if not cells[words.sku] and not cells[words.price]:
            self.left_out["pictures"] += 1
            return None
        if status != "active":
            self.left_out[status] += 1
            return None
        is_tracked = words.tracker not in cells or bool(cells[words.tracker])
        return Product(
            line=number,
            sku=read_sku(cells[words.sku].lstrip("'"), name=words.sku),
            name=read_name(self._name(cells)),
            unit_price=amounts.price(cells[words.price], name=words.price, currency=self._currency),
            currency=self._currency,
            stock=amounts.pieces(cells.get(words.stock, ""), name=words.stock) if is_tracked else None,
            tax_class=None if is_yes(cells.get(words.is_taxed, "")) else EXEMPT,
        )

    def _name(self, cells: Cells) -> str:
        """Give `Tee - Red / M`."""
        title = self._titles.get(cells[self._words.handle], "")
        options = [cells.get(column, "") for column in self._words.options()]
        told = " / ".join(option for option in options if option and option != _ONLY_VARIANT)
        return f"{title} - {told}" if title and told else title
