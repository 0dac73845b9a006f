"""A clock that stands still, on both databases, for everything the engine writes and decides by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.driving.expiry import expire_due
from console.engine.errors import Expired
from console.models import Cart, CheckoutLock, CheckoutStep, Order, OutboxEvent
from console.models.types import clock
from console.testing import VISA, FrozenClock, Shop, make_due
from tests.support.engine.rows import read

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
A_YEAR = timedelta(days=365)


def test_the_database_says_the_frozen_moment_until_it_is_let_go(session: Session) -> None:
    asked = select(clock(), clock(600), clock(-0.25))
    session.execute(asked)  # compiled, kept, and run on the connection that is used again

    with FrozenClock(NEW_YEAR) as frozen:
        first, second = session.execute(asked).one(), session.execute(asked).one()
        frozen.advance(minutes=2, seconds=0.5)
        later = session.scalar(select(clock()))
    afterwards = session.scalar(select(clock()))

    assert first == second == (NEW_YEAR, NEW_YEAR + timedelta(minutes=10), NEW_YEAR - timedelta(seconds=0.25))
    assert later == frozen.now == NEW_YEAR + timedelta(seconds=120.5)
    assert abs(afterwards - datetime.now(UTC)) < timedelta(hours=1)


def test_all_that_a_checkout_writes_has_the_frozen_time(session: Session, shop: Shop) -> None:
    shop.sell()
    process(session, shop.checkout(), payment=VISA)  # the engine keeps its statements: they are built by now

    with FrozenClock(NEW_YEAR) as frozen:
        lock = shop.checkout()
        frozen.advance(seconds=30)
        order = process(session, lock, payment=VISA)

    assert (lock.locked_at, lock.expires_at) == (NEW_YEAR, NEW_YEAR + timedelta(minutes=15))
    paid_at = NEW_YEAR + timedelta(seconds=30)
    assert (lock.processed_at, lock.completed_at, order.created_at) == (paid_at, paid_at, paid_at)
    for step in read(session, CheckoutStep, lock_id=lock.id):  # how long each took is real
        assert timedelta(0) <= step.started_at - paid_at < timedelta(hours=1)
    assert {event.created_at for event in read(session, OutboxEvent, lock_id=lock.id)} == {NEW_YEAR, paid_at}
    assert read(session, Cart, id=lock.cart_id)[0].created_at == NEW_YEAR


def test_deadlines_pass_when_the_clock_is_advanced(session: Session, shop: Shop) -> None:
    shop.sell()
    with FrozenClock() as frozen:
        lock, swept = shop.checkout(), shop.checkout()
        frozen.advance(minutes=14, seconds=59.9)
        assert expire_due(session, limit=10) == 0
        frozen.advance(seconds=0.2)

        with pytest.raises(Expired):
            process(session, lock, payment=VISA)
        assert expire_due(session, limit=10) == 1

    assert {each.outcome for each in read(session, CheckoutLock)} == {"expired"}
    assert read(session, Order) == []
    assert swept.expires_at < datetime.now(UTC) + timedelta(hours=1)


def test_factories_go_by_the_frozen_clock(session: Session, shop: Shop) -> None:
    shop.sell()
    with FrozenClock(NEW_YEAR):
        lock = shop.checkout()
        make_due(session, lock, by_seconds=5)

    assert read(session, CheckoutLock)[0].expires_at == NEW_YEAR - timedelta(seconds=5)


def test_of_two_clocks_the_later_one_counts(database: Engine) -> None:
    def says() -> datetime | None:
        with database.connect() as connection:
            return connection.scalar(select(clock()))

    with FrozenClock(NEW_YEAR):
        with FrozenClock(NEW_YEAR + A_YEAR):
            inner = says()
        outer = says()

    assert (inner, outer) == (NEW_YEAR + A_YEAR, NEW_YEAR)


def test_time_goes_forward_only_and_has_a_zone() -> None:
    frozen = FrozenClock(datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))

    assert frozen.now == NEW_YEAR
    assert frozen.move_to(NEW_YEAR + A_YEAR) == frozen.now
    with pytest.raises(ValueError, match="does not go back"):
        frozen.advance(seconds=-1)
    with pytest.raises(ValueError, match="time zone"):
        frozen.move_to(datetime(2030, 1, 1))
    with pytest.raises(ValueError, match="time zone"):
        FrozenClock(datetime(2030, 1, 1))
