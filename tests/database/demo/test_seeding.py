"""The demo shop: checkouts of every outcome over days, some in real trouble, and no rule broken."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from console.demo import seed_demo
from console.engine.care.doctor import diagnose
from console.engine.care.reconciliation import reconcile
from console.engine.driving.recovery import recover
from console.engine.errors import NotAllowed
from console.engine.machine import Outcome
from console.engine.record.audit import broken_links
from console.engine.runtime import CheckoutConfig, attach, runtime_of
from console.gateways.sandbox import SandboxGateway
from console.models import (
    AuditEntry,
    Cart,
    CheckoutLock,
    CheckoutStep,
    Coupon,
    Order,
    PaymentOperation,
    StockMovement,
    TaxRate,
    Variant,
)
from console.testing.scripted import ScriptedGateway
from tests.support.engine.rows import read, read_one
from tests.support.sandboxes import let_delayed_come_due

CHECKOUTS = 60


def test_the_history_is_one_that_could_have_been(session: Session, tmp_path: Path) -> None:
    report = seed_demo(session, checkouts=CHECKOUTS, actor="cli:ada")

    locks = read(session, CheckoutLock)
    assert (report.products, report.checkouts, len(locks)) == (40, CHECKOUTS, CHECKOUTS)
    assert {lock.outcome for lock in locks} == {None, *Outcome}
    assert sum(lock.state == "completed" for lock in locks) > CHECKOUTS // 2
    _require_believable_times(session, locks)
    _require_trouble(session, locks)
    _require_variety(read(session, Order, status="paid"))
    assert isinstance(runtime_of(session).gateway, SandboxGateway)
    _require_what_the_gateway_does_later(session, ledger_url=f"sqlite:///{tmp_path}/sandbox.sqlite3")
    assert [finding for finding in diagnose(session, sweep_seconds=300).findings if finding.is_broken] == []


def _require_what_the_gateway_does_later(session: Session, *, ledger_url: str) -> None:
    """The transfer arrives, and what was taken after the end goes back."""
    transfer = read_one(session, PaymentOperation, status="waiting", kind="capture")
    refunds = len(read(session, PaymentOperation, kind="refund"))
    let_delayed_come_due(ledger_url)

    reconcile(session)
    recover(session)

    assert read_one(session, CheckoutLock, id=transfer.lock_id).state == "completed"
    late = read(session, PaymentOperation, kind="refund", status="succeeded")
    assert len(late) == refunds + 1
    assert read_one(session, CheckoutLock, id=late[-1].lock_id).outcome == "declined"


def _require_believable_times(session: Session, locks: list[CheckoutLock]) -> None:
    """Days from the first to the last, in order; every payment takes its time, a human's action was in its own."""
    assert locks[-1].locked_at - locks[0].locked_at > timedelta(days=5)
    assert all(after.locked_at >= before.locked_at for before, after in pairwise(locks))
    bought = [lock for lock in locks if lock.state == "completed"]
    assert all(lock.locked_at < lock.processed_at < lock.completed_at <= lock.expires_at for lock in bought)
    seconds = {round((lock.completed_at - lock.processed_at).total_seconds(), 1) for lock in bought}
    assert len(seconds) > len(bought) // 3
    first, a_second = bought[0], timedelta(seconds=1)
    for step in read(session, CheckoutStep, lock_id=first.id):
        assert first.processed_at <= step.started_at <= first.completed_at + a_second
    released = next(lock for lock in locks if lock.outcome == "released")
    action = next(entry for entry in read(session, AuditEntry) if entry.object_id == str(released.id))
    assert abs(action.created_at - released.failed_at) < a_second
    assert list(broken_links(session)) == []


def _require_trouble(session: Session, locks: list[CheckoutLock]) -> None:
    states = Counter(lock.state for lock in locks)
    assert [states[each] for each in ("pending", "authorizing", "capturing", "rolling_back")] == [4, 3, 2, 1]
    assert sum(lock.needs_attention is not None for lock in locks) == 3
    waiting = read(session, PaymentOperation, status="waiting")
    assert [(each.kind, bool(each.next_action)) for each in waiting] == [("capture", False), ("authorize", True)]
    orphan = next(lock for lock in locks if lock.lease_until is not None)
    assert orphan.lease_until < locks[-1].locked_at
    assert read(session, PaymentOperation, lock_id=orphan.id)[0].status == "pending"


def _require_variety(orders: list[Order]) -> None:
    assert {order.currency for order in orders} >= {"GBP", "EUR"}
    assert {bool(order.tax_total) for order in orders} >= {True}
    assert any(order.discount_total for order in orders)
    assert {order.shipping_total == 0 for order in orders} == {True, False}
    assert len({order.customer_email for order in orders}) > len(orders) // 2


def test_the_recovery_ends_what_a_dead_worker_left(session: Session) -> None:
    seed_demo(session, checkouts=12, actor="cli:ada")
    orphan = next(lock for lock in read(session, CheckoutLock) if lock.lease_until is not None)

    recover(session)

    assert [lock.state for lock in read(session, CheckoutLock, id=orphan.id)] == ["completed"]


def test_seeding_again_adds_only_what_is_missing(session: Session) -> None:
    seed_demo(session, checkouts=8, actor="cli:ada")

    again = seed_demo(session, checkouts=8, actor="cli:ada")
    movements, taxes = len(read(session, StockMovement, kind="receipt")), len(read(session, TaxRate))
    more = seed_demo(session, checkouts=10, actor="cli:ada")

    assert (again.products, again.checkouts) == (0, 0)
    assert (more.products, more.checkouts) == (0, 2)
    assert [len(read(session, model)) for model in (Variant, Coupon, Cart)] == [40, 7, 10]
    assert (len(read(session, StockMovement, kind="receipt")), len(read(session, TaxRate))) == (movements, taxes)


def test_real_money_never_pays_for_a_demo(session: Session) -> None:
    attach(session.get_bind().engine, config=CheckoutConfig(), gateway=ScriptedGateway())

    with pytest.raises(NotAllowed, match="sandbox"):
        seed_demo(session, checkouts=1, actor="cli:ada")

    assert read(session, Variant) == []
