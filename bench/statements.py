"""How many statements and commits a checkout costs the shop's database: counted in this process, exactly."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from bench.installation import Installation
from bench.shoppers import API, PAYMENT, new_cart


@dataclass
class Cost:
    """What was sent to the shop's database."""

    statements: int = 0
    commits: int = 0


def count_statements(installation: Installation) -> dict[str, Cost]:
    """Buy once, and give what each of the three requests cost."""
    with patch.dict(os.environ, installation.environ, clear=True):
        from console import create_app  # noqa: PLC0415 - it reads the settings

        app = create_app()
    logging.getLogger().setLevel(logging.WARNING)
    skus = [level.sku for level in installation.levels[:2]]
    client = app.test_client()
    costs = dict(_buy(app, client, skus))
    _let_go(app)
    return costs


def _buy(app: Flask, client: FlaskClient, skus: list[str]) -> Iterator[tuple[str, Cost]]:
    with _counted(app) as cost:
        cart = client.post(f"{API}/carts", json=new_cart(skus)).get_json()
    yield "cart", cost
    headers = {"Authorization": f"Bearer {cart['token']}"}
    with _counted(app) as cost:
        started = client.post(f"{API}/carts/{cart['id']}/checkout", json={}, headers=headers).get_json()
    yield "start", cost
    with _counted(app) as cost:
        paid = client.post(f"{API}/checkouts/{started['id']}/process", json=PAYMENT, headers=headers)
    assert paid.status_code == 201, paid.text  # noqa: PLR2004
    yield "process", cost


@contextmanager
def _counted(app: Flask) -> Iterator[Cost]:
    from console.extensions import db  # noqa: PLC0415 - as above

    cost = Cost()

    def note_statement(*_call: Any) -> None:
        cost.statements += 1

    def note_commit(_connection: Any) -> None:
        cost.commits += 1

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note_statement)
    event.listen(engine, "commit", note_commit)
    yield cost
    event.remove(engine, "before_cursor_execute", note_statement)
    event.remove(engine, "commit", note_commit)


def _let_go(app: Flask) -> None:
    from console.extensions import db  # noqa: PLC0415 - as above

    with app.app_context():
        db.engine.dispose()
