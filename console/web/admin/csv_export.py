"""CSV for spreadsheets: amounts in major units, times in UTC, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from typing import Any

from sqlalchemy import Row

from console.engine.prices.money import to_major
from console.web.shared.listing.listing import Column, Listing, Shape

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(listing: Listing, batches: Iterable[Sequence[Row[Any]]], *, cap: int) -> Iterator[str]:
    """Write rows as CSV text, batch by batch, the headings with the first.

    Nothing follows the `cap`th row but a note that there is more.
    """
    has_money = any(column.shape is Shape.MONEY for column in listing.columns)
    columns = (*listing.columns, *([Column("currency", "Currency")] if has_money else []))
    heading: list[list[Any]] = [[column.name for column in columns]]
    left = cap
    for batch in batches:
        yield _text(heading + [[_cell(row, column) for column in columns] for row in islice(batch, left)])
        heading = []
        if len(batch) > left:
            yield _text([[f"Only the first {cap:,} rows are here: narrow the filters for the rest."]])
            return
        left -= len(batch)


def neutralise(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _cell(row: Row[Any], column: Column) -> Any:
    value = row._mapping[column.name]
    if isinstance(value, str):
        return neutralise(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if column.shape is Shape.MONEY and value is not None:
        return f"{to_major(value, currency=row.currency):f}"
    return value


def _text(lines: Iterable[Sequence[Any]]) -> str:
    written = StringIO()
    csv.writer(written).writerows(lines)
    return written.getvalue()
