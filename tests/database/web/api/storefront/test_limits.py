"""The limit that start, process and resume share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import request

from console.extensions import db
from console.testing.factories import Shop
from console.web.shared.rate_limiting import CUSTOMER_KEY, checkout_limiter
from tests.support.engine.slow_tables import lose_patience, slow_table
from tests.support.services import REDIS_URL
from tests.support.web.shopper import Shopper
from tests.support.web.statements import counted

pytestmark = pytest.mark.databases("sqlite")

MakeShopper = Callable[..., Shopper]
HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture(params=["memory", "redis"])
def limited(request: pytest.FixtureRequest, make_shopper: MakeShopper) -> MakeShopper:
    """Make shops that count in memory, or in Redis under keys that no other test has."""
    storage = {} if request.param == "memory" else {"REDIS_URL": REDIS_URL}

    def make(**settings: str) -> Shopper:
        shopper = make_shopper(**{"CHECKOUT_RATE_LIMIT": "5 per minute"} | storage | settings)
        customer = f"test-{id(shopper.app)}-{shopper.app.instance_path}"
        shopper.app.config[CUSTOMER_KEY] = lambda: customer
        return shopper

    return make


def test_the_three_calls_share_one_bucket_and_say_so(shop: Shop, limited: MakeShopper) -> None:
    shop.sell("MUG")
    shopper = limited().fill_cart()
    started = shopper.start()
    lock_id = started.get_json()["id"]

    answers = [
        started,
        shopper.pay(lock_id),
        shopper.ask("POST", f"/checkouts/{lock_id}/resume"),
        shopper.ask("POST", f"/checkouts/{lock_id}/resume", headers={}),
        shopper.ask("POST", f"/checkouts/{lock_id}/process", json={}),
        shopper.start(),
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 200, 401, 422, 429]
    assert [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers] == [4, 3, 2, 1, 0, 0]
    assert all(name in answer.headers for answer in answers for name in HEADERS)
    refused = answers[-1]
    assert refused.get_json()["error"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert "Retry-After" not in answers[0].headers


def test_other_calls_are_not_counted(shop: Shop, limited: MakeShopper) -> None:
    shop.sell("MUG")
    shopper = limited(CHECKOUT_RATE_LIMIT="1 per minute").fill_cart()
    shopper.start()

    answers = [shopper.ask("GET", shopper.path) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert not any(name in answer.headers for answer in answers for name in HEADERS)


def test_a_replay_of_a_finished_key_is_not_counted_and_always_answered(shop: Shop, limited: MakeShopper) -> None:
    shop.sell("MUG")
    shopper = limited(CHECKOUT_RATE_LIMIT="2 per minute").fill_cart()
    lock_id = shopper.checkout()["id"]
    bought = shopper.pay(lock_id, key="k")

    replays = [shopper.pay(lock_id, key="k") for _ in range(4)]
    other = shopper.pay(lock_id, key="other")

    assert bought.status_code == 201
    assert [replay.status_code for replay in replays] == [200] * 4
    assert {replay.headers["X-RateLimit-Remaining"] for replay in replays} == {"0"}
    assert other.status_code == 429


def test_a_call_can_have_a_limit_of_its_own_or_none(shop: Shop, limited: MakeShopper) -> None:
    shop.sell("MUG")
    shopper = limited(CHECKOUT_RATE_LIMIT_START="1 per minute", CHECKOUT_RATE_LIMIT_RESUME="").fill_cart()
    lock_id = shopper.checkout()["id"]

    resumed = [shopper.ask("POST", f"/checkouts/{lock_id}/resume") for _ in range(7)]

    assert shopper.start().status_code == 429
    assert {answer.status_code for answer in resumed} == {422}
    assert "X-RateLimit-Limit" not in resumed[0].headers
    assert shopper.pay(lock_id).headers["X-RateLimit-Remaining"] == "4"


def test_customers_whom_the_shop_knows_are_counted_apart(shop: Shop, limited: MakeShopper) -> None:
    shop.sell("MUG")
    shopper = limited(CHECKOUT_RATE_LIMIT="1 per minute").fill_cart()
    shop_name = shopper.app.instance_path
    shopper.app.config[CUSTOMER_KEY] = lambda: shop_name + request.headers["X-Session-Id"]

    statuses = [shopper.on(device).start().status_code for device in ("ada", "eve", "ada")]

    assert statuses == [201, 423, 429]


def test_addresses_are_counted_apart_where_nobody_is_known(shop: Shop, make_shopper: MakeShopper) -> None:
    shop.sell("MUG")
    shopper = make_shopper(CHECKOUT_RATE_LIMIT="1 per minute").fill_cart()

    def start_from(address: str) -> int:
        path = f"/api/v1{shopper.path}/checkout"
        environ = {"REMOTE_ADDR": address}
        client = shopper.app.test_client()
        return client.post(path, json={}, headers=shopper.headers(), environ_base=environ).status_code

    assert [start_from(address) for address in ("10.0.0.1", "10.0.0.2", "10.0.0.1")] == [201, 200, 429]


def test_the_limit_costs_a_statement_only_where_a_key_is_sent(shop: Shop, limited: MakeShopper) -> None:
    shop.sell("MUG")
    shopper = limited().fill_cart()
    lock_id = shopper.checkout()["id"]
    shopper.pay(lock_id, key="k")

    with counted(shopper.app) as without:
        shopper.pay(lock_id)
    with counted(shopper.app) as with_key:
        shopper.pay(lock_id, key="k")

    looks = [
        [statement for statement in cost.statements if "idempotency_keys" in statement] for cost in (without, with_key)
    ]
    assert looks[0] == []
    assert any(statement.startswith("SELECT checkout_locks.state") for statement in looks[1])


@pytest.mark.databases("postgresql")
def test_a_database_that_is_too_slow_is_not_taken_for_the_limits_storage(
    shop: Shop, limited: MakeShopper, database_url: str
) -> None:
    shop.sell("MUG")
    shopper = limited().fill_cart()
    lock_id = shopper.checkout()["id"]
    with shopper.app.app_context():
        lose_patience(db.engine)

    with slow_table(database_url, "idempotency_keys"):
        refused = shopper.pay(lock_id, key="k")

    assert refused.status_code == 503
    assert refused.headers["X-RateLimit-Remaining"] == "3"
    assert checkout_limiter._storage_dead is False


def test_a_shop_that_cannot_tell_its_customer_is_told_so_and_counts_on(shop: Shop, limited: MakeShopper) -> None:
    shop.sell("MUG")
    shopper = limited().fill_cart()
    shopper.app.config[CUSTOMER_KEY] = lambda: 1 // 0

    failed = shopper.start()

    assert failed.status_code == 500
    assert checkout_limiter._storage_dead is False
