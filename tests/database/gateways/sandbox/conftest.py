"""Fixtures of the payment tests: sandbox gateways on ledgers in real databases of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from console.gateways.sandbox import SandboxGateway
from tests.support.sandboxes import open_sandbox
from tests.support.services import postgresql_database


@pytest.fixture
def new_postgresql_url() -> Iterator[str]:
    """Give a test an empty PostgreSQL database that nobody else uses."""
    with postgresql_database() as url:
        yield url


@pytest.fixture(scope="session")
def shared_postgresql_url() -> Iterator[str]:
    """Give the tests one PostgreSQL database, which they share: making one for each takes too long."""
    with postgresql_database() as url:
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
