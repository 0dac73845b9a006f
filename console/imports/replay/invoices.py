"""An invoice to be replayed, and what was left out on the way to it, always with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from console.engine.store.tables import carts, longest_texts, variants
from console.imports.csv_files import BadLine
from console.imports.csv_tables import Cells, Table

CURRENCY = "GBP"
LONGEST_NUMBER = longest_texts(carts)["shop_reference"]
LONGEST_CUSTOMER = longest_texts(carts)["email"]
LONGEST_SKU = longest_texts(variants)["sku"]
_MOST_LISTED = 50
_SHOWN = 60  # characters of a name that is listed


class Skip(StrEnum):
    """Why a line or an invoice is not bought."""

    CANCELLATION = "cancellation"
    NOT_GOODS = "no goods code"
    QUANTITY = "quantity not above zero"
    PRICE = "price of zero"
    UNPRICED = "no known price"
    BROKEN = "broken line"
    NO_LINES = "no goods line left"
    COUNTRY = "country unknown"
    BOUGHT = "bought already"
    UNKNOWN_SKU = "SKU not in the catalogue"


class InvoiceLine(NamedTuple):
    """One line: `unit_price` in minor units."""

    sku: str
    quantity: int
    unit_price: int


@dataclass(frozen=True)
class Invoice:
    """An invoice with goods on it; `customer` is who it was for, as far as known, `country` an ISO code."""

    number: str
    customer: str
    country: str
    lines: tuple[InvoiceLine, ...]
    invoiced_at: datetime | None = None

    @property
    def sub_total(self) -> int:
        """Tell the sum of its lines in minor units."""
        return sum(line.quantity * line.unit_price for line in self.lines)


@dataclass
class Reading:
    """What a file held: invoices to buy, and how many lines and invoices were left out, by reason."""

    invoices: list[Invoice] = field(default_factory=list)
    skipped_lines: Counter[Skip] = field(default_factory=Counter)
    skipped_invoices: Counter[Skip] = field(default_factory=Counter)
    unknown_countries: Counter[str] = field(default_factory=Counter)
    broken: list[BadLine] = field(default_factory=list)

    def skip_country(self, name: str) -> None:
        """Count an invoice whose country nobody knows, and name it."""
        self.skipped_invoices[Skip.COUNTRY] += 1
        self.unknown_countries[name[:_SHOWN] or "(blank)"] += 1

    def skip_broken(self, line: BadLine) -> None:
        """Count a line that cannot be read; the first of them are listed."""
        self.skipped_lines[Skip.BROKEN] += 1
        if len(self.broken) < _MOST_LISTED:
            self.broken.append(line)

    def take_rows(self, table: Table, take: Callable[[Cells], None]) -> None:
        """Hand each line of a table to `take`; one that it refuses with a ValueError is broken.

        Raises:
            UnreadableFile: when the file is cut off.
        """
        for row in table.rows():
            if isinstance(row, BadLine):
                self.skip_broken(row)
                continue
            number, cells = row
            try:
                take(cells)
            except ValueError as error:
                self.skip_broken(BadLine(number, str(error)))


def require_length(text: str, *, name: str, most: int) -> None:
    """See that a text fits the column that it goes into, whatever the database.

    Raises:
        ValueError: when it is empty or does not.
    """
    if not 0 < len(text) <= most:
        raise ValueError(f"{name} has {len(text)} characters where 1 to {most} are needed")


def is_goods(code: str) -> bool:
    """Tell whether a code is one of goods, as against postage, discounts, fees."""
    return code[:1].isdigit() and code.isascii()
