"""A line of a catalogue file as a product, in either of the two formats a file may have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from console.engine.prices.money import is_currency
from console.imports.csv_files import BadLine
from console.imports.csv_tables import Cells, Table, price_minor, whole_number

OWN_COLUMNS = ("sku", "name", "unit_price", "currency", "stock")
OWN_OPTIONAL = ("tax_class", "warehouse")
RETAIL_COLUMNS = ("stock_code", "description", "unit_price_gbp", "typical_quantity", "baskets")

MOST_PIECES = 10**9
MOST_MINOR = 10**10  # with the largest cart that there may be, the total still fits the database's integers
LONGEST_SKU, LONGEST_NAME, LONGEST_TAX_CLASS, LONGEST_WAREHOUSE = 64, 255, 32, 64


@dataclass(frozen=True)
class Product:
    """One line: `unit_price` in minor units of `currency`.

    `stock` pieces are set, or with `is_stock_set` False only given to a product that has no stock level yet. Without a
    `warehouse` it is the first one, without a `tax_class` the product's own stays.
    """

    line: int
    sku: str
    name: str
    unit_price: int
    currency: str
    stock: int
    is_stock_set: bool
    tax_class: str | None = None
    warehouse: str | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Give what must not stand twice in one file."""
        return self.sku, self.currency, self.warehouse


def read_products(table: Table, *, stock: int) -> Iterator[Product | BadLine]:
    """Read the products of a file; `stock` pieces of each where the file has no stock.

    Raises:
        UnreadableFile: when the header is of neither format, or the file is cut off.
    """
    read_line = _reader(table, stock=stock)
    seen: dict[tuple[str, str, str | None], int] = {}
    for row in table.rows():
        if isinstance(row, BadLine):
            yield row
            continue
        number, cells = row
        try:
            product = read_line(number, cells)
        except ValueError as error:
            yield BadLine(number, str(error))
            continue
        first = seen.setdefault(product.key, number)
        yield product if first == number else BadLine(number, f"{product.sku} stands on line {first} already")


def _reader(table: Table, *, stock: int) -> Callable[[int, Cells], Product]:
    if "stock_code" in table.columns:
        table.require(RETAIL_COLUMNS)
        return lambda number, cells: _retail_product(number, cells, stock=stock)
    table.require(OWN_COLUMNS, optional=OWN_OPTIONAL)
    return _own_product


def _own_product(number: int, cells: Cells) -> Product:
    currency = cells["currency"]
    if not is_currency(currency):
        raise ValueError(f"{currency[:LONGEST_SKU]!r} is no currency")
    return Product(
        line=number,
        sku=_word(cells["sku"], name="sku", longest=LONGEST_SKU),
        name=_name(cells["name"]),
        unit_price=price_minor(cells["unit_price"], name="unit_price", currency=currency, most=MOST_MINOR),
        currency=currency,
        stock=_pieces(cells["stock"]),
        is_stock_set=True,
        tax_class=_optional(cells, "tax_class", longest=LONGEST_TAX_CLASS),
        warehouse=_optional(cells, "warehouse", longest=LONGEST_WAREHOUSE),
    )


def _retail_product(number: int, cells: Cells, *, stock: int) -> Product:
    unit_price = price_minor(cells["unit_price_gbp"], name="unit_price_gbp", currency="GBP", most=MOST_MINOR)
    if unit_price == 0:
        raise ValueError("a price of 0 means that the price is not known")
    return Product(
        line=number,
        sku=_word(cells["stock_code"], name="stock_code", longest=LONGEST_SKU),
        name=_name(cells["description"]),
        unit_price=unit_price,
        currency="GBP",
        stock=stock,
        is_stock_set=False,
    )


def _pieces(text: str) -> int:
    pieces = whole_number(text, name="stock")
    if not 0 <= pieces <= MOST_PIECES:
        raise ValueError(f"stock {pieces} is out of bounds")
    return pieces


def _name(text: str) -> str:
    """Give a name on one line."""
    return _word(" ".join(text.split()), name="name", longest=LONGEST_NAME)


def _optional(cells: Cells, column: str, *, longest: int) -> str | None:
    text = cells.get(column)
    return _word(text, name=column, longest=longest) if text else None


def _word(text: str, *, name: str, longest: int) -> str:
    if not text:
        raise ValueError(f"no {name}")
    if len(text) > longest:
        raise ValueError(f"{name} is longer than {longest} characters")
    if any(letter in text for letter in "\r\n\t"):
        raise ValueError(f"{name} stretches over lines")
    return text
