"""Commands as an operator runs them, on a clean installation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from console.extensions import db
from console.models import CheckoutLock
from console.testing.factories import Shop
from tests.support.commands import Ran, Run
from tests.support.engine.purchases import leave_silent


@pytest.fixture
def run(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs a `checkout` command and gives what it wrote; an exception is a failure of the test."""
    monkeypatch.setenv("COLUMNS", "160")  # whoever runs the tests

    def run_command(*arguments: str | Path, group: str = "checkout", stdin: str = "") -> Ran:
        words = [group, *map(str, arguments)]
        return Ran(app.test_cli_runner().invoke(args=words, input=stdin, catch_exceptions=False))

    return run_command


@pytest.fixture
def session(app: APIFlask) -> Iterator[Session]:
    """Open a session on the app's own database, its gateway attached."""
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def shop(session: Session) -> Shop:
    """Stock the app's own shop with mugs."""
    shop = Shop(session)
    shop.sell("MUG", stock=10)
    return shop


@pytest.fixture
def silent(session: Session, shop: Shop) -> CheckoutLock:
    """Have a checkout whose authorization gets no answer."""
    return leave_silent(session, shop)
