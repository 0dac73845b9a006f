"""A line of a catalogue file as a product, whichever file it came from: its words and numbers read and bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from console.engine.prices.money import is_currency
from console.imports.csv_tables import price_minor
from console.imports.decimal_marks import POINT, plain

OWN_COLUMNS = ("sku", "name", "unit_price", "currency", "stock")
OWN_OPTIONAL = ("tax_class", "warehouse")
RETAIL_COLUMNS = ("stock_code", "description", "unit_price_gbp", "typical_quantity", "baskets")

MOST_PIECES = 10**9
MOST_MINOR = 10**10  # with the largest cart that there may be, the total still fits the database's integers
LONGEST_SKU, LONGEST_NAME, LONGEST_TAX_CLASS, LONGEST_WAREHOUSE = 64, 255, 32, 64
_LONGEST_NUMBER = 15  # digits
_SHOWN = 40
# Spreadsheets write long numbers so, one digit before the point; the digits that are gone cannot be known again.
_SCIENTIFIC = re.compile(r"[0-9][.,][0-9]+E[+-][0-9]{2,3}|[0-9]E\+[0-9]{2,3}", re.ASCII | re.IGNORECASE)
_SPREADSHEET_ERRORS = {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"}


@dataclass(frozen=True)
class Product:
    """One line: `unit_price` in minor units of `currency`.

    `stock` pieces are set, or with `is_stock_set` False only given to a product that has no stock level yet; without
    any, its stock is not managed by the file. Without a `warehouse` it is the first one, without a `tax_class` the
    product's own stays.
    """

    line: int
    sku: str
    name: str
    unit_price: int
    currency: str
    stock: int | None
    is_stock_set: bool = True
    tax_class: str | None = None
    warehouse: str | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Give what must not stand twice in one file."""
        return self.sku, self.currency, self.warehouse

    def called(self, *, tax_class: str | None, warehouse: str | None) -> Product:
        """Give it with its tax class and warehouse as the shop calls them."""
        if (tax_class, warehouse) == (self.tax_class, self.warehouse):
            return self
        return replace(self, tax_class=tax_class, warehouse=warehouse)


@dataclass(frozen=True)
class Amounts:
    """Reads the numbers of one file, whose decimal mark is known."""

    mark: str = POINT

    def price(self, text: str, *, name: str, currency: str) -> int:
        """Read an amount in major units as minor units.

        Raises:
            ValueError: when it is none, negative, too large, or has more decimals than the currency.
        """
        number = plain(text, mark=self.mark)
        if number is None:
            raise ValueError(f"{name} {text[:_SHOWN]!r} is no amount like 4{self.mark}20")
        return price_minor(number, name=name, currency=currency, most=MOST_MINOR)

    def pieces(self, text: str, *, name: str = "stock") -> int | None:
        """Read a number of pieces, `10` or `10.00`; None where there is none.

        Raises:
            ValueError: when it is no whole number, or out of bounds.
        """
        if not text:
            return None
        number = plain(text, mark=self.mark)
        if number is None or len(number) > _LONGEST_NUMBER * 2 or Decimal(number) % 1:
            raise ValueError(f"{name} {text[:_SHOWN]!r} is no whole number, or a huge one")
        pieces = int(Decimal(number))
        if not 0 <= pieces <= MOST_PIECES:
            raise ValueError(f"{name} {pieces} is out of bounds")
        return pieces


def read_currency(text: str) -> str:
    """Read a currency.

    Raises:
        ValueError: when it is none.
    """
    if not is_currency(text):
        raise ValueError(f"{text[:_SHOWN]!r} is no currency")
    return text


def read_sku(text: str, *, name: str = "sku") -> str:
    """Read a SKU, as it is.

    Raises:
        ValueError: when there is none, it is too long, or a spreadsheet has made something else of it.
    """
    sku = read_word(text, name=name, longest=LONGEST_SKU)
    if _SCIENTIFIC.fullmatch(sku):
        raise ValueError(f"{name} {sku!r} is a number that a spreadsheet has shortened: have its column as text there")
    return sku


def read_name(text: str) -> str:
    """Read a name, on one line."""
    return read_word(" ".join(text.split()), name="name", longest=LONGEST_NAME)


def read_optional(cells: Mapping[str, str], column: str, *, longest: int) -> str | None:
    """Read a word that may be missing, its blanks made one."""
    text = " ".join(cells.get(column, "").split())
    return read_word(text, name=column, longest=longest) if text else None


def read_word(text: str, *, name: str, longest: int) -> str:
    """Read a word or more, on one line.

    Raises:
        ValueError: when there is none, it is too long, or no word at all.
    """
    if not text:
        raise ValueError(f"no {name}")
    if len(text) > longest:
        raise ValueError(f"{name} is longer than {longest} characters")
    if any(letter in text for letter in "\r\n\t"):
        raise ValueError(f"{name} stretches over lines")
    if text in _SPREADSHEET_ERRORS or not text.strip("#"):
        raise ValueError(f"{name} {text!r} is what a spreadsheet shows instead of it")
    return text
