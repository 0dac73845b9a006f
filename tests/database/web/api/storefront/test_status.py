"""How the buying of a cart stands: cached, and never older than the last commit that changed it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine import release
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock
from console.testing.factories import Shop
from console.web.shared.status_cache import status_cache
from tests.support.services import REDIS_URL
from tests.support.web.rows import edit
from tests.support.web.shopper import Shopper
from tests.support.web.statements import counted

pytestmark = pytest.mark.databases("sqlite")

MakeShopper = Callable[..., Shopper]
NOBODY_LISTENS = "redis://127.0.0.1:1/1"


@pytest.fixture(params=["files", "redis"])
def cached(request: pytest.FixtureRequest, make_shopper: MakeShopper) -> Shopper:
    """Give out a shopper at a shop that keeps its cache in files, or in Redis."""
    # Other tests use this Redis at the same time, for carts with the same ids.
    storage = {} if request.param == "files" else {"REDIS_URL": REDIS_URL, "REDIS_PREFIX": f"test-{uuid4().hex}"}
    return make_shopper(**storage)


def statements_of_a_look(shopper: Shopper) -> int:
    with counted(shopper.app) as cost:
        shopper.status()
    return len(cost.statements)


@pytest.mark.databases("sqlite", "postgresql")
def test_the_status_follows_a_checkout_from_start_to_order(shop: Shop, cached: Shopper) -> None:
    shop.sell("MUG")
    shopper = cached.fill_cart()
    seen = [shopper.status()]
    lock = shopper.checkout()
    seen.append(shopper.status())
    shopper.pay(lock["id"])
    seen.append(shopper.status())

    assert [(each["state"], each["locked"], each["can_checkout"], each["can_resume"]) for each in seen] == [
        (None, False, True, False),
        ("pending", True, False, True),
        ("completed", False, False, False),
    ]
    assert (seen[1]["lock_id"], seen[1]["reference"], seen[1]["state_name"]) == (
        lock["id"],
        lock["reference"],
        "Pending",
    )
    assert seen[1]["expires_at"] == lock["expires_at"]
    assert all(each["message"] for each in seen)


def test_a_second_look_asks_the_database_nothing(shop: Shop, cached: Shopper) -> None:
    shop.sell("MUG")
    shopper = cached.fill_cart()
    shopper.checkout()

    assert [statements_of_a_look(shopper) for _ in range(3)] == [1, 0, 0]


def test_a_cached_status_is_not_for_another_token(shop: Shop, cached: Shopper) -> None:
    shop.sell("MUG")
    shopper = cached.fill_cart()
    shopper.status()

    foreign = shopper.ask("GET", f"{shopper.path}/checkout-status", headers={"Authorization": "Bearer guess"})

    assert foreign.status_code == 404


def test_a_cached_status_says_to_each_device_what_it_may_do(shop: Shop, cached: Shopper) -> None:
    shop.sell("MUG")
    phone = cached.fill_cart().on("phone")
    phone.checkout()

    assert [phone.status()["can_resume"], phone.on("laptop").status()["can_resume"]] == [True, False]


def test_a_late_reader_never_brings_an_old_answer_back(shop: Shop, cached: Shopper) -> None:
    shop.sell("MUG")
    shopper = cached.fill_cart()
    cart_id = shopper.cart["id"]
    with shopper.app.app_context():
        statuses = status_cache(shopper.app)
        _, generation = statuses.find(cart_id)
        old = shopper.status()
        shopper.checkout()
        statuses.store(cart_id, {"token_hash": "", "message": "old"}, generation=generation, seconds=30)

        assert statuses.find(cart_id)[0] is None
    assert (old["locked"], shopper.status()["locked"]) == (False, True)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_commit_of_the_engine_outside_of_a_request_drops_the_answer(
    shop: Shop, shopper: Shopper, session: Session
) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().checkout()["id"]
    before = shopper.status()
    session.commit()
    lock = session.get_one(CheckoutLock, lock_id)

    release(session, lock, actor="ada", reason="a test", version=lock.revision)

    assert (before["locked"], shopper.status()["locked"]) == (True, False)


def test_a_change_of_lines_drops_the_answer(shop: Shop, cached: Shopper) -> None:
    shop.sell("MUG")
    shopper = cached.fill_cart()
    before = shopper.status()

    shopper.ask("DELETE", f"{shopper.path}/lines/MUG")

    assert (before["can_checkout"], shopper.status()["can_checkout"]) == (True, False)


@pytest.mark.databases("sqlite", "postgresql")
def test_an_answer_is_not_kept_past_the_end_of_the_checkout(shop: Shop, shopper: Shopper, session: Session) -> None:
    shop.sell("MUG")
    shopper.fill_cart().checkout()
    edit(session, update(CheckoutLock).values(expires_at=CheckoutLock.locked_at))

    due = shopper.status()

    assert (due["locked"], due["can_checkout"], due["can_resume"]) == (False, True, False)
    assert due["state"] == "pending"


@pytest.mark.databases("sqlite", "postgresql")
def test_the_cache_can_be_switched_off(shop: Shop, make_shopper: MakeShopper) -> None:
    shop.sell("MUG")
    shopper = make_shopper(CHECKOUT_STATUS_CACHE_SECONDS="0").fill_cart()

    assert [statements_of_a_look(shopper) for _ in range(2)] == [1, 1]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_cache_that_is_gone_is_told_once_and_stops_nothing(
    shop: Shop, make_shopper: MakeShopper, gateway: SandboxGateway
) -> None:
    shop.sell("MUG")
    shopper = make_shopper(REDIS_URL=NOBODY_LISTENS)

    with structlog.testing.capture_logs() as logs:
        bought = shopper.fill_cart().buy()
        status = shopper.status()

    assert bought.status_code == 201
    assert status["state"] == "completed"
    assert len(gateway.ledger()) == 1
    assert [log["event"] for log in logs].count("status_cache_out") == 1
