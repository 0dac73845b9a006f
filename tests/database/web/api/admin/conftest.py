"""Programs that call the admin API, one a role."""

from __future__ import annotations

import pytest
from apiflask import APIFlask

from tests.support.web.programs import Ask, program


@pytest.fixture
def viewer(app: APIFlask) -> Ask:
    """Give out a program that may read."""
    return program(app, "viewer")


@pytest.fixture
def support(app: APIFlask) -> Ask:
    """Give out a program that may act."""
    return program(app, "support")


@pytest.fixture
def admin(app: APIFlask) -> Ask:
    """Give out a program that may do everything."""
    return program(app, "admin")
