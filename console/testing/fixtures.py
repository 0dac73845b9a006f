"""Fixtures for the tests of a shop that runs checkouts: `pytest_plugins = ["console.testing.fixtures"]`.

A shop overrides a fixture by one of its own of the same name: `checkout_database_url` to test on PostgreSQL,
`checkout_config` for its settings, `checkout_gateway` for another gateway.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine.payments.gateway import PaymentGateway
from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import create_database
from console.testing.clock import FrozenClock
from console.testing.databases import PreparedDatabase, create_tables
from console.testing.factories import Shop
from console.testing.scripted import ScriptedGateway


@pytest.fixture(scope="session")
def checkout_database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name a database for tests alone, a SQLite file unless overridden: the checkout's tables in it are emptied."""
    return f"sqlite:///{tmp_path_factory.mktemp('checkout')}/prepared.sqlite3"


@pytest.fixture(scope="session")
def prepared_checkout_database(checkout_database_url: str) -> PreparedDatabase:
    """Prepare the database once: make the checkout's tables unless the migrations have."""
    return create_tables(checkout_database_url)


@pytest.fixture
def checkout_config() -> CheckoutConfig:
    """Give the engine's settings."""
    return CheckoutConfig()


@pytest.fixture
def checkout_gateway() -> PaymentGateway:
    """Give out a gateway that approves everything, until a test gives it a script."""
    return ScriptedGateway()


@pytest.fixture
def checkout_database(
    prepared_checkout_database: PreparedDatabase,
    checkout_config: CheckoutConfig,
    checkout_gateway: PaymentGateway,
    tmp_path: Path,
) -> Iterator[Engine]:
    """Connect to a clean database, on which checkouts are paid at the scripted gateway."""
    engine = create_database(prepared_checkout_database.fresh(tmp_path))
    attach(engine, config=checkout_config, gateway=checkout_gateway)
    yield engine
    engine.dispose()


@pytest.fixture
def checkout_session(checkout_database: Engine) -> Iterator[Session]:
    """Open a session on the clean database."""
    with Session(checkout_database, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def shop_factory(checkout_session: Session) -> Shop:
    """Give out a shop to stock and to buy from."""
    return Shop(checkout_session)


@pytest.fixture
def frozen_clock() -> Iterator[FrozenClock]:
    """Stop the database's clock for this test, at the moment it is."""
    with FrozenClock() as clock:
        yield clock
