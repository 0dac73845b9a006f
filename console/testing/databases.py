"""Databases of tests: prepared once, and given out clean to one test after another."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, text

from console.engine.record.audit import FIRST_HASH
from console.engine.store.database import create_database
from console.models import AuditHead, Base, Warehouse

# Of the checkout's own tables: a shop's sequences in the same database count on. It is no change of the schema, which
# would cost each test many times as much.
_RESTART_SEQUENCES = text("""
    SELECT setval(CAST(seqrelid AS regclass), seqstart, false) FROM pg_sequence
    JOIN pg_depend ON pg_depend.objid = seqrelid AND pg_depend.deptype IN ('a', 'i')
    JOIN pg_class AS tables ON tables.oid = pg_depend.refobjid
    WHERE tables.relname = ANY(:tables) AND pg_sequence_last_value(seqrelid) IS NOT NULL
""")


@dataclass(frozen=True)
class PreparedDatabase:
    """A database with the checkout's tables, for one test at a time: a SQLite file to copy, or one to empty."""

    url: str

    def fresh(self, folder: Path) -> str:
        """Give out the URL of a clean one, a file in `folder` where it is SQLite."""
        if self.url.startswith("sqlite"):
            shutil.copy(self.url.removeprefix("sqlite:///"), folder / "shop.sqlite3")
            return f"sqlite:///{folder}/shop.sqlite3"
        with self._database.connect() as connection:
            _empty(connection)
            connection.commit()
            connection.invalidate()  # tests end connections of the database as they like: the next one is a new one
        return self.url

    @cached_property
    def _database(self) -> Engine:
        return create_database(self.url)


def create_tables(url: str) -> PreparedDatabase:
    """Make the checkout's tables in a database that lacks them, and the rows that the migrations put into them."""
    engine = create_database(url)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        if connection.scalar(text("SELECT count(*) FROM audit_head")) == 0:
            _write_first_rows(connection)
    engine.dispose()
    return PreparedDatabase(url)


def _empty(connection: Connection) -> None:
    """Bring the checkout's tables back to how the migrations left them; deleting few rows is faster than truncating."""
    tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
    if connection.scalar(text("SHOW is_superuser")) == "on":  # foreign keys are not even looked at: the order is right
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.exec_driver_sql("; ".join(f"DELETE FROM {table}" for table in tables))  # noqa: S608 - our own tables
    connection.execute(_RESTART_SEQUENCES, {"tables": tables})
    _write_first_rows(connection)


def _write_first_rows(connection: Connection) -> None:
    connection.execute(insert(Warehouse).values(code="main", name="Main warehouse"))
    connection.execute(insert(AuditHead).values(id=1, hash=FIRST_HASH, entries=0))
