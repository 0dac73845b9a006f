"""What the engine makes of a database that does not let it through, or takes too long."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from console.engine.errors import DatabaseSlow, DatabaseUnavailable
from console.engine.store.database import load, look, run, transact
from console.models import Variant
from console.testing.factories import Shop
from tests.support.engine.slow_tables import locked_table, lose_patience, slow_table

_SLEEP = select(func.pg_sleep(60))
_VARIANT = select(Variant)
on_postgresql = pytest.mark.databases("postgresql")


@pytest.mark.databases("sqlite")
def test_a_sqlite_file_that_somebody_keeps_locked_is_told_as_out_of_reach(database: Engine, session: Session) -> None:
    event.listen(database, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=0"))
    with closing(sqlite3.connect(str(database.url.database), isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")

        with pytest.raises(DatabaseUnavailable):
            transact(session, lambda: None)


WAYS: dict[str, Callable[[Session, Callable[[], None]], Any]] = {
    "look": lambda session, note: look(session, lambda reader: (note(), reader.execute(_SLEEP))),
    "transact": lambda session, note: transact(session, lambda: (note(), session.execute(_SLEEP))),
    "express": lambda session, note: transact(session, lambda: (note(), run(session, _SLEEP))),
}


@on_postgresql
@pytest.mark.parametrize("way", WAYS)
def test_what_takes_too_long_is_told_so_at_once_and_not_tried_again(
    database: Engine, session: Session, way: str
) -> None:
    lose_patience(database)
    tries: list[None] = []

    with pytest.raises(DatabaseSlow):
        WAYS[way](session, lambda: tries.append(None))

    assert len(tries) == 1
    assert look(session, lambda reader: reader.scalar(select(1))) == 1


@on_postgresql
def test_an_object_that_takes_too_long_to_load_is_told_so(
    database: Engine, database_url: str, session: Session, shop: Shop
) -> None:
    lose_patience(database)
    shop.sell()

    with slow_table(database_url, "variants"), pytest.raises(DatabaseSlow):
        load(session, _VARIANT)


@on_postgresql
def test_a_table_that_somebody_keeps_is_waited_for_again_and_told_as_out_of_reach(
    database: Engine, database_url: str, session: Session
) -> None:
    lose_patience(database, lock_timeout=20)
    tries: list[None] = []

    with locked_table(database_url, "variants"), pytest.raises(DatabaseUnavailable):
        look(session, lambda reader: (tries.append(None), reader.execute(_VARIANT)))

    assert len(tries) == 6
