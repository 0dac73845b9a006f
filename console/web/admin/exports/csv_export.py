"""CSV for spreadsheets: UTF-8 with its mark, every cell in quotes, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import chain

from console.web.admin.exports.cells import Cell, Line, cut
from console.web.admin.exports.marks import mark

CSV = "text/csv"
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads another encoding


def write_csv(batches: Iterator[Sequence[Line]]) -> Iterable[str]:
    """Write lines as CSV, to be sent as they come.

    The first batch is read at once: a database out of reach is an error page, not a broken file.
    """
    texts = map(_text, batches)
    return chain([_BYTE_ORDER_MARK + next(texts)], texts)


def _text(lines: Iterable[Line]) -> str:
    written = StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([map(_written, line) for line in lines])
    return written.getvalue()


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return cut(mark(cell))
        case datetime():
            return cell.isoformat().replace("+00:00", "Z")
        case Decimal():
            return f"{cell:f}"
    return str(cell)
