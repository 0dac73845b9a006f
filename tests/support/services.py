"""The services that tests run against: where they are, and databases of the tests' own on them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import OperationalError

SERVER_URL = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
ARE_REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"


@contextmanager
def postgresql_database(*, waits_for_disk: bool = True) -> Iterator[str]:
    """Make an empty PostgreSQL database, give out its URL, drop it; where services are required, it must be there.

    One that does not wait for the disk at each commit is for tests that neither have the server crash nor look at what
    it writes.
    """
    server = create_engine(SERVER_URL, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    name = f"checkout_test_{uuid4().hex[:12]}"
    _create(server, name, waits_for_disk=waits_for_disk)
    try:
        yield make_url(SERVER_URL).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        server.dispose()


def _create(server: Engine, name: str, *, waits_for_disk: bool) -> None:
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
            if not waits_for_disk:
                connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    except OperationalError:
        if ARE_REQUIRED:
            raise
        pytest.skip(f"no PostgreSQL at {make_url(SERVER_URL).host}")
