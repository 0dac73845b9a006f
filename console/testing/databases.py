"""Databases of tests: prepared once, and given out clean to one test after another."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, text

from console.engine.audit import FIRST_HASH
from console.engine.database import create_database
from console.models import AuditHead, Base, Warehouse

_USED_SEQUENCES = text("SELECT quote_ident(sequencename) FROM pg_sequences WHERE last_value IS NOT NULL")


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
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # no order by foreign keys
    connection.exec_driver_sql("; ".join(f"DELETE FROM {table}" for table in Base.metadata.tables))  # noqa: S608
    for sequence in connection.scalars(_USED_SEQUENCES).all():
        connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART")
    _write_first_rows(connection)


def _write_first_rows(connection: Connection) -> None:
    connection.execute(insert(Warehouse).values(code="main", name="Main warehouse"))
    connection.execute(insert(AuditHead).values(id=1, hash=FIRST_HASH, entries=0))
