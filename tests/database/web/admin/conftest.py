"""Visitors of the console, one a role."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from console.engine import Payment, process, release
from console.engine.errors import PaymentDeclined
from console.engine.record.audit import Actor
from console.models import CheckoutLock
from console.testing.factories import VISA, Shop
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


@pytest.fixture
def history(session: Session, shop: Shop) -> dict[str, CheckoutLock]:
    """Give out a bought checkout, a declined one, and a released one: rows in every list."""
    shop.warehouse("attic", priority=5)
    mug = shop.sell("MUG", price=1250, stock=50)
    shop.sell("POT", price=990, stock=7)
    shop.stock(mug, 3, warehouse="attic")
    locks = {
        "bought": shop.checkout(("MUG", 2), ("POT", 1), email="ada@example.org", external_reference="S-1"),
        "declined": shop.checkout(email="bob@example.org"),
        "released": shop.checkout(email="eve@example.org"),
    }
    process(session, locks["bought"], payment=VISA)
    with pytest.raises(PaymentDeclined):
        process(session, locks["declined"], payment=Payment("card", "tok_declined"))
    by = Actor("support@example.org", "192.0.2.7")
    version = locks["released"].revision
    release(session, locks["released"], actor=by, reason="The shopper called.", version=version)
    return locks
