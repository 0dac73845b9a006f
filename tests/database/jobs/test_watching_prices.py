"""The watch over prices: what moved under a live checkout is told, whether or not it ever comes to an order."""

from __future__ import annotations

from threading import Event

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine import cancel
from console.engine.record.events import PRICE_DRIFT
from console.engine.runtime import CheckoutConfig
from console.jobs.schedule import JOBS, Duty
from console.models import OutboxEvent, Tick
from console.testing.factories import Shop
from tests.support.engine.rows import read

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def config() -> CheckoutConfig:
    """Freeze prices at the start."""
    return CheckoutConfig(reserve_on_start=True)


def test_a_worker_tells_of_prices_that_moved_once_a_minute_at_most(session: Session, shop: Shop) -> None:
    mug = shop.sell("MUG", price=1000)
    lock, given_up = shop.checkout(), shop.checkout()
    cancel(session, given_up)
    shop.reprice(mug, 1100)
    [job] = [job for job in JOBS if job.name == "drift"]

    has_more = [job.run(session, Duty("worker", 300, Event())) for _ in range(2)]

    assert has_more == [False, False]
    assert [event.lock_id for event in read(session, OutboxEvent, topic=PRICE_DRIFT)] == [lock.id]
    assert set(session.scalars(select(Tick.name))) == {"drift"}
