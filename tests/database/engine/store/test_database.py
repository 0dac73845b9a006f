"""What the engine makes of a database that does not let it through."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from console.engine.errors import DatabaseUnavailable
from console.engine.store.database import transact


@pytest.mark.databases("sqlite")
def test_a_sqlite_file_that_somebody_keeps_locked_is_told_as_out_of_reach(database: Engine, session: Session) -> None:
    event.listen(database, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=0"))
    with closing(sqlite3.connect(str(database.url.database), isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")

        with pytest.raises(DatabaseUnavailable):
            transact(session, lambda: None)
