"""Many requests at the same time: one wins, the others are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from console.engine.care.invariants import check_all
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock, Order
from console.testing.factories import Shop
from tests.support.web.rows import count
from tests.support.web.shopper import Shopper

MakeShopper = Callable[..., Shopper]
Asked = TypeVar("Asked")


def at_once(calls: list[Callable[[], TestResponse]]) -> list[TestResponse]:
    """Make calls at the same time, each in a thread of its own."""
    barrier = Barrier(len(calls))

    def call(make: Callable[[], TestResponse]) -> TestResponse:
        barrier.wait(timeout=60)
        return make()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


@pytest.fixture
def busy(make_shopper: MakeShopper) -> Shopper:
    """Give out a shopper at a shop with threads for everybody."""
    return make_shopper(WEB_THREADS="128", CHECKOUT_GATEWAY_TIMEOUT="30")


def test_of_fifty_sessions_that_start_at_once_one_gets_the_cart(shop: Shop, busy: Shopper, session: Session) -> None:
    shop.sell("MUG")
    busy.fill_cart()

    answers = at_once([busy.on(f"device-{number}").start for number in range(50)])

    assert Counter(answer.status_code for answer in answers) == {201: 1, 423: 49}
    assert {answer.get_json().get("error") for answer in answers} == {None, "checkout_in_progress"}
    assert count(session, CheckoutLock) == 1


def test_one_session_that_starts_twenty_times_at_once_gets_one_checkout(shop: Shop, busy: Shopper) -> None:
    shop.sell("MUG")
    busy.fill_cart()

    answers = at_once([busy.start] * 20)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
    assert len({answer.get_json()["id"] for answer in answers}) == 1


@pytest.mark.parametrize("token", ["tok_visa", "tok_slow"])
def test_one_payment_sent_fifty_times_at_once_is_one_order_and_one_charge(
    shop: Shop, busy: Shopper, session: Session, gateway: SandboxGateway, token: str
) -> None:
    shop.sell("MUG")
    lock_id = busy.fill_cart().checkout()["id"]

    answers = at_once([lambda: busy.pay(lock_id, card=token, key="k")] * 50)
    later = busy.pay(lock_id, card=token, key="k")

    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
    assert {answer.data for answer in [*answers, later]} == {later.data}
    assert count(session, Order) == 1
    assert [charge.captured for charge in gateway.ledger()] == [1000]
    assert check_all(session) == []


def test_of_many_payments_without_a_key_one_drives_and_the_others_are_told(
    shop: Shop, busy: Shopper, session: Session, gateway: SandboxGateway
) -> None:
    shop.sell("MUG")
    lock_id = busy.fill_cart().checkout()["id"]

    answers = at_once([lambda: busy.pay(lock_id, card="tok_slow")] * 8)

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 1, 409: 7}
    told = [answer for answer in answers if answer.status_code == 409]
    assert {(answer.get_json()["error"], answer.headers["Retry-After"]) for answer in told} == {("in_progress", "2")}
    assert [charge.captured for charge in gateway.ledger()] == [1000]


@pytest.mark.parametrize("attempt", range(5))
def test_a_change_and_a_start_at_once_never_both_get_half(shop: Shop, busy: Shopper, attempt: int) -> None:
    shop.sell("MUG", price=1000)
    busy.fill_cart(("MUG", 1))
    line = {"sku": "MUG", "quantity": 1}

    *changes, started = at_once([lambda: busy.ask("POST", f"{busy.path}/lines", json=line)] * 4 + [busy.start])
    made = sum(change.status_code == 200 for change in changes)
    bought = busy.pay(started.get_json()["id"])

    assert {change.status_code for change in changes} <= {200, 423}
    assert started.status_code == 201
    assert bought.get_json()["order"]["totals"]["total"]["amount"] == 1000 * (1 + made)
