"""Invoices from a file of invoice lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from console.imports.catalog.products import MOST_MINOR
from console.imports.csv_files import open_csv
from console.imports.csv_tables import Cells, Table, price_minor, whole_number
from console.imports.replay.country_names import find_country
from console.imports.replay.invoices import (
    CURRENCY,
    LONGEST_CUSTOMER,
    LONGEST_NUMBER,
    LONGEST_SKU,
    Invoice,
    InvoiceLine,
    Reading,
    Skip,
    is_goods,
    require_length,
)

COLUMNS = (
    "invoice",
    "stock_code",
    "description",
    "quantity",
    "invoiced_at",
    "unit_price_gbp",
    "customer_id",
    "country",
)
_CANCELLED = "C"


@dataclass
class _Draft:
    """An invoice as its lines come; what stands on the first line counts."""

    number: str
    customer: str
    country: str
    invoiced_at: datetime
    lines: list[InvoiceLine] = field(default_factory=list)


def read_week(path: Path) -> Reading:
    """Read the invoices of a file, in the order they begin in it; lines of one invoice may stand apart.

    Raises:
        UnreadableFile: when the file cannot be read to its end, or its header is not that of invoice lines.
    """
    reading = Reading()
    drafts: dict[str, _Draft] = {}
    with open_csv(path) as file:
        table = Table(file)
        table.require(COLUMNS)
        reading.take_rows(table, lambda cells: _take_line(cells, drafts, reading.skipped_lines))
    for draft in drafts.values():
        _finish(draft, reading)
    return reading


def _take_line(cells: Cells, drafts: dict[str, _Draft], skipped: Counter[Skip]) -> None:
    number = cells["invoice"]
    customer = cells["customer_id"] or number
    require_length(number, name="invoice", most=LONGEST_NUMBER)
    require_length(customer, name="customer_id", most=LONGEST_CUSTOMER)
    draft = drafts.get(number)
    if draft is None:
        draft = drafts[number] = _Draft(number, customer, cells["country"], _read_time(cells["invoiced_at"]))
    if number.startswith(_CANCELLED):
        skipped[Skip.CANCELLATION] += 1
    elif not is_goods(cells["stock_code"]):
        skipped[Skip.NOT_GOODS] += 1
    else:
        _take_goods(_read_line(cells), draft, skipped)


def _read_time(text: str) -> datetime:
    """Read a time; one that names no zone is in UTC, so that all can be told apart.

    Raises:
        ValueError: when it is none, or too far away for UTC.
    """
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"Invalid time {text}: out of bounds") from None


def _take_goods(line: InvoiceLine, draft: _Draft, skipped: Counter[Skip]) -> None:
    if line.quantity <= 0:
        skipped[Skip.QUANTITY] += 1
    elif line.unit_price == 0:
        skipped[Skip.PRICE] += 1
    else:
        draft.lines.append(line)


def _read_line(cells: Cells) -> InvoiceLine:
    price = cells["unit_price_gbp"]
    require_length(cells["stock_code"], name="stock_code", most=LONGEST_SKU)
    return InvoiceLine(
        sku=cells["stock_code"],
        quantity=whole_number(cells["quantity"], name="quantity"),
        unit_price=price_minor(price, name="unit_price_gbp", currency=CURRENCY, most=MOST_MINOR),
    )


def _finish(draft: _Draft, reading: Reading) -> None:
    """Turn a draft into an invoice, or count why there is none."""
    country = find_country(draft.country)
    if draft.number.startswith(_CANCELLED):
        reading.skipped_invoices[Skip.CANCELLATION] += 1
    elif not draft.lines:
        reading.skipped_invoices[Skip.NO_LINES] += 1
    elif country is None:
        reading.skip_country(draft.country)
    else:
        invoice = Invoice(draft.number, draft.customer, country, tuple(draft.lines), draft.invoiced_at)
        reading.invoices.append(invoice)
