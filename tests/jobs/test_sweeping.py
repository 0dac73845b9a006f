"""The sweep: all that is due, whatever becomes of one of them."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, Row
from sqlalchemy.orm import Session

from console.engine import expiry
from console.jobs.sweeping import sweep_due
from console.models import CheckoutLock
from console.testing.factories import Shop
from tests.jobs.conftest import run_sql

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
    expire_if_due = expiry.expire_if_due

    def expire_unless_first(session: Session, lock_id: int) -> Row[Any]:
        if lock_id == first.id:
            raise ArithmeticError("broken")
        return expire_if_due(session, lock_id)

    monkeypatch.setattr(expiry, "expire_if_due", expire_unless_first)

    sweep_due(session, stop=Event())

    assert states(database) == ["pending", "failed", "failed"]


def test_a_sweep_told_to_stop_leaves_the_rest_to_the_next(database: Engine, session: Session, shop: Shop) -> None:
    due_checkouts(database, shop, 2)
    stop = Event()
    stop.set()

    sweep_due(session, stop=stop)

    assert states(database) == ["pending", "pending"]
