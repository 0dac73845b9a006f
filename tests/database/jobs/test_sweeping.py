"""The sweep: all that is due, whatever becomes of one of them."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, Row
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.driving import expiry
from console.engine.driving.expiry import expire_due
from console.engine.driving.recovery import recover_next
from console.engine.errors import PaymentPending
from console.engine.runtime import CheckoutConfig, attach
from console.jobs.sweeping import sweep_due
from console.models import CheckoutLock
from console.testing.factories import VISA, Shop, make_due
from console.testing.scripted import ScriptedGateway, after, stay_silent, wait_for_shopper
from tests.support.workers import run_sql

LONG_AGO = "2020-01-01 00:00:00.000000"


def due_checkouts(database: Engine, shop: Shop, number: int) -> list[CheckoutLock]:
    shop.sell(stock=number)
    locks = [shop.checkout() for _ in range(number)]
    long_ago = LONG_AGO if database.dialect.name == "sqlite" else f"{LONG_AGO}+00"
    run_sql(database, "UPDATE checkout_locks SET expires_at = :long_ago", long_ago=long_ago)
    return locks


def states(database: Engine) -> list[str]:
    return [row.state for row in run_sql(database, "SELECT state FROM checkout_locks ORDER BY id")]


def test_a_checkout_that_cannot_be_expired_stops_no_other(
    database: Engine, session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = due_checkouts(database, shop, 3)
    undo_if_due = expiry.undo_if_due

    def expire_unless_first(session: Session, lock_id: int) -> Row[Any]:
        if lock_id == first.id:
            raise ArithmeticError("broken")
        return undo_if_due(session, lock_id)

    monkeypatch.setattr(expiry, "undo_if_due", expire_unless_first)

    sweep_due(session, stop=Event())

    assert states(database) == ["pending", "failed", "failed"]


def leave_waiting_and_due(database: Engine, session: Session, shop: Shop) -> ScriptedGateway:
    """Have two due checkouts wait for their shoppers, at a gateway that falls silent."""
    bank = ScriptedGateway()
    attach(database, config=CheckoutConfig(), gateway=bank)
    bank.script("authorize", wait_for_shopper, wait_for_shopper)
    shop.sell(stock=2)
    for _ in range(2):
        lock = shop.checkout()
        with pytest.raises(PaymentPending):
            process(session, lock, payment=VISA)
        make_due(session, lock)
    bank.script("void", *[stay_silent] * 8)
    bank.calls.clear()
    return bank


def test_a_sweep_waits_for_no_gateway(database: Engine, session: Session, shop: Shop) -> None:
    bank = leave_waiting_and_due(database, session, shop)

    sweep_due(session, stop=Event())

    assert (states(database), bank.calls) == (["rolling_back", "rolling_back"], [])
    assert recover_next(session)
    assert bank.calls[:2] == ["find void", "void"]


def test_all_that_is_due_is_given_back_before_a_silent_gateway_is_called(
    database: Engine, session: Session, shop: Shop
) -> None:
    bank = leave_waiting_and_due(database, session, shop)
    seen: list[list[str]] = []
    bank.script("find", after(lambda: seen.append(states(database)), stay_silent))

    assert expire_due(session) == 2

    assert seen == [["rolling_back", "rolling_back"]]
    assert "void" in bank.calls


def test_a_sweep_told_to_stop_leaves_the_rest_to_the_next(database: Engine, session: Session, shop: Shop) -> None:
    due_checkouts(database, shop, 2)
    stop = Event()
    stop.set()

    sweep_due(session, stop=stop)

    assert states(database) == ["pending", "pending"]
