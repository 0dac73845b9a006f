"""Races, each with real processes: one wins, the others are told why; nothing is oversold or charged twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from console.engine import CheckoutError, process, release, start
from console.engine.care.invariants import check_all
from console.engine.cart.changes import add_line
from console.engine.store.database import load
from console.gateways.sandbox import SandboxGateway
from console.models import Cart, CartLine, CheckoutLock, Coupon, Order, StockLevel
from console.testing.factories import VISA, Shop
from tests.support.engine.merchant import add, ten_percent
from tests.support.engine.rows import read, read_one
from tests.support.engine.worlds import World, run_together

PROCESSES = 4
THREADS = 6


@pytest.fixture
def world(database_url: str, tmp_path: Path, gateway: SandboxGateway) -> World:
    return World(database_url, f"sqlite:///{tmp_path}/sandbox.sqlite3")


def in_threads(engine: Any, jobs: list[Any]) -> list[str]:
    """Run jobs on sessions of their own, at once; tell how each ended."""

    def run(job: Any) -> str:
        with Session(engine, expire_on_commit=False) as session:
            try:
                return str(job(session))
            except CheckoutError as error:
                return error.code

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, jobs))


def buy_each(barrier: Any, world: World, lock_ids: list[int], key: str | None) -> list[str]:
    def job(lock_id: int) -> Any:
        def buy(session: Session) -> str:
            lock = load(session, select(CheckoutLock).where(CheckoutLock.id == lock_id))
            return process(session, lock, payment=VISA, idempotency_key=key).number

        return buy

    with world.open() as (_, engine, _gateway):
        barrier.wait()
        return in_threads(engine, [job(lock_id) for lock_id in lock_ids])


def test_ten_pieces_go_to_ten_of_forty_shoppers(session: Session, shop: Shop, world: World) -> None:
    shop.sell("MUG", stock=10)
    locks = [shop.checkout() for _ in range(40)]
    shares = [[lock.id for lock in locks[number::PROCESSES]] for number in range(PROCESSES)]

    answers = run_together(buy_each, *[(world, share, None) for share in shares])

    outcomes = Counter("paid" if answer.startswith("O-") else answer for answers in answers for answer in answers)
    assert outcomes == {"paid": 10, "out_of_stock": 30}
    level = read_one(session, StockLevel)
    assert (level.on_hand, level.reserved) == (0, 0)
    assert check_all(session) == []


def test_the_last_use_of_a_coupon_goes_to_one_of_many_carts(session: Session, shop: Shop, world: World) -> None:
    shop.sell("MUG", stock=100)
    add(session, ten_percent(max_uses=3))
    locks = [shop.checkout(coupon_code="TEN") for _ in range(24)]
    shares = [[lock.id for lock in locks[number::PROCESSES]] for number in range(PROCESSES)]

    answers = run_together(buy_each, *[(world, share, None) for share in shares])

    outcomes = Counter("paid" if answer.startswith("O-") else answer for answers in answers for answer in answers)
    assert outcomes == {"paid": 3, "invalid_cart": 21}
    assert read_one(session, Coupon).uses == 3
    assert [order.discount_total for order in read(session, Order)] == [100] * 3
    assert read_one(session, StockLevel).on_hand == 97
    assert check_all(session) == []


def test_one_key_sent_many_times_at_once_charges_once(
    session: Session, shop: Shop, world: World, gateway: SandboxGateway
) -> None:
    shop.sell()
    lock = shop.checkout()

    answers = run_together(buy_each, *[(world, [lock.id] * 5, "once")] * PROCESSES)

    assert {answer for answers in answers for answer in answers} <= {f"O-{lock.reference}", "in_progress"}
    assert f"O-{lock.reference}" in {answer for answers in answers for answer in answers}
    assert [charge.captured for charge in gateway.ledger()] == [1000]
    assert session.scalar(select(func.count()).select_from(Order)) == 1
    assert check_all(session) == []


def start_each(barrier: Any, world: World, cart_id: int, names: list[str]) -> list[str]:
    def job(name: str) -> Any:
        def begin(session: Session) -> str:
            return f"lock {start(session, session.get_one(Cart, cart_id), session_id=name).id}"

        return begin

    with world.open() as (_, engine, _gateway):
        barrier.wait()
        return in_threads(engine, [job(name) for name in names])


def test_fifty_sessions_start_one_cart_and_one_gets_it(session: Session, shop: Shop, world: World) -> None:
    shop.sell()
    cart = shop.cart()
    names = [f"device-{number}" for number in range(48)]

    answers = run_together(start_each, *[(world, cart.id, names[number::PROCESSES]) for number in range(PROCESSES)])

    outcomes = Counter(answer.split()[0] for answers in answers for answer in answers)
    assert outcomes == {"lock": 1, "checkout_in_progress": 47}
    assert check_all(session) == []


def change_or_start(barrier: Any, world: World, cart_ids: list[int], does_start: bool) -> list[str]:  # noqa: FBT001
    def job(cart_id: int) -> Any:
        def act(session: Session) -> str:
            cart = session.get_one(Cart, cart_id)
            if does_start:
                return f"lock {start(session, cart, session_id='phone').id}"
            add_line(session, cart, sku="MUG", quantity=1)
            return "added"

        return act

    with world.open() as (_, engine, _gateway):
        barrier.wait()
        return in_threads(engine, [job(cart_id) for cart_id in cart_ids])


def test_a_cart_change_and_a_start_never_pass_each_other(session: Session, shop: Shop, world: World) -> None:
    shop.sell(stock=100)
    carts = [shop.cart().id for _ in range(24)]

    changes, _starts = run_together(change_or_start, (world, carts, False), (world, carts, True))

    assert set(changes) <= {"added", "cart_locked"}
    for cart_id, change in zip(carts, changes, strict=True):
        assert read_one(session, CartLine, cart_id=cart_id).quantity == (2 if change == "added" else 1)
    for lock in read(session, CheckoutLock):
        process(session, lock, payment=VISA)
    assert check_all(session) == []


def release_each(barrier: Any, world: World, lock_ids: list[int], _key: None) -> list[str]:
    def job(lock_id: int) -> Any:
        def let_go(session: Session) -> str:
            lock = load(session, select(CheckoutLock).where(CheckoutLock.id == lock_id))
            return release(session, lock, actor="ada", reason="race", version=None).state

        return let_go

    with world.open() as (_, engine, _gateway):
        barrier.wait()
        return in_threads(engine, [job(lock_id) for lock_id in lock_ids])


def _race(barrier: Any, does_buy: bool, world: World, lock_ids: list[int]) -> list[str]:  # noqa: FBT001
    return (buy_each if does_buy else release_each)(barrier, world, lock_ids, None)


def test_a_purchase_and_a_release_have_one_winner(
    session: Session, shop: Shop, world: World, gateway: SandboxGateway
) -> None:
    shop.sell(stock=100)
    ids = [shop.checkout().id for _ in range(24)]

    bought, released = run_together(_race, (True, world, ids), (False, world, ids))

    for lock_id, purchase, let_go in zip(ids, bought, released, strict=True):
        lock = read_one(session, CheckoutLock, id=lock_id)
        if purchase.startswith("O-"):
            assert (lock.state, let_go) == ("completed", "not_allowed")
        else:
            assert (lock.state, lock.outcome, purchase) == ("failed", "released", "ended")
    charges = {charge.lock_reference: charge for charge in gateway.ledger()}
    for lock in read(session, CheckoutLock):
        charge = charges.get(lock.reference)
        captured = charge.captured if charge else 0
        assert captured == (1000 if lock.state == "completed" else 0)
        assert charge is None or charge.authorized == captured + charge.voided
    assert check_all(session) == []
