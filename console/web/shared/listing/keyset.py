"""Keyset paging: a page deep in ten million rows costs what the first one costs.

A page is found by the sort value and id of the row before it, carried in the URL as an opaque cursor.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, literal, tuple_

from console.engine.errors import InvalidInput
from console.engine.store.database import Reader
from console.models.types import UtcDateTime

LARGEST_ID = 2**63 - 1
LONGEST_CURSOR = 2048  # of a name of 255 characters, four bytes each, and what is around it
_SPOILED = "This link to a further page is spoiled; begin with the first page."


@dataclass(frozen=True)
class Sort:
    """By which column a list is sorted, never NULL, and which way; the id decides between equals."""

    name: str
    column: ColumnElement[Any]
    id_column: ColumnElement[int]
    is_descending: bool

    def apply(self, query: Select[Any]) -> Select[Any]:
        """Sort a query."""
        columns = (self.id_column,) if self._is_by_id else (self.column, self.id_column)
        return query.order_by(*(column.desc() if self.is_descending else column.asc() for column in columns))

    def after(self, cursor: str) -> ColumnElement[bool]:
        """Build the condition for the rows after a cursor.

        Raises:
            InvalidInput: when the cursor is none of ours, or of another sort.
        """
        value, row_id = self._read(cursor)
        key, last = literal(value, self.column.type), literal(row_id, self.id_column.type)
        if self._is_by_id:
            return self.id_column < last if self.is_descending else self.id_column > last
        here, there = tuple_(self.column, self.id_column), tuple_(key, last)
        if self.is_descending:
            return (self.column <= key) & (here < there)
        # Of two columns in two tables no index serves the pair, but one serves the first column by itself.
        return (self.column >= key) & (here > there)

    def cursor_of(self, row: Row[Any]) -> str:
        """Write the cursor that a row's successor is found by."""
        value = row._mapping[self.name]
        written = value.isoformat() if isinstance(value, datetime) else value
        document = json.dumps(
            [self.name, self.is_descending, written, row.id], ensure_ascii=False, separators=(",", ":")
        )
        return urlsafe_b64encode(document.encode()).decode().rstrip("=")

    @property
    def _is_by_id(self) -> bool:
        return self.column is self.id_column

    def _read(self, cursor: str) -> tuple[Any, int]:
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            document = json.loads(urlsafe_b64decode(padded.encode("ascii")))
            return self._understand(*document)
        except (ValueError, TypeError, OverflowError, RecursionError, Base64Error) as error:
            raise InvalidInput(_SPOILED, field="cursor") from error

    def _understand(self, name: Any, is_descending: Any, written: Any, row_id: Any) -> tuple[Any, int]:
        if (name, is_descending) != (self.name, self.is_descending) or not is_id(row_id):
            raise ValueError("of another list")
        return self._value(written), row_id

    def _value(self, written: Any) -> Any:
        if isinstance(self.column.type, UtcDateTime):
            moment = datetime.fromisoformat(written)
            if moment.tzinfo is None:
                raise ValueError("a naive time")
            return moment.astimezone(UTC)
        is_fit = is_id(written) if isinstance(self.column.type, Integer) else isinstance(written, str)
        if not is_fit or "\x00" in str(written):
            raise ValueError("of another type")
        return written


@dataclass(frozen=True)
class Page:
    """Some rows of a list; `next_cursor` leads to the ones after them, None is the end."""

    rows: Sequence[Row[Any]] = ()
    next_cursor: str | None = None


def is_id(value: object) -> bool:
    """Tell whether a value can be the id of a row."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID


def read_page(reader: Reader, query: Select[Any], *, sort: Sort, cursor: str | None, limit: int) -> Page:
    """Read one page of a query, in one statement and without counting.

    Raises:
        InvalidInput: when the cursor is none of this list's.
    """
    if cursor:
        query = query.where(sort.after(cursor))
    rows = reader.execute(sort.apply(query).limit(limit + 1)).all()
    page = rows[:limit]
    return Page(page, sort.cursor_of(page[-1]) if len(rows) > limit else None)


def choose_sort(wanted: str, *, columns: Mapping[str, ColumnElement[Any]], id_column: ColumnElement[int]) -> Sort:
    """Read a sort as a URL has it: the column's name, with `-` before it for the other way round.

    Raises:
        InvalidInput: when the list cannot be sorted by it.
    """
    name = wanted.removeprefix("-")
    if name not in columns:
        raise InvalidInput(f"The list can be sorted by {', '.join(columns)}.", field="sort")
    return Sort(name, columns[name], id_column, is_descending=wanted.startswith("-"))
