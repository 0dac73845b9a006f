"""Invoices from a file of baskets, one a line, with prices and quantities from a file of SKUs."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from console.imports.catalog.products import MOST_MINOR, RETAIL_COLUMNS
from console.imports.csv_files import BadLine, open_csv
from console.imports.csv_tables import Cells, Table, price_minor, whole_number
from console.imports.replay.invoices import CURRENCY, Invoice, InvoiceLine, Reading, Skip, is_goods

COUNTRY = "GB"  # a basket does not say where it went


def read_baskets(path: Path, *, skus: Path, limit: int | None = None) -> Reading:
    """Read baskets, the first `limit` ones; a basket's number is its line's.

    Raises:
        UnreadableFile: when a file cannot be read to its end, or the SKU file's header is another.
    """
    reading = Reading()
    known = _read_skus(skus, reading)
    with open_csv(path) as file:
        for record in islice(file.records(), limit):
            if isinstance(record, BadLine):
                reading.skip_broken(record)
            else:
                codes = [cell.strip() for cell in record.cells]
                _take_basket(f"basket-{record.number}", codes, known, reading)
    return reading


def _read_skus(path: Path, reading: Reading) -> dict[str, InvoiceLine]:
    """Read what a line of each code is like: its price and its typical quantity."""
    known: dict[str, InvoiceLine] = {}

    def take(cells: Cells) -> None:
        line = _typical_line(cells)
        known[line.sku] = line

    with open_csv(path) as file:
        table = Table(file)
        table.require(RETAIL_COLUMNS)
        reading.take_rows(table, take)
    return known


def _typical_line(cells: Cells) -> InvoiceLine:
    price = cells["unit_price_gbp"]
    return InvoiceLine(
        sku=cells["stock_code"],
        quantity=max(1, whole_number(cells["typical_quantity"], name="typical_quantity")),
        unit_price=price_minor(price, name="unit_price_gbp", currency=CURRENCY, most=MOST_MINOR),
    )


def _take_basket(number: str, codes: list[str], known: dict[str, InvoiceLine], reading: Reading) -> None:
    lines = []
    for code in codes:
        if not is_goods(code):
            reading.skipped_lines[Skip.NOT_GOODS] += 1
        elif code not in known or known[code].unit_price == 0:
            reading.skipped_lines[Skip.UNPRICED] += 1
        else:
            lines.append(known[code])
    if lines:
        reading.invoices.append(Invoice(number, number, COUNTRY, tuple(lines)))
    else:
        reading.skipped_invoices[Skip.NO_LINES] += 1
