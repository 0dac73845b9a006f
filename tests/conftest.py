"""Fixtures of all tests: a clean migrated database on SQLite and on PostgreSQL, an app, a session, a shop.

`unit/` needs no database; `database/` one kind or both, and what else runs beside a shop; `browser/` Chromium; `campaign/`
kills, searches and whole runs, each in a short version. Below them stand the rooms of `console/`. What helps tests is in
`support/`.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import create_database
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock
from console.people import accounts
from console.testing.databases import PreparedDatabase
from console.testing.factories import Shop
from tests.support.compiled import CompiledRoutes, CompiledStatements
from tests.support.costs import Costs
from tests.support.engine.purchases import leave_silent
from tests.support.installation import build_app, close, migrate
from tests.support.listener import Listener, listening
from tests.support.processes import forked_from_one
from tests.support.services import ARE_REQUIRED, postgresql_database

KINDS = ("sqlite", "postgresql")

pytest.register_assert_rewrite("console.testing.gateway_contract", "console.testing.payments")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Tell the costs where the results come together."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Costs())


def pytest_collection_finish() -> None:
    """Look no more, at each collection of garbage, through all that was imported: it stays; and look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what could not be run."""
    reasons = {str(report.longrepr[2]) for report in _skipped(terminalreporter)}
    if reasons:
        terminalreporter.write_line(f"Could not be run: {'; '.join(sorted(reasons))}", yellow=True)
    else:
        terminalreporter.write_line("Nothing was left out.")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where every service is required, leaving a test out is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if ARE_REQUIRED and reporter is not None and _skipped(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that needs a database on both kinds, unless its module or the test itself names its own.

    What talks SQL runs on both. What is the same on either (pages, roles, tokens of forms, redirects, words of commands)
    runs on one: `pytestmark = pytest.mark.databases("sqlite")`.
    """
    if "database_url" in metafunc.fixturenames:
        named = metafunc.definition.get_closest_marker("databases")
        metafunc.parametrize("database_url", named.args if named else KINDS, indirect=True)


def _skipped(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    return reporter.stats.get("skipped", [])


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """Hash passwords cheaply in this process, and give out the hasher that everybody else has."""
    real, accounts.hasher = accounts.hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield real
    accounts.hasher = real


@pytest.fixture(scope="session", autouse=True)
def forked_processes() -> Iterator[None]:
    """Import once for all the processes that the tests of this one start."""
    with forked_from_one():
        yield


@pytest.fixture(scope="session", autouse=True)
def shared_statements() -> Iterator[None]:
    """Compile a statement once in this process, not once for each of the engines that tests make."""
    compiled = CompiledStatements()
    with pytest.MonkeyPatch.context() as patch:
        for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
            patch.setattr(dialect, "engine_created", compiled.share)
        yield


@pytest.fixture(scope="session", autouse=True)
def shared_routes() -> Iterator[None]:
    """Compile the routes once in this process, not once for each of the apps that tests make."""
    compiled = CompiledRoutes()

    # A function, since methods are bound anew.
    def compile_builder(rule: Rule, append_unknown: bool) -> Callable[..., Any]:  # noqa: FBT001 - as werkzeug has it
        return compiled.builder(rule, append_unknown)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_builder)
        yield


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> PreparedDatabase:
    """Migrate a SQLite file for the tests to copy."""
    folder = tmp_path_factory.mktemp("prepared")
    url = f"sqlite:///{folder}/prepared.sqlite3"
    migrate(url, folder)
    return PreparedDatabase(url)


@pytest.fixture(scope="session")
def prepared_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreparedDatabase]:
    """Migrate a PostgreSQL database for the tests of this process to share, one after another."""
    with postgresql_database(waits_for_disk=False) as url:
        migrate(url, tmp_path_factory.mktemp("prepared"))
        yield PreparedDatabase(url)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name a clean, migrated database of the kind that the test is run on."""
    prepared: PreparedDatabase = request.getfixturevalue(f"prepared_{request.param}")
    return prepared.fresh(tmp_path)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[SandboxGateway]:
    """Open a sandbox gateway with a ledger of its own."""
    url = f"sqlite:///{tmp_path}/sandbox.sqlite3"
    sandbox = SandboxGateway(url, public_url="http://127.0.0.1:8000", webhook_secret="test-webhook-secret")
    yield sandbox
    sandbox.close()


@pytest.fixture
def config() -> CheckoutConfig:
    """Give the engine's settings; a test module overrides this fixture to change them."""
    return CheckoutConfig()


@pytest.fixture
def database(database_url: str, gateway: SandboxGateway, config: CheckoutConfig) -> Iterator[Engine]:
    """Connect to the clean database, checkouts on it run with the sandbox gateway."""
    engine = create_database(database_url)
    attach(engine, config=config, gateway=gateway)
    yield engine
    engine.dispose()


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    """Open a session."""
    with Session(database, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def shop(session: Session) -> Shop:
    """Give out a shop to stock and to buy from."""
    return Shop(session)


@pytest.fixture
def silent(session: Session, shop: Shop) -> CheckoutLock:
    """Give out the checkout of a mug whose authorization the gateway never answers."""
    shop.sell()
    return leave_silent(session, shop)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[APIFlask]:
    """Make the app on the clean database, without rate limits."""
    app = build_app(database_url, tmp_path)
    yield app
    close(app)


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """Give out a client of the app."""
    return app.test_client()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Listen to webhooks."""
    with listening() as listener:
        yield listener
