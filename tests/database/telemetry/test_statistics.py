"""The statistics: exact counts of what is, and of what ended in the window."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine import Payment, cancel, expire, process, release, start
from console.engine.errors import InvalidInput, OutOfStock, PaymentDeclined, PaymentPending
from console.models import CheckoutLock
from console.models.types import clock
from console.telemetry.overview import BARS, read_pace
from console.telemetry.statistics import Statistics, read_statistics, read_window
from console.telemetry.traffic import Traffic
from console.testing.factories import VISA, Shop, make_due
from tests.support.statistics import CONTRACT
from tests.support.web.rows import edit


def statistics(session: Session, *, hours: int = 24, traffic: Traffic | None = None) -> Statistics:
    session.commit()
    return read_statistics(session, hours=hours, tolerance_minor=1, traffic=traffic or Traffic())


def test_an_empty_shop_has_statistics_of_the_same_shape(session: Session) -> None:
    found = statistics(session)

    assert CONTRACT - found.model_dump().keys() == set()
    assert (found.active, found.completed, found.failed, found.success_rate, found.p95_duration_seconds) == (
        0, 0, 0, None, None,
    )  # fmt: skip


def test_every_outcome_is_counted_and_only_failures_count_as_failed(session: Session, shop: Shop) -> None:
    mug = shop.sell(stock=10)
    bought, declined, short, cancelled, released, expired, _waiting = [shop.checkout(("MUG", 2)) for _ in range(7)]
    process(session, bought, payment=VISA)
    with pytest.raises(PaymentDeclined):
        process(session, declined, payment=Payment("card", "tok_declined"))
    cancel(session, cancelled)
    release(session, released, actor="ada", reason="test", version=None)
    expire(session, expired, actor="ada", reason="test", version=None)
    others = [shop.checkout(("MUG", 4)) for _ in range(2)]
    for lock in others:
        with pytest.raises(PaymentPending):
            process(session, lock, payment=Payment("card", "tok_never_answers"))
    with pytest.raises(OutOfStock):
        process(session, short, payment=VISA)

    found = statistics(session)

    assert mug.sku == "MUG"
    assert (found.active, found.completed, found.failed, found.success_rate) == (3, 1, 2, 33.33)
    assert found.outcomes == {
        "declined": 1, "out_of_stock": 1, "invalid_cart": 0, "cancelled": 1, "expired": 1, "released": 1, "error": 0,
    }  # fmt: skip
    assert found.failures_by_phase == {"payment_authorization": 1, "inventory_reservation": 1}
    assert {state: count for state, count in found.states.items() if count} == {
        "pending": 1, "authorizing": 2, "completed": 1, "failed": 5,
    }  # fmt: skip


def test_what_ended_before_the_window_is_left_out_and_what_lives_is_not(session: Session, shop: Shop) -> None:
    shop.sell()
    old, _live = shop.checkout(), shop.checkout()
    process(session, old, payment=VISA)
    long_ago = {name: clock(-3 * 3600) for name in ("locked_at", "processed_at", "completed_at")}
    edit(session, update(CheckoutLock).where(CheckoutLock.id == old.id).values(long_ago))

    assert [
        (statistics(session, hours=hours).completed, statistics(session, hours=hours).active) for hours in (2, 4)
    ] == [
        (0, 1),
        (1, 1),
    ]


def test_due_and_stuck_checkouts_are_counted_now(session: Session, shop: Shop) -> None:
    shop.sell()
    just_due, overdue, troubled, _fine = [shop.checkout() for _ in range(4)]
    make_due(session, just_due, by_seconds=5)
    make_due(session, overdue, by_seconds=120)
    edit(session, update(CheckoutLock).where(CheckoutLock.id == troubled.id).values(needs_attention="Look at it."))

    found = statistics(session)

    assert (found.expired, found.stuck) == (2, 2)


def test_durations_run_from_the_first_payment_to_the_end(session: Session, shop: Shop) -> None:
    shop.sell(stock=50)
    locks = [shop.checkout() for _ in range(20)]
    for seconds, lock in enumerate(locks, start=1):
        process(session, lock, payment=VISA)
        begun = lock.completed_at - timedelta(seconds=seconds)  # type: ignore[operator]
        edit(session, update(CheckoutLock).where(CheckoutLock.id == lock.id).values(processed_at=begun))

    found = statistics(session)

    assert found.average_duration_seconds == pytest.approx(10.5, abs=0.01)
    assert found.p95_duration_seconds == pytest.approx(19, abs=0.01)


def test_checkouts_whose_prices_moved_beyond_the_tolerance_are_counted(session: Session, shop: Shop) -> None:
    mug, cup = shop.sell("MUG", price=1000), shop.sell("CUP", price=500)
    shop.sell("AGREED", price=700)
    carts = [shop.cart(("MUG", 1)), shop.cart(("CUP", 1)), shop.cart(agreed=[("AGREED", 1, 300)])]
    for cart in carts:
        process(session, start(session, cart, session_id="phone"), payment=VISA)
    assert statistics(session).price_drift == 0

    shop.reprice(mug, 1002)
    shop.reprice(cup, 501)

    assert statistics(session).price_drift == 1


def test_what_was_counted_of_the_traffic_is_told(session: Session) -> None:
    found = statistics(session, traffic=Traffic(rate_limit_hits=3, cache_hits=9, cache_misses=1))

    assert (found.rate_limit_hits, found.cache_hit_rate) == (3, 90.0)


def test_the_pace_puts_each_end_into_its_part_of_the_window(session: Session, shop: Shop) -> None:
    shop.sell()
    now, old, cancelled = [shop.checkout() for _ in range(3)]
    for lock in (now, old):
        process(session, lock, payment=VISA)
    cancel(session, cancelled)
    edit(session, update(CheckoutLock).where(CheckoutLock.id == old.id).values(completed_at=clock(-22.5 * 3600)))

    pace = read_pace(session, hours=24)

    assert len(pace.bars) == BARS
    assert (pace.completed, pace.failed, pace.bars[1].completed) == (2, 1, 1)
    assert (pace.bars[-1].completed, pace.bars[-1].failed) == (1, 1)


@pytest.mark.parametrize("hours", ["", "0", "721", "x", "1e3", "²", "-1", "9" * 5000])
def test_a_window_that_is_none_is_refused(hours: str) -> None:
    with pytest.raises(InvalidInput):
        read_window(hours)
