"""Kept statements, straight to psycopg: the way of a checkout on PostgreSQL, past SQLAlchemy's own for any statement.

A statement is compiled once. From then on its values go through the same type processors to the driver, and its rows
come back as SQLAlchemy's. What is only written waits on the connection and goes out, in its order, with the next
statement that somebody waits for, or with the COMMIT: one round trip for all of them (psycopg's pipeline mode).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import BindParameter, Connection, Dialect, Executable, Insert, Row, String
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from console.engine.store.express_rows import Parameters, in_few

_KEPT = 1000
_IDLE = TransactionStatus.IDLE
_NUMERIC = psycopg.postgres.types["numeric"].oid

Processor = Callable[[Any], Any]


class LateConnection(psycopg.Connection[tuple[Any, ...]]):
    """A psycopg connection that keeps what is only written until somebody waits for an answer, or commits.

    An error of such a statement shows there, and undoes the transaction as it would have at once.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._late: list[tuple[str, Parameters]] = []
        self._asking: psycopg.Cursor[tuple[Any, ...]] = self.cursor()
        self._writing: psycopg.Cursor[tuple[Any, ...]] = self.cursor()

    def cursor(self, *arguments: Any, **options: Any) -> Any:
        """Open a cursor; what waits goes before whatever it is for."""
        self.send_late()
        return super().cursor(*arguments, **options)

    def write_later(self, sql: str, parameters: Parameters) -> None:
        """Write with the next statement or the commit."""
        self._late.append((sql, parameters))

    def ask(self, sql: str, parameters: Sequence[Parameters]) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run a statement once for each of the parameters, after all that waits; give the cursor of its answers."""
        if len(parameters) == 1 and not self._late and (self.autocommit or self._has_begun()):
            return self._asking.execute(sql, parameters[0])
        with self.pipeline():
            self._send_late()
            if len(parameters) == 1:
                self._asking.execute(sql, parameters[0])
            else:
                self._asking.executemany(sql, parameters)
        return self._asking

    def send_late(self) -> None:
        """Send what waits, for a statement that takes another way."""
        if self._late:
            with self.pipeline():
                self._send_late()

    def commit(self) -> None:
        """Commit, with what waits before it."""
        if not self._late:
            super().commit()
            return
        with self.pipeline():
            self._send_late()
            super().commit()

    def rollback(self) -> None:
        """Roll back; what waits was never sent."""
        self._late.clear()
        super().rollback()

    def _has_begun(self) -> bool:
        return self.pgconn.transaction_status != _IDLE

    def _send_late(self) -> None:
        late, self._late = self._late, []
        for sql, parameters in late:
            self._writing.execute(sql, parameters)


class Answer:
    """What a statement gave: its rows, and how many it hit."""

    def __init__(self, rows: Sequence[Row[Any]], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def all(self) -> Sequence[Row[Any]]:
        """Give all rows."""
        return self._rows

    def one_or_none(self) -> Row[Any] | None:
        """Give the only row, None when there is none.

        Raises:
            MultipleResultsFound: when there are more.
        """
        if len(self._rows) > 1:
            raise MultipleResultsFound("several rows were found where one was expected")
        return self._rows[0] if self._rows else None

    def one(self) -> Row[Any]:
        """Give the only row.

        Raises:
            NoResultFound, MultipleResultsFound: when there is not exactly one.
        """
        row = self.one_or_none()
        if row is None:
            raise NoResultFound("no row was found where one was expected")
        return row

    def scalar_one(self) -> Any:
        """Give the first value of the only row; raises as `one`."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:
        """Give the first value of the only row, None when there is none; raises as `one_or_none`."""
        row = self.one_or_none()
        return None if row is None else row[0]


class _Value(NamedTuple):
    """One parameter: its name in the SQL, the key its value comes under, what it is when none comes."""

    name: str
    key: str
    process: Processor | None
    make_default: Callable[[], Any] | None


@dataclass(frozen=True)
class Ticket:
    """A statement as psycopg takes it, and how its rows are read."""

    sql: str
    values: tuple[_Value, ...] = ()
    columns: SimpleResultMetaData | None = None
    processors: Any = None
    index: Mapping[Any, int] = field(default_factory=dict)

    def parameters(self, values: Mapping[str, Any]) -> Parameters:
        """Turn values into what the driver takes."""
        found = {}
        for name, key, process, make_default in self.values:
            value = values[key] if make_default is None or key in values else make_default()
            found[name] = value if process is None else process(value)
        return found

    def rows(self, found: Sequence[tuple[Any, ...]]) -> list[Row[Any]]:
        """Turn the driver's rows into SQLAlchemy's."""
        assert self.columns is not None
        return [Row(self.columns, self.processors, self.index, each) for each in found]


class Channel(NamedTuple):
    """A connection, and the driver's of it; None where nothing goes by express."""

    connection: Connection
    driver: LateConnection | None


def run_express(channel: Channel, ticket: Ticket, values: Sequence[Mapping[str, Any]], *, is_late: bool) -> Answer:
    """Run a statement once for each of the values; one that is late may wait, and hits nobody knows how many rows."""
    connection, driver = channel
    assert driver is not None  # it gave out the ticket
    parameters = [ticket.parameters(each) for each in values]
    if is_late:
        for sql, each in in_few(ticket.sql, parameters):
            driver.write_later(sql, each)
        return Answer((), -1)
    try:
        cursor = driver.ask(ticket.sql, parameters)
        rows = ticket.rows(cursor.fetchall()) if ticket.columns else ()
    except psycopg.Error as error:
        # SQLAlchemy's own way to word an error and to give up a broken connection.
        connection._handle_dbapi_exception(error, ticket.sql, None, None, None)
        raise  # not reached: it raises itself
    return Answer(rows, cursor.rowcount)


def open_channel(connection: Connection) -> Channel:
    """Find the driver's connection for a transaction; nothing goes by express where there is none.

    That is on SQLite, behind a transaction pooler, and where somebody listens to statements.
    """
    if connection.dialect.name == "sqlite" or connection.dispatch.before_cursor_execute:
        return Channel(connection, None)
    driver: Any = connection.connection.dbapi_connection
    return Channel(connection, driver if isinstance(driver, LateConnection) else None)


def find_ticket(channel: Channel, statement: Executable, values: Mapping[str, Any]) -> Ticket | None:
    """Find how a statement goes by express; None when it cannot."""
    return None if channel.driver is None else _ticket(channel.connection.dialect, statement, tuple(values))


@lru_cache(maxsize=_KEPT)
def _ticket(dialect: Dialect, statement: Executable, keys: tuple[str, ...]) -> Ticket | None:
    if isinstance(statement, Insert) and not statement.exported_columns:
        statement = statement.inline()  # nobody asked for the new row's id
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(keys))  # type: ignore[attr-defined]
    if compiled.literal_execute_params or compiled.post_compile_params or compiled.update_prefetch:
        return None  # its SQL is another one with each list of values
    values = tuple(_value(compiled, bind, name, dialect) for bind, name in compiled.bind_names.items())
    returned = list(statement.exported_columns)  # type: ignore[attr-defined]
    if not returned:
        return Ticket(str(compiled), values)
    columns = SimpleResultMetaData([column.name for column in returned])
    processors = [_result_processor(column.type, dialect) for column in returned]
    return Ticket(str(compiled), values, columns, processors if any(processors) else None, columns._key_to_index)


def _value(compiled: SQLCompiler, bind: BindParameter[Any], name: str, dialect: Dialect) -> _Value:
    kind = bind.type.dialect_impl(dialect)
    process = _plain if isinstance(kind, String) else kind.bind_processor(dialect)
    return _Value(name, bind.key, process, _default_of(compiled, bind))


def _default_of(compiled: SQLCompiler, bind: BindParameter[Any]) -> Callable[[], Any] | None:
    """Find what a parameter is when no value comes: its own, or its column's default."""
    for column in compiled.insert_prefetch:
        if column.key == bind.key:
            return partial(_column_default, column.default)
    return None if bind.required else (lambda: bind.effective_value)


def _column_default(default: Any) -> Any:
    return default.arg(None) if default.is_callable else default.arg


def _plain(word: str | None) -> str | None:
    """Give a word of ours as mere text: the driver would look at an enumeration's members first."""
    return None if word is None else str(word)


def _result_processor(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    # Only numbers ask what the driver calls their type.
    return kind.dialect_impl(dialect).result_processor(dialect, _NUMERIC)
