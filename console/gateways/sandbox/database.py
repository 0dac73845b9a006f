"""The sandbox ledger's database: its connections, its transactions, its first start."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from console.gateways.sandbox.tables import metadata

# What the driver raises when the ledger is out of reach or too slow, as against being asked something wrong.
UNREACHABLE = (OperationalError, InterfaceError, NoFreeConnection)

_BUSY_SECONDS = 30.0
_CONNECT_SECONDS = 5
_POOL_SIZE = 16
_IN_MEMORY = "SQLite in memory"
_CREATION_LOCK = 0x5A4DB0C5  # any number that nobody else locks in the ledger's database


class UnsuitableLedgerError(ValueError):
    """The ledger's address names a database that it cannot be kept in; `database` says which kind."""

    def __init__(self, database: str) -> None:
        super().__init__(f"The sandbox ledger needs a SQLite file or a PostgreSQL database, not {database}.")
        self.database = database


class LedgerDatabase:
    """Give out the ledger's transactions, to many threads and across forks.

    Takes the URL of a SQLite file or of a PostgreSQL database; the tables are created on first use.
    Raises: UnsuitableLedgerError for any other, one in memory too: it would forget every payment.
    """

    def __init__(self, url: str) -> None:
        self._url = _ledger_url(url)
        self._engine = _build_engine(self._url)
        self._preparation = threading.Lock()
        self._is_prepared = False
        _open_databases.add(self)

    @property
    def dialect_name(self) -> str:
        """Name the kind of database: `sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def writing(self, *, timeout_seconds: float) -> Iterator[Connection]:
        """Open a transaction that changes the ledger; waits at most `timeout_seconds`; commits at the end."""
        with self._transaction(timeout_seconds, writes=True) as connection:
            yield connection

    @contextmanager
    def reading(self, *, timeout_seconds: float) -> Iterator[Connection]:
        """Open a transaction that only reads; waits at most `timeout_seconds`."""
        with self._transaction(timeout_seconds, writes=False) as connection:
            yield connection

    @contextmanager
    def _transaction(self, timeout_seconds: float, *, writes: bool) -> Iterator[Connection]:
        self._prepare()
        with self._engine.connect() as plain:
            connection = plain.execution_options(
                ledger_wait_ms=max(1, int(timeout_seconds * 1000)), ledger_writes=writes
            )
            with connection.begin():
                yield connection

    def _prepare(self) -> None:
        """Create the tables before the first transaction of this process."""
        if self._is_prepared:
            return
        with self._preparation:
            if not self._is_prepared:  # another thread may have been faster
                self._create_tables()
                self._is_prepared = True

    def _create_tables(self) -> None:
        """Create the tables unless they are there; processes that start at once wait for each other."""
        if self.dialect_name == "sqlite":
            _switch_to_wal(self._engine)
        options = {"ledger_wait_ms": int(_BUSY_SECONDS * 1000), "ledger_writes": True}
        with self._engine.execution_options(**options).begin() as connection:
            if self.dialect_name == "postgresql":
                # CREATE TABLE IF NOT EXISTS still collides with its like in PostgreSQL's catalogue.
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_CREATION_LOCK})")
            metadata.create_all(connection)

    def close_idle_connections(self) -> None:
        """Close the connections that are not in use; a later transaction opens new ones."""
        self._engine.dispose()

    def forget_inherited_connections(self) -> None:
        """Start afresh in a forked child: what was open or locked belongs to the parent."""
        self._preparation = threading.Lock()
        self._engine.dispose(close=False)


def _ledger_url(text: str) -> URL:
    url = make_url(text)
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UnsuitableLedgerError(url.get_backend_name())
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise UnsuitableLedgerError(_IN_MEMORY)
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    return url


def _build_engine(url: URL) -> Engine:
    """Build the engine; the pool has no upper end, since the callers' threads are bounded already."""
    if url.get_backend_name() == "postgresql":
        engine = create_engine(
            url, pool_size=_POOL_SIZE, max_overflow=-1, connect_args={"connect_timeout": _CONNECT_SECONDS}
        )
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    engine = create_engine(url, pool_size=_POOL_SIZE, max_overflow=-1, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _connect_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _connect_sqlite(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN is deferred and comes too late
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    """Begin at once as a writer: a reader that starts to write meets a busy snapshot no waiting cures."""
    options = connection.get_execution_options()
    if "ledger_writes" not in options:
        return  # the journal mode is set outside any transaction
    known = connection.connection.info  # of the driver's connection, while it lasts
    if known.get("ledger_wait_ms") != options["ledger_wait_ms"]:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {options['ledger_wait_ms']}")
        known["ledger_wait_ms"] = options["ledger_wait_ms"]
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options["ledger_writes"] else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """Bound the wait for a row that another call has locked."""
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {options['ledger_wait_ms']}")


def _switch_to_wal(engine: Engine) -> None:
    """Turn write-ahead logging on; of two that try at once, SQLite refuses one without waiting."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


_open_databases: WeakSet[LedgerDatabase] = WeakSet()


def _before_fork() -> None:
    # A SQLite connection carried over a fork shares its parent's idea of which locks are held.
    for database in list(_open_databases):
        database.close_idle_connections()


def _after_fork_in_child() -> None:
    for database in list(_open_databases):
        database.forget_inherited_connections()


os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
