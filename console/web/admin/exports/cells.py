"""What stands in the cells of an exported list, whatever the file: texts, numbers, moments, yes and no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import Row

from console.engine.prices.money import to_major
from console.web.shared.listing.listing import Column, Listing, Shape

Cell: TypeAlias = str | int | bool | Decimal | datetime | None
Line: TypeAlias = Sequence[Cell]

LONGEST_TEXT = 32_767  # what a cell of a spreadsheet holds, in UTF-16's units; the rest would run into other cells
MOST_DIGITS = 15  # of a number that a spreadsheet keeps: it counts in floats
# Neither XML nor readers of CSV bear these.
_NO_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CURRENCY = Column("currency", "Currency")


def columns_of(listing: Listing) -> tuple[Column, ...]:
    """Give the columns of a list's file: as they are shown, and the currency after amounts."""
    has_money = any(column.shape is Shape.MONEY for column in listing.columns)
    return (*listing.columns, *([_CURRENCY] if has_money else []))


def lines_of(listing: Listing, batches: Iterable[Sequence[Row[Any]]], *, cap: int) -> Iterator[Sequence[Line]]:
    """Turn rows into the lines of a file, batch by batch, the headings with the first.

    Nothing follows the `cap`th row but a note that there is more.
    """
    columns = columns_of(listing)
    heading: list[Line] = [[column.name for column in columns]]
    left = cap
    for batch in batches:
        yield heading + [[_cell(row, column) for column in columns] for row in islice(batch, left)]
        heading = []
        if len(batch) > left:
            yield [[f"Only the first {cap:,} rows are here: narrow the filters for the rest."]]
            return
        left -= len(batch)


def _cell(row: Row[Any], column: Column) -> Cell:
    value: Cell = row._mapping[column.name]
    match value:
        case str():
            return _legible(value)
        case datetime():
            return value.astimezone(UTC)
        case int() if column.shape is Shape.MONEY:
            return _kept(to_major(value, currency=row.currency))
        case int() if not isinstance(value, bool):
            return _kept(value)
    return value


def _legible(text: str) -> str:
    """Give a text that every file bears: lines end in LF, and what is no character shows as one that is missing."""
    return _NO_CHARACTER.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def _kept(number: int | Decimal) -> int | Decimal | str:
    """Give a number; as text when it has more digits than a spreadsheet keeps."""
    exact = Decimal(number)
    return number if len(exact.as_tuple().digits) <= MOST_DIGITS else f"{exact:f}"


def cut(text: str) -> str:
    """Cut a text to what a cell holds; an ellipsis tells so."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_TEXT:
        return text
    return units[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"
