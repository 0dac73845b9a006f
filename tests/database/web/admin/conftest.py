"""Visitors of the console, one a role."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from tests.support.web.console_visits import add_user, sign_in


@pytest.fixture
def viewer(app: APIFlask) -> FlaskClient:
    """Give out a client in which a viewer is signed in."""
    client = app.test_client()
    sign_in(client, add_user(app, "viewer"))
    return client


@pytest.fixture
def support(app: APIFlask) -> FlaskClient:
    """Give out a client in which somebody of the support is signed in."""
    client = app.test_client()
    sign_in(client, add_user(app, "support"))
    return client


@pytest.fixture
def admin(app: APIFlask) -> FlaskClient:
    """Give out a client in which an admin is signed in."""
    client = app.test_client()
    sign_in(client, add_user(app, "admin"))
    return client
