"""Fixtures of the engine's tests: a gateway that follows a script, and somebody else at the console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine.runtime import CheckoutConfig, attach
from console.testing.scripted import ScriptedGateway


@pytest.fixture
def bank(database: Engine) -> ScriptedGateway:
    gateway = ScriptedGateway()
    attach(database, config=CheckoutConfig(), gateway=gateway)
    return gateway


@pytest.fixture
def support(database: Engine) -> Iterator[Session]:
    """Somebody in the console, on a session of their own."""
    with Session(database, expire_on_commit=False) as session:
        yield session
