"""Tables that take too long to read, and databases of little patience: what a real statement time-out raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from console.engine.store.database import create_database

PATIENCE_MS = 500  # long for a statement of a test, short for whoever waits for the test


def lose_patience(engine: Engine, **timeouts_ms: int) -> None:
    """Have PostgreSQL stop what an engine waits long for; by default each statement after `PATIENCE_MS`."""
    timeouts = timeouts_ms or {"statement_timeout": PATIENCE_MS}

    def set_timeouts(connection: Any, _record: Any, _proxy: Any) -> None:
        for name, milliseconds in timeouts.items():
            connection.execute(f"SET {name} = {milliseconds}")
        connection.commit()

    event.listen(engine, "checkout", set_timeouts)


@contextmanager
def slow_table(database_url: str, name: str) -> Iterator[None]:
    """Have each statement that reads a table on PostgreSQL take a minute."""
    slowly = f"SELECT kept.* FROM pg_sleep(60) LEFT JOIN {name}_kept AS kept ON true OFFSET 0"
    with _connected(database_url) as connection:
        connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO {name}_kept")
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {slowly}")
        connection.commit()
        try:
            yield
        finally:
            connection.exec_driver_sql(f"DROP VIEW {name}")
            connection.exec_driver_sql(f"ALTER TABLE {name}_kept RENAME TO {name}")
            connection.commit()


@contextmanager
def locked_table(database_url: str, name: str) -> Iterator[None]:
    """Have somebody keep a table on PostgreSQL, as a migration does that rewrites it."""
    with _connected(database_url) as connection:
        connection.exec_driver_sql(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    engine = create_database(database_url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
