"""A Redis that is not there: limits are counted in memory, answers come from the database, the shop stays open."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.exceptions import ConnectionError
from sqlalchemy.orm import Session

from console.testing.factories import ADDRESS, Shop
from console.web.shared.rate_limiting import checkout_limiter
from tests.support.installation import build_app, close
from tests.support.web.gunicorn import serve
from tests.support.web.shopper import Shopper

pytestmark = pytest.mark.databases("sqlite")

NOBODY_LISTENS = "redis://127.0.0.1:1/1"
CART = {"email": "ada@example.org", "shipping_address": ADDRESS, "lines": [{"sku": "MUG", "quantity": 1}]}
PAYMENT = {"payment": {"method": "card", "token": "tok_visa"}}


def test_without_its_redis_the_shop_sells_and_still_counts(
    shop: Shop, session: Session, database_url: str, tmp_path: Path
) -> None:
    shop.sell("MUG")
    session.close()
    settings = {"REDIS_URL": NOBODY_LISTENS, "CHECKOUT_RATE_LIMIT": "3 per minute"}

    with serve(database_url, tmp_path, workers=1, **settings) as server:
        cart = server.ask("POST", "/api/v1/carts", body=CART).body
        token = {"Authorization": f"Bearer {cart['token']}"}
        path = f"/api/v1/carts/{cart['id']}"
        started = server.ask("POST", f"{path}/checkout", body={}, **token)
        bought = server.ask("POST", f"/api/v1/checkouts/{started.body['id']}/process", body=PAYMENT, **token)
        status = server.ask("GET", f"{path}/checkout-status", **token)
        again = [server.ask("POST", f"{path}/checkout", body={}, **token) for _ in range(2)]

    assert [started.status, bought.status, status.status] == [201, 201, 200]
    assert status.body["state"] == "completed"
    assert [answer.status for answer in again] == [409, 429]
    assert started.headers["X-RateLimit-Remaining"] == "2"
    assert int(again[1].headers["Retry-After"]) > 0


def test_two_requests_that_lose_redis_at_once_are_both_served(
    shop: Shop, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell("MUG")
    app = build_app(database_url, tmp_path, REDIS_URL=NOBODY_LISTENS, CHECKOUT_RATE_LIMIT="3 per minute")
    shopper = Shopper(app).fill_cart()

    def fail_after_another(*_: object, **__: object) -> bool:
        checkout_limiter._storage_dead = True  # the other request has just noticed, and counts in memory already
        raise ConnectionError("Connection closed by server.")

    monkeypatch.setattr(checkout_limiter, "_storage_dead", False)  # as it was, afterwards
    monkeypatch.setattr(checkout_limiter.limiter, "hit", fail_after_another)
    started = shopper.start()
    close(app)

    assert started.status_code == 201
