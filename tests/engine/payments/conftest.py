"""Fixtures of the payment tests: sandbox gateways on ledgers in real databases of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from console.engine.payments.sandbox import SandboxGateway
from tests.engine.payments.sandboxes import open_sandbox

pytest.register_assert_rewrite("tests.engine.payments.gateway_contract", "tests.engine.payments.driver")


SERVER_URL = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@contextmanager
def own_database(server_url: str) -> Iterator[str]:
    """Make a database on a PostgreSQL server, give out its URL, and drop it whoever is still connected."""
    server = create_engine(server_url, isolation_level="AUTOCOMMIT")
    name = f"sandbox_ledger_{uuid4().hex[:12]}"
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        server.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """Name the PostgreSQL server; where services are required, a missing one is an error."""
    server = create_engine(SERVER_URL, connect_args={"connect_timeout": 5})
    try:
        server.connect().close()
    except OperationalError:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"no PostgreSQL at {make_url(SERVER_URL).host}")
    finally:
        server.dispose()
    return SERVER_URL


@pytest.fixture
def new_postgresql_url(postgresql_server: str) -> Iterator[str]:
    """Give a test an empty PostgreSQL database that nobody else uses."""
    with own_database(postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def shared_postgresql_url(postgresql_server: str) -> Iterator[str]:
    """Give the tests one PostgreSQL database, which they share: making one for each takes too long."""
    with own_database(postgresql_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name a database for the ledger; on PostgreSQL other tests have left their payments in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.sqlite3"
    url: str = request.getfixturevalue("shared_postgresql_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name a database for the ledger that does not have its tables yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/not/yet/there/ledger.sqlite3"
    url: str = request.getfixturevalue("new_postgresql_url")
    return url


@pytest.fixture
def open_gateway(ledger_url: str) -> partial[SandboxGateway]:
    """Give out what opens the gateway under test, in this process or in another."""
    return partial(open_sandbox, ledger_url)


@pytest.fixture
def sandbox(ledger_url: str) -> Iterator[SandboxGateway]:
    """Open the gateway under test, and close it again."""
    with closing(open_sandbox(ledger_url)) as gateway:
        yield gateway
