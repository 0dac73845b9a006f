"""CSV files with a header: each line as a mapping from column to cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from console.engine.prices.money import to_minor
from console.imports.csv_files import BadLine, CsvFile, Record, UnreadableFile
from console.models.text import in_nfc

_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_AS_TEXT = re.compile(r'="([^"]*)"')  # how spreadsheets are told that a number is text
_AROUND = re.compile(r"\A[\s\ufeff\u200b\u200e\u200f\u2060]+|[\s\ufeff\u200b\u200e\u200f\u2060]+\Z")
_SHOWN = 40  # characters of a cell in a message
_LONGEST_MESSAGE = 400

Cells = dict[str, str]


class Table:
    """A CSV file whose first line names its columns, in any order, in any case, with any blanks.

    Raises:
        UnreadableFile: when there is no such line.
    """

    def __init__(self, file: CsvFile) -> None:
        self._records = file.records()
        header = next((record for record in self._records if isinstance(record, BadLine) or not is_blank(record)), None)
        if not isinstance(header, Record):
            raise UnreadableFile("the file is empty, or its first line is no header")
        columns = [trimmed(cell) for cell in header.cells]
        while not columns[-1]:
            columns.pop()  # a comma that ends each line
        self.columns = tuple(columns)
        self._left_out: set[str] = set()

    def rename(self, names: Mapping[str, str], *, known: Collection[str]) -> None:
        """Give columns other names, by a mapping from the file's column to ours, or the other way round.

        An empty name leaves the column out.

        Raises:
            UnreadableFile: when the file has no such column.
        """
        ours = {column_key(name) for name in known}
        places = {column_key(name): place for place, name in enumerate(self.columns)}
        columns = list(self.columns)
        for theirs, name in names.items():
            if column_key(theirs) not in places and column_key(name) in places and column_key(theirs) in ours:
                theirs, name = name, theirs  # noqa: PLW2901 - said the other way round
            place = places.get(column_key(theirs))
            if place is None:
                there = ", ".join(map(repr, self.columns))
                raise UnreadableFile(f"the header has no column {theirs!r} to map; it has {there}"[:_LONGEST_MESSAGE])
            columns[place] = name
            if not name:
                columns[place] = theirs
                self._left_out.add(theirs)
        self.columns = tuple(columns)

    def require(self, required: Collection[str], *, optional: Collection[str] = (), others: bool = False) -> None:
        """See that the file has the columns it should, and no others unless it may, and call them as they are here.

        Raises:
            UnreadableFile: naming the columns that are missing, unknown or there twice.
        """
        known = (*required, *optional)
        ours = {column_key(name): name for name in known}
        self.columns = tuple(
            name if name in self._left_out else ours.get(column_key(name), name) for name in self.columns
        )
        columns = [name for name in self.columns if name not in self._left_out]
        missing = [name for name in required if name not in columns]
        unknown = [] if others else [name for name in columns if name not in known]
        repeated = sorted({name for name in columns if columns.count(name) > 1 and not (others and name not in known)})
        for names, what in ((missing, "lacks"), (unknown, "has unknown"), (repeated, "repeats")):
            if names:
                raise UnreadableFile(f"the header {what} {', '.join(map(repr, names))}; needed: {','.join(required)}")

    def rows(self) -> Iterator[tuple[int, Cells] | BadLine]:
        """Read the lines after the header that have a cell: number and cells by column, without what surrounds them.

        Raises:
            UnreadableFile: when the file is cut off.
        """
        width = len(self.columns)
        for record in self._records:
            if isinstance(record, BadLine):
                yield record
                continue
            cells = [trimmed(cell) for cell in record.cells]
            if not any(cells):
                continue
            while len(cells) > width and not cells[-1]:
                cells.pop()  # a comma that ends the line
            if len(cells) != width:
                yield BadLine(record.number, f"{len(cells)} cells where the header has {width}")
            else:
                yield record.number, dict(zip(self.columns, cells, strict=True))


def is_blank(record: Record) -> bool:
    """Tell whether no cell of a line has anything in it."""
    return not any(trimmed(cell) for cell in record.cells)


def trimmed(cell: str) -> str:
    """Give what a cell says: without the blanks and marks around it that nobody sees, `="0042"` as 0042, composed."""
    cell = cell.strip()
    if not cell.isascii():
        cell = in_nfc(_AROUND.sub("", cell))
    as_text = _AS_TEXT.fullmatch(cell)
    return as_text[1].strip() if as_text else cell


def column_key(name: str) -> str:
    """Give what two spellings of a column have in common: `Unit_Price`, `unit price` and `UNIT-PRICE` are one."""
    return _BETWEEN_WORDS.sub("_", unicodedata.normalize("NFKC", trimmed(name)).casefold())


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
