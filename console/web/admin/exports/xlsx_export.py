"""XLSX: texts that stay texts, real numbers and moments, and neither formulas nor links.

It is written to a temporary file, row by row: the memory that it takes does not grow with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from itertools import chain
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from werkzeug.wsgi import FileWrapper
from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from console.web.admin.exports.cells import Cell, Line, columns_of, cut
from console.web.shared.listing.listing import Listing, Shape

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_TEXT, _WHOLE, _AMOUNT, _MOMENT = "@", "0", "#,##0", "yyyy-mm-dd hh:mm:ss"
_EVERYWHERE = "A1:XFD1048576"
# In characters; a wider heading makes its column wider.
_WIDTHS = {Shape.NUMBER: 10, Shape.MONEY: 14, Shape.MOMENT: 20, Shape.FLAG: 10, Shape.EMAIL: 32, Shape.CODE: 28}
_USUAL_WIDTH, _BESIDE_HEADING = 20, 2


class _Formats(dict[str, Format]):
    """The formats of a book, by their pattern: each is made once."""

    def __init__(self, book: Workbook) -> None:
        super().__init__()
        self._book = book

    def __missing__(self, pattern: str) -> Format:
        self[pattern] = self._book.add_format({"num_format": pattern})
        return self[pattern]


def write_xlsx(listing: Listing, batches: Iterator[Sequence[Line]]) -> Iterable[bytes]:
    """Write lines as a workbook of one sheet; give it in pieces. Whoever sends them closes it."""
    with ExitStack() as undone:
        file = undone.enter_context(TemporaryFile())
        _fill(file, listing, chain.from_iterable(batches))
        file.seek(0)
        undone.pop_all()
    return FileWrapper(file)


def _fill(file: IO[bytes], listing: Listing, lines: Iterator[Line]) -> None:
    with TemporaryDirectory() as folder, Workbook(file, {**_OPTIONS, "tmpdir": folder}) as book:
        sheet = book.add_worksheet(listing.title)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns_of(listing)):
            width = max(_WIDTHS.get(column.shape, _USUAL_WIDTH), len(column.name) + _BESIDE_HEADING)
            sheet.set_column(place, place, width)
        sheet.ignore_errors({"number_stored_as_text": _EVERYWHERE})  # it is on purpose
        formats = _Formats(book)
        heading = book.add_format({"bold": True})
        for place, name in enumerate(next(lines)):
            sheet.write_string(0, place, name, heading)
        for row, line in enumerate(lines, start=1):
            for place, cell in enumerate(line):
                _put(sheet, (row, place), cell, formats=formats)


def _put(sheet: Worksheet, place: tuple[int, int], cell: Cell, *, formats: _Formats) -> None:
    match cell:
        case str():
            sheet.write_string(*place, cut(_no_markup(cell)), formats[_TEXT])
        case bool():
            sheet.write_boolean(*place, cell)
        case int():
            sheet.write_number(*place, cell, formats[_WHOLE])
        case Decimal():
            sheet.write_number(*place, float(cell), formats[_pattern(cell)])
        case datetime():
            sheet.write_datetime(*place, cell.replace(tzinfo=None), formats[_MOMENT])


def _no_markup(text: str) -> str:
    """Put a blank before what XlsxWriter would take for XML of its own, and write as it is."""
    return f" {text}" if text.startswith("<r>") and text.endswith("</r>") else text


def _pattern(amount: Decimal) -> str:
    """Give the format with as many decimals as the amount has."""
    _, dot, decimals = f"{amount:f}".partition(".")
    return _AMOUNT + dot + "0" * len(decimals)
