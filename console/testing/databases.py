"""Databases of tests: prepared once, and given out clean to one test after another."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, text

from console.engine.audit import FIRST_HASH
from console.engine.database import create_database
from console.models import AuditHead, Base, Warehouse

# Of the checkout's own tables: a shop's sequences in the same database count on.
_USED_SEQUENCES = text("""
    SELECT CAST(sequences.oid AS regclass) FROM pg_class AS sequences
    JOIN pg_depend ON pg_depend.objid = sequences.oid AND pg_depend.deptype IN ('a', 'i')
    JOIN pg_class AS tables ON tables.oid = pg_depend.refobjid
    WHERE tables.relname = ANY(:tables)
    AND CASE WHEN sequences.relkind = 'S' THEN pg_sequence_last_value(sequences.oid) IS NOT NULL END
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
        engine = create_database(self.url)
        with engine.begin() as connection:
            _empty(connection)
        engine.dispose()
        return self.url


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
    for sequence in connection.scalars(_USED_SEQUENCES, {"tables": tables}).all():
        connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART")
    _write_first_rows(connection)


def _write_first_rows(connection: Connection) -> None:
    connection.execute(insert(Warehouse).values(code="main", name="Main warehouse"))
    connection.execute(insert(AuditHead).values(id=1, hash=FIRST_HASH, entries=0))
