"""A shop in which everything has happened: each table has rows, each column a value, each state and status is there.

    .venv/bin/python -m tests.support.filling

makes `tests/database/migrations/filled_<revision>.jsonl` of it, once for a version, before the next one's first migration is
written. Whoever adds a table, a column or a status adds here what fills it; a test says what is missing.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine import Addresses, LineRequest, Payment, advance, cancel, expire, extend, release, resolve
from console.engine.care.invariants import check_all
from console.engine.cart.creation import create_callers_cart
from console.engine.driving.recovery import recover
from console.engine.machine import OperationStatus
from console.engine.phases import order_creation
from console.engine.record.audit import Actor
from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import create_database
from console.jobs.outbox import pass_unheard
from console.testing.clock import FrozenClock
from console.testing.factories import ADDRESS, Shop, make_due
from console.testing.scripted import ScriptedGateway, after, answer, refuse, stay_silent, wait_for_shopper
from tests.support.dumps import Dump, dump_database, path_of, write_dump
from tests.support.engine.facts import let_tries_come, tell
from tests.support.engine.purchases import break_down
from tests.support.installation import migrate
from tests.support.past import Died, Past, keep_house, open_shop

OPENED = datetime(2026, 11, 28, 9, tzinfo=UTC)
ADA = Actor("ada@example.org", origin="203.0.113.7")
SUCCEEDED = OperationStatus.SUCCEEDED


def fill(database: Engine) -> Dump:
    """Fill a clean, migrated database, and dump it. Time stands still but between two checkouts; own transactions."""
    bank = ScriptedGateway()
    attach(database, config=CheckoutConfig(), gateway=bank)
    with FrozenClock(OPENED) as time, Session(database, expire_on_commit=False) as session:
        past = Past(Shop(session), bank, database)
        open_shop(past)
        for happens in ENDED:
            time.advance(minutes=3)
            happens(past)
        pass_unheard(session)
        for happens in LIVE:
            time.advance(seconds=20)
            happens(past)
        keep_house(past)
        with database.connect() as connection:
            assert check_all(connection) == []
            return dump_database(connection)


def _is_bought(past: Past) -> None:
    lock = past.start(addresses=Addresses(ADDRESS, ADDRESS | {"city": "Leeds"}), external_reference="web-1001")
    past.pay(lock, idempotency_key="double-click")


def _is_bought_with_coupons(past: Past) -> None:
    past.buy(("MUG", 4), coupon_code="MUGS", shop_reference="basket-4711")
    past.buy(("PEN", 10), coupon_code="TWO")


def _is_bought_in_euros_at_agreed_prices(past: Past) -> None:
    past.buy(("MUG", 1), ("PEN", 5), agreed=(("MUG", 2, 999), ("MUG", 1, 1100)), currency="EUR")


def _costs_nothing(past: Past) -> None:
    past.buy(("GIFT", 1), addresses=Addresses(ADDRESS | {"first_name": "Zoë 🎁", "country": "JE"}))


def _is_settled_by_hand(past: Past) -> None:
    past.bank.script("capture", *[stay_silent] * 3)
    lock = past.buy()
    past.bank.script("find", stay_silent)
    capture = past.operation(lock, "capture")
    resolve(past.session, capture, happened=True, actor=ADA, reason="the bank confirms it", provider_reference="b-77")


def _is_declined(past: Past) -> None:
    past.bank.script("authorize", refuse("card_declined"))
    past.buy(coupon_code="MUGS")


def _is_declined_at_the_capture(past: Past) -> None:
    past.bank.script("capture", refuse("insufficient_funds"))
    past.buy()


def _is_refunded_late(past: Past) -> None:
    past.bank.script("capture", refuse("card_declined"))
    lock = past.buy()
    tell(past.session, lock, "capture", SUCCEEDED)
    recover(past.session)


def _finds_no_stock(past: Past) -> None:
    past.buy(("RARE", 2))


def _finds_no_product(past: Past) -> None:
    old = past.shop.sell("OLD", price=700)
    lock = past.start(("OLD", 1))
    old.active = False
    past.session.commit()
    past.pay(lock)


def _is_cancelled(past: Past) -> None:
    cancel(past.session, past.start())


def _expires(past: Past) -> None:
    lock = past.start()
    make_due(past.session, lock)
    advance(past.session, lock)


def _is_ended_by_staff(past: Past) -> None:
    release(past.session, past.start(), actor=ADA, reason="the shopper phoned", version=None)
    expire(past.session, past.start(), actor="sam@example.org", reason="a double", version=None)


def _meets_a_defect(past: Past) -> None:
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(order_creation, "create_order", break_down)
        past.buy()


def _is_never_begun(past: Past) -> None:
    past.shop.cart(("MUG", 3), coupon_code="TWO")
    past.shop.cart(email=None, addresses=None)
    noted = LineRequest("MUG", 1)
    create_callers_cart(past.session, lambda cart, _: cart, caller_reference="my own", lines=[noted])


def _waits_for_payment(past: Past) -> None:
    extend(past.session, past.start(), actor=ADA, ttl_minutes=45, version=None)


def _waits_for_the_sweep(past: Past) -> None:
    make_due(past.session, past.start())


def _waits_with_its_stock(past: Past) -> None:
    attach(past.database, config=CheckoutConfig(reserve_on_start=True), gateway=past.bank)
    past.start(("MUG", 2), coupon_code="MUGS")
    attach(past.database, config=CheckoutConfig(), gateway=past.bank)


def _waits_for_an_answer(past: Past) -> None:
    past.bank.script("authorize", *[stay_silent] * 3)
    past.buy()


def _lost_its_driver(past: Past) -> None:
    past.bank.script("authorize", after(_die))
    past.buy()


def _die() -> NoReturn:
    raise Died


def _is_captured_in_doubt(past: Past) -> None:
    past.bank.script("capture", *[stay_silent] * 3)
    past.buy(("MUG", 1), ("PEN", 6))


def _is_captured_slowly(past: Past) -> None:
    past.bank.script("capture", lambda request: answer(request, OperationStatus.WAITING))
    past.pay(past.start(), Payment("bank_transfer", "tok_async"))


def _goes_back_in_doubt(past: Past) -> None:
    past.bank.script("authorize", *[stay_silent] * 5)
    cancel(past.session, past.buy())


def _goes_back_with_late_money(past: Past) -> None:
    past.bank.script("capture", refuse("card_declined"))
    lock = past.buy()
    tell(past.session, lock, "capture", SUCCEEDED)
    past.bank.script("refund", *[stay_silent] * 6)
    for _ in range(3):
        let_tries_come(past.session)
        advance(past.session, lock)


def _waits_for_its_shopper(past: Past) -> None:
    past.bank.script("authorize", wait_for_shopper)
    past.buy(("MUG", 1), ("PEN", 4), coupon_code="TWO")


ENDED: tuple[Callable[[Past], None], ...] = (
    _is_bought,
    _is_bought_with_coupons,
    _is_bought_in_euros_at_agreed_prices,
    _costs_nothing,
    _is_settled_by_hand,
    _is_declined,
    _is_declined_at_the_capture,
    _is_refunded_late,
    _finds_no_stock,
    _finds_no_product,
    _is_cancelled,
    _expires,
    _is_ended_by_staff,
    _meets_a_defect,
    _is_never_begun,
)
LIVE: tuple[Callable[[Past], None], ...] = (
    _waits_for_payment,
    _waits_for_the_sweep,
    _waits_with_its_stock,
    _waits_for_an_answer,
    _lost_its_driver,
    _is_captured_in_doubt,
    _is_captured_slowly,
    _goes_back_in_doubt,
    _goes_back_with_late_money,
    _waits_for_its_shopper,
)


def make() -> Path:
    """Make the dump of the version at hand.

    Raises:
        FileExistsError: when it has been made.
    """
    logging.disable(logging.CRITICAL)  # that payments fail here is as it should be
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/shop.sqlite3"
        migrate(url, Path(folder))
        database = create_database(url)
        dump = fill(database)
        database.dispose()
    path = path_of(dump.revision)
    write_dump(dump, path)
    return path


if __name__ == "__main__":
    print(make())
