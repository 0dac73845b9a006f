"""The benchmark's watches count what they say, whatever others do at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from sqlalchemy import Engine, Executable, create_engine, text

from bench.watches import LookUpWatch, StatementWatch, WalWatch, python_calls
from tests.support.services import postgresql_database

TABLES = """
    CREATE TABLE warehouses (id int PRIMARY KEY);
    CREATE TABLE shelves (id int PRIMARY KEY, warehouse_id int REFERENCES warehouses, old_id int REFERENCES warehouses);
    INSERT INTO warehouses VALUES (1);
"""
THREE_SHELVES = text("INSERT INTO shelves VALUES (1, 1, 1), (2, 1, NULL), (3, NULL, NULL)")
ONE_WAREHOUSE = text("INSERT INTO warehouses VALUES (2)")
MANY_WAREHOUSES = text("INSERT INTO warehouses SELECT generate_series(2, 1000)")


@pytest.fixture(scope="module")
def engines() -> Iterator[list[Engine]]:
    """Connect to two databases of one server, with the same tables."""
    with ExitStack() as stack:
        found = [create_engine(stack.enter_context(postgresql_database())) for _ in range(2)]
        for engine in found:
            with engine.begin() as connection:
                connection.exec_driver_sql(TABLES)
        yield found
        for engine in found:
            engine.dispose()


def write(engine: Engine, statement: Executable) -> None:
    with engine.begin() as connection:
        connection.execute(statement)


def dsn(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_the_wal_of_one_database_is_counted_and_nobody_elses(engines: list[Engine]) -> None:
    mine, others = engines
    with psycopg.connect(dsn(mine), autocommit=True) as observer:
        watch = WalWatch(observer)

        with watch() as counts:
            write(others, MANY_WAREHOUSES)
            write(mine, ONE_WAREHOUSE)
            write(others, THREE_SHELVES)

    assert counts["wal_records"] == 3  # the row, its key, the commit


def test_each_key_that_is_not_null_is_looked_up(engines: list[Engine]) -> None:
    watch = LookUpWatch(engines[0])

    with watch() as counts:
        write(engines[0], THREE_SHELVES)

    assert counts == {"look_ups": 3}


def test_statements_and_commits_are_counted(engines: list[Engine]) -> None:
    watch = StatementWatch(engines[0])

    with watch() as counts:
        write(engines[0], text("SELECT 1"))
        write(engines[0], text("SELECT 2"))

    assert counts == {"statements": 2, "commits": 2}


def test_each_call_of_a_function_is_counted() -> None:
    def calls_of(times: int) -> int:
        with python_calls() as counts:
            for word in ["a"] * times:
                word.upper()
        return counts["python_calls"]

    assert calls_of(times=30) - calls_of(times=10) == 20
