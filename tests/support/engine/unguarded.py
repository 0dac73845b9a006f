"""A database whose constraints look away, for rows that must not be; everything is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

_CONSTRAINTS = "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:name AS regclass) AND contype IN ('c', 'u')"
_INDEXES = (
    "SELECT CAST(indexrelid AS regclass) FROM pg_index "
    "WHERE indrelid = CAST(:name AS regclass) AND indisunique AND NOT indisprimary"
)


@contextmanager
def unguarded(database: Engine, *tables: str) -> Iterator[Connection]:
    """Open a transaction in which these tables take any row; it is rolled back at the end."""
    with database.connect() as connection, connection.begin() as transaction:
        disarm = _disarm_sqlite if connection.dialect.name == "sqlite" else _disarm_postgresql
        disarm(connection, tables)
        yield connection
        transaction.rollback()


def _disarm_sqlite(connection: Connection, tables: tuple[str, ...]) -> None:
    """Put a bare copy in each table's place; foreign keys are looked at upon the commit that never comes."""
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    for name in tables:
        connection.exec_driver_sql(f"CREATE TABLE bare AS SELECT * FROM {name}")
        connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql(f"ALTER TABLE bare RENAME TO {name}")


def _disarm_postgresql(connection: Connection, tables: tuple[str, ...]) -> None:
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no foreign keys
    for name in tables:
        for constraint in connection.scalars(text(_CONSTRAINTS), {"name": name}).all():
            connection.exec_driver_sql(f"ALTER TABLE {name} DROP CONSTRAINT {constraint}")
        for index in connection.scalars(text(_INDEXES), {"name": name}).all():
            connection.exec_driver_sql(f"DROP INDEX {index}")
