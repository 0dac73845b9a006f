"""Frozen databases: the rows of a version, as its own code wrote them, in a file that serves both databases.

Code of a later version names columns that the version before does not have, so it cannot fill a database of that version.
A dump can. One row a line:

    {"revision": "0001", "made_at": "2026-11-28 11:20:00"}
    {"table": "ticks", "key": ["name", "slot"], "columns": {"name": "text", "slot": "integer", "taken_at": "time"}}
    ["sweep", 29855150, "2026-11-28 11:10:00"]

Tables stand in the order in which their rows may be written. When a dump is loaded, all its times move by as much as has
passed since it was made: what was waiting then waits now, with as much time left. Only the audit trail keeps its times,
which its hashes cover.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.types import JSON, TypeEngine

from console.models import Base
from console.models.types import ExactDecimal, NullableJson, UtcDateTime, clock

FOLDER = Path(__file__).parent.parent / "database/migrations"
HASHED = "audit_entries"

Row = tuple[Any, ...]
Rows = Mapping[str, Mapping[Row, Mapping[str, Any]]]  # by table and primary key


@dataclass(frozen=True)
class Kind:
    """A kind of column: its type in the database, and how its values are written to the file and read from it."""

    type: TypeEngine[Any] | type[TypeEngine[Any]]
    models: tuple[type, ...]
    write: Callable[[Any], Any] = lambda value: value
    read: Callable[[Any], Any] = lambda value: value


def _write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def _read_time(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


# The first whose model types fit counts.
KINDS = {
    "time": Kind(UtcDateTime(), (UtcDateTime,), _write_time, _read_time),
    "decimal": Kind(ExactDecimal(), (ExactDecimal,), lambda value: f"{value:f}", Decimal),
    "boolean": Kind(Boolean, (Boolean,)),
    "integer": Kind(BigInteger, (Integer,)),
    "json": Kind(NullableJson, (JSON,)),
    "text": Kind(Text, (String,)),
}


@dataclass(frozen=True)
class DumpedTable:
    """A table's rows; `columns` gives each column's kind."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    rows: tuple[Row, ...] = ()

    @cached_property
    def table(self) -> Table:
        """The table with these columns alone, as the version that was dumped knows it."""
        columns = [Column(name, KINDS[kind].type, primary_key=name in self.key) for name, kind in self.columns.items()]
        return Table(self.name, MetaData(), *columns)

    @cached_property
    def query(self) -> Any:
        """The query for its rows, by primary key."""
        return select(self.table).order_by(*(self.table.c[name] for name in self.key))

    def moved(self, by: timedelta) -> list[dict[str, Any]]:
        """Give its rows with their times moved."""
        times = [name for name, kind in self.columns.items() if kind == "time" and self.name != HASHED]
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return [row | {name: row[name] + by for name in times if row[name] is not None} for row in rows]

    def columns_without_value(self) -> list[str]:
        """Name the columns that are NULL in every row."""
        return [name for number, name in enumerate(self.columns) if all(row[number] is None for row in self.rows)]

    def without(self, columns: Collection[str]) -> DumpedTable:
        """Give it without some of its columns."""
        kept = [name for name in self.columns if name not in columns]
        rows = (dict(zip(self.columns, row, strict=True)) for row in self.rows)
        kinds = {name: self.columns[name] for name in kept}
        return replace(self, columns=kinds, rows=tuple(tuple(row[name] for name in kept) for row in rows))


@dataclass(frozen=True)
class Dump:
    """The rows of all tables of a database at a revision."""

    revision: str
    made_at: datetime
    tables: tuple[DumpedTable, ...]

    def load(self, connection: Connection) -> None:
        """Fill a database that has nothing but what its migrations wrote, at this revision or a later one.

        Caller commits.
        """
        for table in reversed(self.tables):
            connection.execute(delete(table.table))
        passed = connection.scalars(select(clock())).one() - self.made_at
        for table in self.tables:
            connection.execute(insert(table.table), table.moved(passed))
            if connection.dialect.name == "postgresql" and table.key == ("id",):
                _count_on(connection, table.table)

    def moved(self, by: timedelta) -> Rows:
        """Give its rows with their times moved, as they are when it is loaded so long after it was made."""
        return {table.name: _by_key(table, table.moved(by)) for table in self.tables}

    def rows(self, connection: Connection) -> Rows:
        """Read what its tables hold now, in its columns. Reads only."""
        return {table.name: _by_key(table, connection.execute(table.query).mappings()) for table in self.tables}

    def columns_without_value(self) -> list[str]:
        """Name the columns (`table.column`) that are NULL in every row, if there are any rows at all."""
        return [f"{table.name}.{column}" for table in self.tables for column in table.columns_without_value()]

    def words(self, column: str) -> set[str]:
        """Give the values of a column (`table.column`)."""
        name, _, of_table = column.partition(".")
        [table] = [table for table in self.tables if table.name == name]
        return {row[list(table.columns).index(of_table)] for row in table.rows}

    def without(self, gone: Collection[str]) -> Dump:
        """Give it without the tables and columns (`table.column`) that a later version has no more."""
        kept = (table for table in self.tables if table.name not in gone)
        split = [name.split(".") for name in gone if "." in name]
        tables = (table.without([column for name, column in split if name == table.name]) for table in kept)
        return replace(self, tables=tuple(tables))


def _by_key(table: DumpedTable, rows: Any) -> dict[Row, Mapping[str, Any]]:
    return {tuple(row[name] for name in table.key): dict(row) for row in rows}


def _count_on(connection: Connection, table: Table) -> None:
    """Have a table's numbers go on after the highest there is."""
    highest = select(func.max(table.c.id)).scalar_subquery()
    connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), highest)))


def dump_database(connection: Connection) -> Dump:
    """Dump a database that is at the newest revision. Reads only."""
    revision = connection.scalars(text("SELECT version_num FROM alembic_version")).one()
    made_at = connection.scalars(select(clock())).one()
    return Dump(revision, made_at, tuple(_dump(connection, table) for table in Base.metadata.sorted_tables))


def _dump(connection: Connection, table: Table) -> DumpedTable:
    kinds = {column.name: _kind_of(column) for column in table.columns}
    dumped = DumpedTable(table.name, tuple(column.name for column in table.primary_key), kinds)
    return replace(dumped, rows=tuple(tuple(row) for row in connection.execute(dumped.query)))


def _kind_of(column: Column[Any]) -> str:
    return next(name for name, kind in KINDS.items() if isinstance(column.type, kind.models))


def find_differences(before: Rows, after: Rows) -> Iterator[str]:
    """Tell what became of the rows of before, in the tables and columns that are looked at after; new rows are told."""
    for name, rows in after.items():
        for key in sorted(before[name].keys() | rows.keys()):
            old, new = before[name].get(key), rows.get(key)
            if old is None or new is None:
                yield f"{name} {key}: {'gone' if new is None else 'new'}"
                continue
            changed = {column: (old[column], value) for column, value in new.items() if old[column] != value}
            if changed:
                yield f"{name} {key}: {changed}"


def path_of(revision: str) -> Path:
    """Name the file of a revision's dump."""
    return FOLDER / f"filled_{revision}.jsonl"


def dumped_revisions() -> list[str]:
    """Name the revisions that have a dump, the oldest first."""
    return sorted(path.stem.removeprefix("filled_") for path in FOLDER.glob("filled_*.jsonl"))


def write_dump(dump: Dump, path: Path) -> None:
    """Write a dump to a new file.

    Raises:
        FileExistsError: when it is there: a dump is made once.
    """
    with path.open("x", encoding="utf-8") as file:
        for line in _lines(dump):
            file.write(json.dumps(line, ensure_ascii=False, separators=(", ", ": ")) + "\n")


def _lines(dump: Dump) -> Iterator[Any]:
    yield {"revision": dump.revision, "made_at": _write_time(dump.made_at)}
    for table in dump.tables:
        yield {"table": table.name, "key": list(table.key), "columns": dict(table.columns)}
        kinds = [KINDS[kind] for kind in table.columns.values()]
        for row in table.rows:
            yield [None if value is None else kind.write(value) for kind, value in zip(kinds, row, strict=True)]


def read_dump(path: Path) -> Dump:
    """Read a dump from its file."""
    head, *lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    tables: list[DumpedTable] = []
    rows: list[list[Row]] = []
    for line in lines:
        if isinstance(line, dict):
            tables.append(DumpedTable(line["table"], tuple(line["key"]), line["columns"]))
            rows.append([])
        else:
            rows[-1].append(_read_row(tables[-1], line))
    filled = (replace(table, rows=tuple(of_table)) for table, of_table in zip(tables, rows, strict=True))
    return Dump(head["revision"], _read_time(head["made_at"]), tuple(filled))


def _read_row(table: DumpedTable, written: list[Any]) -> Row:
    kinds = [KINDS[kind] for kind in table.columns.values()]
    return tuple(None if value is None else kind.read(value) for kind, value in zip(kinds, written, strict=True))
