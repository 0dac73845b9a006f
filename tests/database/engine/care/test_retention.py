"""Pruning: the history of old checkouts without money goes, everything else stays, and no invariant breaks."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, cancel, process, release
from console.engine.care import retention
from console.engine.care.doctor import diagnose
from console.engine.care.retention import Pruned, prune_history
from console.engine.errors import InvalidInput
from console.engine.runtime import CheckoutConfig
from console.models import (
    AuditEntry,
    CheckoutLock,
    CheckoutStep,
    OutboxEvent,
    PriceSnapshot,
    StockReservation,
)
from console.models.types import clock
from console.testing.factories import VISA, Shop
from tests.support.engine.rows import read, read_one

DAY = 86400


@pytest.fixture
def config() -> CheckoutConfig:
    """Reserve at the start, so that a checkout without money has snapshots and steps."""
    return CheckoutConfig(reserve_on_start=True)


@pytest.fixture
def cancelled(session: Session, shop: Shop) -> CheckoutLock:
    """Have a checkout cancelled that had reserved stock and prices, and no payment."""
    shop.sell(stock=50)
    lock = shop.checkout()
    cancel(session, lock)
    return lock


def make_old(session: Session, *, days: float = 100) -> None:
    """Let whatever failed have failed so long ago."""
    session.execute(update(CheckoutLock).where(CheckoutLock.state == "failed").values(failed_at=clock(-days * DAY)))
    session.execute(
        update(CheckoutLock).where(CheckoutLock.state == "completed").values(completed_at=clock(-days * DAY))
    )
    session.commit()


def prune(session: Session, *, days: float = 90, **options: Any) -> Pruned:
    """Prune as an operator does; give what was deleted."""
    return prune_history(session, older_than_seconds=days * DAY, actor="cli:ada", **options)[0]


def count(session: Session, model: Any, lock: CheckoutLock) -> int:
    owner = model.checkout_lock_id if model is PriceSnapshot else model.lock_id
    query = select(func.count()).select_from(model).where(owner == lock.id)
    session.commit()
    return session.scalar(query) or 0


def pay(session: Session, lock: CheckoutLock, token: str) -> CheckoutLock:
    with suppress(CheckoutError):
        process(session, lock, payment=Payment("card", token))
    return lock


def test_the_history_of_an_old_checkout_without_money_goes_and_its_end_stays(
    session: Session, cancelled: CheckoutLock
) -> None:
    make_old(session)
    before = [count(session, model, cancelled) for model in (CheckoutStep, PriceSnapshot, OutboxEvent)]

    pruned = prune(session)

    assert before == [pruned.steps, pruned.snapshots, pruned.events + 1]
    assert pruned.checkouts == 1
    assert min(before) > 0
    assert count(session, CheckoutStep, cancelled) == count(session, PriceSnapshot, cancelled) == 0
    assert read_one(session, OutboxEvent, lock_id=cancelled.id).is_terminal
    assert (read_one(session, CheckoutLock).outcome, count(session, StockReservation, cancelled)) == ("cancelled", 1)


def test_whatever_had_to_do_with_money_stays_as_it_is(session: Session, shop: Shop) -> None:
    shop.sell(stock=50)
    with_money = [
        pay(session, shop.checkout(), token)
        for token in ("tok_visa", "tok_declined", "tok_capture_declined", "tok_never_answers")
    ]
    voided = pay(session, shop.checkout(), "tok_never_answers")
    release(session, voided, actor="ada", reason="called", version=None)
    make_old(session)
    rows = [count(session, model, lock) for lock in (*with_money, voided) for model in (CheckoutStep, OutboxEvent)]

    assert prune(session) == Pruned()

    assert rows == [
        count(session, model, lock) for lock in (*with_money, voided) for model in (CheckoutStep, OutboxEvent)
    ]


def test_every_invariant_holds_afterwards_and_what_was_pruned_is_audited(session: Session, shop: Shop) -> None:
    shop.sell(stock=5)
    process(session, shop.checkout(), payment=VISA)
    cancel(session, shop.checkout())
    release(session, shop.checkout(), actor="ada", reason="called", version=None)
    with suppress(CheckoutError):
        shop.checkout(("MUG", 9))
    make_old(session)

    pruned = prune(session)

    assert pruned.checkouts == 3
    assert diagnose(session, sweep_seconds=300).is_clean
    entry = read(session, AuditEntry)[-1]
    assert (entry.actor, entry.action) == ("cli:ada", "prune")
    assert (entry.after["checkouts"], entry.after["steps"]) == (3, pruned.steps)


def test_what_is_younger_or_still_needs_somebody_stays(session: Session, shop: Shop, cancelled: CheckoutLock) -> None:
    make_old(session, days=80)
    assert prune(session) == Pruned()

    make_old(session)
    session.execute(update(CheckoutLock).values(needs_attention="Look at it."))
    session.commit()

    assert prune(session) == Pruned()
    assert shop.checkout().state == "locking_prices"


def test_an_event_that_a_listener_was_not_told_of_stays(session: Session, cancelled: CheckoutLock) -> None:
    make_old(session)

    prune(session, heard=["CheckoutStarted"])
    assert [row.topic for row in read(session, OutboxEvent)] == ["CheckoutStarted", "CheckoutFailed"]

    session.execute(update(OutboxEvent).values(delivered_at=clock()))
    session.commit()
    assert prune(session, heard=["CheckoutStarted"]) == Pruned(checkouts=1, events=1)


def test_a_dry_run_tells_the_same_and_deletes_nothing(session: Session, cancelled: CheckoutLock) -> None:
    make_old(session)

    told = prune(session, is_dry=True)

    assert read(session, AuditEntry) == []
    assert prune(session) == told
    assert told.steps > 0


def test_pruning_goes_in_batches_and_again_finds_nothing(
    session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    shop.sell(stock=50)
    for _ in range(5):
        cancel(session, shop.checkout())
    make_old(session)
    moves: list[tuple[int, int]] = []

    pruned = prune(session, on_progress=lambda done, of: moves.append((done, of)))

    ids = [lock.id for lock in read(session, CheckoutLock)]
    assert pruned.checkouts == 5
    assert moves == [(ids[1], ids[4]), (ids[3], ids[4]), (ids[4], ids[4])]
    assert prune(session) == Pruned()
    assert len(read(session, AuditEntry)) == 3


@pytest.mark.parametrize("days", [0, 0.99, 36_501, -1])
def test_what_a_request_may_still_be_repeated_for_cannot_be_pruned(session: Session, days: float) -> None:
    with pytest.raises(InvalidInput, match="at least a day"):
        prune(session, days=days)
