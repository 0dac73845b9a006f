"""The demo shop: checkouts of every outcome, some that truly wait, and no rule broken."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from console.demo import seed_demo
from console.demo.history import plan
from console.engine.doctor import diagnose
from console.engine.errors import NotAllowed
from console.engine.machine import Outcome
from console.engine.runtime import CheckoutConfig, attach
from console.models import Cart, CheckoutLock, CheckoutStep, Coupon, Order, TaxRate, Variant
from tests.engine.rows import read
from tests.engine.scripted import ScriptedGateway

CHECKOUTS = 40


def test_the_demo_has_every_outcome_and_some_that_wait(session: Session) -> None:
    report = seed_demo(session, checkouts=CHECKOUTS, actor="cli:ada")

    locks = read(session, CheckoutLock)
    states = Counter(lock.state for lock in locks)
    assert (report.products, report.checkouts) == (40, CHECKOUTS)
    assert len(locks) == CHECKOUTS
    assert {lock.outcome for lock in locks} == {None, *Outcome}
    assert (states["pending"], states["authorizing"], states["rolling_back"]) == (3, 1, 1)
    assert states["completed"] > CHECKOUTS // 2


def test_the_demo_breaks_no_rule(session: Session) -> None:
    seed_demo(session, checkouts=CHECKOUTS, actor="cli:ada")

    diagnosis = diagnose(session, sweep_seconds=300)

    assert [finding for finding in diagnosis.findings if finding.is_broken] == []


def test_the_history_is_spread_over_hours_and_stays_in_order(session: Session) -> None:
    seed_demo(session, checkouts=CHECKOUTS, actor="cli:ada")

    ended = read(session, CheckoutLock, state="completed")
    steps = {lock.id: read(session, CheckoutStep, lock_id=lock.id) for lock in ended}
    assert ended[-1].locked_at - ended[0].locked_at > timedelta(hours=20)
    assert [lock.locked_at for lock in ended] == sorted(lock.locked_at for lock in ended)
    for lock in ended:
        assert lock.locked_at <= lock.processed_at <= lock.completed_at
        assert all(abs(step.started_at - lock.processed_at) < timedelta(minutes=1) for step in steps[lock.id])


def test_seeding_again_adds_only_what_is_missing(session: Session) -> None:
    seed_demo(session, checkouts=8, actor="cli:ada")

    again = seed_demo(session, checkouts=8, actor="cli:ada")
    more = seed_demo(session, checkouts=10, actor="cli:ada")

    assert (again.products, again.checkouts) == (0, 0)
    assert (more.products, more.checkouts) == (0, 2)
    assert [len(read(session, model)) for model in (Variant, Coupon, Cart)] == [40, 2, 10]


def test_the_demo_is_taxed_discounted_and_sold_abroad(session: Session) -> None:
    seed_demo(session, checkouts=CHECKOUTS, actor="cli:ada")

    orders = read(session, Order, status="paid")
    assert read(session, TaxRate)
    assert any(order.tax_total for order in orders)
    assert any(order.discount_total for order in orders)
    assert {order.currency for order in orders} > {"GBP", "EUR"}


def test_real_money_never_pays_for_a_demo(session: Session) -> None:
    attach(session.get_bind().engine, config=CheckoutConfig(), gateway=ScriptedGateway())

    with pytest.raises(NotAllowed, match="sandbox"):
        seed_demo(session, checkouts=1, actor="cli:ada")

    assert read(session, Variant) == []


@pytest.mark.parametrize("count", [0, 1, 4, 20, 500])
def test_a_plan_has_as_many_checkouts_as_asked_for(count: int) -> None:
    references = [reference for reference, _ in plan(count)]

    assert len(references) == len(set(references)) == count
