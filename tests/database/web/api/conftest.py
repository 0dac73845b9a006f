"""Shoppers who use the API; whatever it answers must be in its own description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask

from console.extensions import db
from tests.support.installation import build_app
from tests.support.web.shopper import Shopper


@pytest.fixture
def make_shopper(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Shopper]]:
    """Make shoppers, each at an app with settings of its own."""
    apps: list[APIFlask] = []

    def make(**settings: str) -> Shopper:
        apps.append(build_app(database_url, tmp_path, **settings))
        return Shopper(apps[-1])

    yield make
    for app in apps:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def shopper(make_shopper: Callable[..., Shopper]) -> Shopper:
    """Give out a shopper without a cart."""
    return make_shopper()


@pytest.fixture
def impatient(make_shopper: Callable[..., Shopper]) -> Shopper:
    """Give out a shopper at a shop that waits little for its gateway."""
    return make_shopper(CHECKOUT_GATEWAY_TIMEOUT="0.2")
