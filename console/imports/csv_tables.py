"""CSV files with a header: each line as a mapping from column to cell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal

from console.engine.prices.money import to_minor
from console.imports.csv_files import BadLine, CsvFile, Record, UnreadableFile

_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_SHOWN = 40  # characters of a cell in a message

Cells = dict[str, str]


class Table:
    """A CSV file whose first line names its columns, in any order.

    Raises:
        UnreadableFile: when there is no such line.
    """

    def __init__(self, file: CsvFile) -> None:
        self._records = file.records()
        header = next(self._records, None)
        if not isinstance(header, Record):
            raise UnreadableFile("the file is empty, or its first line is no header")
        self.columns = tuple(cell.strip() for cell in header.cells)

    def require(self, required: Collection[str], *, optional: Collection[str] = ()) -> None:
        """See that the file has the columns it should, and no others.

        Raises:
            UnreadableFile: naming the columns that are missing, unknown or there twice.
        """
        missing = [name for name in required if name not in self.columns]
        unknown = [name for name in self.columns if name not in required and name not in optional]
        repeated = sorted({name for name in self.columns if self.columns.count(name) > 1})
        for names, what in ((missing, "lacks"), (unknown, "has unknown"), (repeated, "repeats")):
            if names:
                raise UnreadableFile(f"the header {what} {', '.join(map(repr, names))}; needed: {','.join(required)}")

    def rows(self) -> Iterator[tuple[int, Cells] | BadLine]:
        """Read the lines after the header: number and cells by column, without the space around them.

        Raises:
            UnreadableFile: when the file is cut off.
        """
        for record in self._records:
            if isinstance(record, BadLine):
                yield record
            elif len(record.cells) != len(self.columns):
                yield BadLine(record.number, f"{len(record.cells)} cells where the header has {len(self.columns)}")
            else:
                cells = (cell.strip() for cell in record.cells)
                yield record.number, dict(zip(self.columns, cells, strict=True))


def whole_number(text: str, *, name: str) -> int:
    """Read a whole number, plain digits with an optional minus.

    Raises:
        ValueError: when it is none, or a huge one.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{name} {text[:_SHOWN]!r} is no whole number, or a huge one")
    return int(text)


def price_minor(text: str, *, name: str, currency: str, most: int) -> int:
    """Read a decimal amount in major units (`4.20`) as minor units, `most` at most.

    Raises:
        ValueError: when it is none, negative, too large, or has more decimals than the currency.
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{name} {text[:_SHOWN]!r} is no amount like 4.20")
    minor = to_minor(Decimal(text), currency=currency)
    if minor > most:
        raise ValueError(f"{name} {text} is out of bounds")
    return minor
