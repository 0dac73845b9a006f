"""WooCommerce's product export: one line a product, the variations of one after it, each naming it as its parent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from console.imports.catalog.formats import EXEMPT, Format
from console.imports.catalog.products import LONGEST_TAX_CLASS, Amounts, Product, read_name, read_sku, read_word
from console.imports.csv_tables import Cells

_STANDARD = "standard"  # what WooCommerce calls by no name
_OF_PARENT = "parent"
_SOLD = ("simple", "variation")
_FRAMES = {"variable": "frames of variations", "grouped": "groups", "external": "sold elsewhere"}
_UNPUBLISHED = {"0": "private", "-1": "draft", "2": "pending"}
_ATTRIBUTES = tuple(f"Attribute {number} value(s)" for number in range(1, 21))
_ESCAPED = re.compile(r"^'(?=[=+\-@])")  # how it keeps spreadsheets from reading a formula


@dataclass(frozen=True)
class _Parent:
    tax_class: str
    published: str


class WooCommerceFormat(Format):
    """WooCommerce's columns, in English."""

    title = "WooCommerce's product export"
    required = ("Type", "SKU", "Name", "Regular price")
    optional = ("ID", "Published", "Tax status", "Tax class", "Stock", "Sale price", "Parent", *_ATTRIBUTES)
    has_others = True
    numbers = ("Regular price", "Stock")
    aliases: ClassVar[Mapping[str, str]] = {"reduced-rate": "reduced", "zero-rate": "zero"}

    def __init__(self, *, currency: str) -> None:
        super().__init__()
        self._currency = currency
        self._parents: dict[str, _Parent] = {}

    def learn(self, cells: Cells) -> None:
        """Take what the variations of a product have from it."""
        if "variable" in _types(cells):
            parent = _Parent(cells.get("Tax class", ""), cells.get("Published", ""))
            for key in (cells["SKU"], f"id:{cells.get('ID', '')}"):
                if key:
                    self._parents.setdefault(key, parent)

    def read(self, number: int, cells: Cells, amounts: Amounts) -> Product | None:
        """Read a line; None for a frame of variations, a group, and what is not published."""
        reason = self._why_not_sold(cells)
        if reason:
            self.left_out[reason] += 1
            return None
        if cells.get("Sale price"):
            self.unread["sale prices"] += 1
        stock = cells.get("Stock", "")
        return Product(
            line=number,
            sku=read_sku(_ESCAPED.sub("", cells["SKU"]), name="SKU"),
            name=read_name(_name(cells)),
            unit_price=amounts.price(cells["Regular price"], name="Regular price", currency=self._currency),
            currency=self._currency,
            stock=None if stock == _OF_PARENT else amounts.pieces(stock, name="Stock"),
            tax_class=self._tax_class(cells),
        )

    def _why_not_sold(self, cells: Cells) -> str | None:
        types = _types(cells)
        parent = self._parents.get(cells.get("Parent", ""))
        for published in (cells.get("Published", ""), parent.published if parent else ""):
            if published in _UNPUBLISHED:
                return _UNPUBLISHED[published]
        if any(name in types for name in _SOLD):
            return None
        return next((_FRAMES[name] for name in types if name in _FRAMES), f"of type {', '.join(types)}")

    def _tax_class(self, cells: Cells) -> str | None:
        if cells.get("Tax status", "taxable") not in ("", "taxable"):
            return EXEMPT
        if "Tax class" not in cells:
            return None
        tax_class = cells["Tax class"]
        if tax_class == _OF_PARENT:
            parent = self._parents.get(cells.get("Parent", ""))
            if parent is None:
                raise ValueError(f"its parent {cells.get('Parent', '')!r}, whose tax class it has, is not in the file")
            tax_class = parent.tax_class
        return read_word(tax_class, name="Tax class", longest=LONGEST_TAX_CLASS) if tax_class else _STANDARD


def _types(cells: Cells) -> list[str]:
    return [name.strip().casefold() for name in cells["Type"].split(",")]


def _name(cells: Cells) -> str:
    """Give a product's name, and a variation's with what it varies by, which WooCommerce leaves out of long ones."""
    name = _ESCAPED.sub("", cells["Name"])
    if "variation" not in _types(cells):
        return name
    values = [cells[column].replace("\\,", ",") for column in _ATTRIBUTES if cells.get(column)]
    missing = [value for value in values if value.casefold() not in name.casefold()]
    return f"{name} - {', '.join(missing)}" if name and missing else name
