"""The formats that a catalogue file may have: which columns it needs, and what a line of it says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar

from console.imports.catalog.products import (
    LONGEST_TAX_CLASS,
    LONGEST_WAREHOUSE,
    OWN_COLUMNS,
    OWN_OPTIONAL,
    RETAIL_COLUMNS,
    Amounts,
    Product,
    read_currency,
    read_name,
    read_optional,
    read_sku,
)
from console.imports.csv_tables import Cells

EXEMPT = "exempt"  # the tax class of what another shop does not tax


class Format(ABC):
    """What a file's columns mean. It sees every line twice: `learn` all of them, then `read` them."""

    title = ""
    required: Sequence[str] = ()
    optional: Sequence[str] = ()
    has_others = False  # columns that are not read
    numbers: Sequence[str] = ()  # the columns whose numbers have a decimal mark
    aliases: ClassVar[Mapping[str, str]] = {}  # tax classes that it calls otherwise than shops here do

    def __init__(self) -> None:
        self.left_out: Counter[str] = Counter()  # lines of nothing that is sold, by what they are
        self.unread: Counter[str] = Counter()  # what is not read of lines that go in

    def learn(self, cells: Cells) -> None:  # noqa: B027 - most lines stand for themselves
        """Take from a line what others need."""

    @abstractmethod
    def read(self, number: int, cells: Cells, amounts: Amounts) -> Product | None:
        """Read a line; None when it is of nothing that is sold.

        Raises:
            ValueError: saying why it cannot be used.
        """


class OwnFormat(Format):
    """Our own columns."""

    numbers = ("unit_price", "stock")

    def __init__(self, *, currency: str | None) -> None:
        super().__init__()
        self._currency = currency  # of lines that name none
        self.required = OWN_COLUMNS if currency is None else tuple(name for name in OWN_COLUMNS if name != "currency")
        self.optional = OWN_OPTIONAL if currency is None else ("currency", *OWN_OPTIONAL)

    def read(self, number: int, cells: Cells, amounts: Amounts) -> Product:
        """Read a line."""
        currency = read_currency(cells.get("currency") or self._currency or "")
        return Product(
            line=number,
            sku=read_sku(cells["sku"]),
            name=read_name(cells["name"]),
            unit_price=amounts.price(cells["unit_price"], name="unit_price", currency=currency),
            currency=currency,
            stock=amounts.pieces(cells["stock"]),
            tax_class=read_optional(cells, "tax_class", longest=LONGEST_TAX_CLASS),
            warehouse=read_optional(cells, "warehouse", longest=LONGEST_WAREHOUSE),
        )


class RetailFormat(Format):
    """The columns of a British wholesaler's published sales: prices without currency, and no stock."""

    required = RETAIL_COLUMNS
    numbers = ("unit_price_gbp",)

    def __init__(self, *, stock: int) -> None:
        super().__init__()
        self._stock = stock

    def read(self, number: int, cells: Cells, amounts: Amounts) -> Product:
        """Read a line."""
        unit_price = amounts.price(cells["unit_price_gbp"], name="unit_price_gbp", currency="GBP")
        if unit_price == 0:
            raise ValueError("a price of 0 means that the price is not known")
        return Product(
            line=number,
            sku=read_sku(cells["stock_code"], name="stock_code"),
            name=read_name(cells["description"]),
            unit_price=unit_price,
            currency="GBP",
            stock=self._stock,
            is_stock_set=False,
        )


def is_yes(text: str, *, default: bool = True) -> bool:
    """Read a claim as other shops write it: TRUE, 1, yes."""
    return text.casefold() in ("true", "1", "yes") if text else default
