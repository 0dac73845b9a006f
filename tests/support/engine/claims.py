"""Whether what a checkout's story claims is so: held against the rows, the recovery's own query and the bank's ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.casebook.cases import Checkout, read_checkout
from console.casebook.claims import Course, Held, MoneyClaim, Next, Who
from console.casebook.explanation import explain
from console.casebook.situation import Situation
from console.engine.driving.recovery import find_interrupted
from console.engine.machine import ENDED, OperationStatus
from console.engine.payments.operations import meaning
from console.engine.store.database import look
from console.engine.store.tables import carts, locks
from console.web.shared.status_words import message_of
from tests.support.engine.bank import Bank, Charge

SWEEP_SECONDS = 300.0
MOST = 1000


@dataclass(frozen=True)
class Case:
    """A checkout as it was read, what the bank has of it, and whether its cart names it."""

    checkout: Checkout
    bank: Bank
    holds_cart: bool

    @property
    def lock(self) -> Any:
        return self.checkout.lock

    @property
    def charge(self) -> Charge:
        return self.bank.charges.get(self.lock.reference, Charge("GBP"))

    def has_unheard_news(self) -> bool:
        """Tell whether the bank has said something of an operation that our row does not say."""
        return any(
            answer is not None and meaning(answer, kind=operation.kind) != operation.status
            for operation in self.checkout.operations
            for answer in [self.bank.latest(self.lock.reference, operation.kind)]
        )

    def has_open_operation(self) -> bool:
        return any(operation.resolved_at is None for operation in self.checkout.operations)


def assert_told_truly(session: Session, bank: Bank, *, secrets: Collection[str]) -> dict[int, bool]:
    """Check every claim about every checkout, with a worker that lives and without one.

    `secrets` are words that no shopper may read. Tell, by id, of which it is said that nothing more can happen.
    """
    ids = look(session, lambda reader: list(reader.scalars(select(locks.c.id))))
    before = set(find_interrupted(session, limit=MOST))
    cases = [_read(session, bank, lock_id) for lock_id in ids]
    after = set(find_interrupted(session, limit=MOST))  # a try may have come due while we looked
    return {case.lock.id: _check(case, {case.lock.id in before, case.lock.id in after}, secrets) for case in cases}


def _read(session: Session, bank: Bank, lock_id: int) -> Case:
    checkout = look(session, lambda reader: read_checkout(reader, lock_id, sweep_seconds=SWEEP_SECONDS))
    assert checkout is not None
    holder = select(carts.c.lock_id).where(carts.c.id == checkout.lock.cart_id)
    return Case(checkout, bank, look(session, lambda reader: reader.scalar(holder)) == lock_id)


def _check(case: Case, is_interrupted: Collection[bool], secrets: Collection[str]) -> bool:
    is_waiting = any(operation.status == OperationStatus.WAITING for operation in case.checkout.operations)
    shown = message_of(case.lock, is_due=case.checkout.is_due, is_waiting=is_waiting)
    assert not [secret for secret in secrets if secret in shown]
    is_final = False
    for seen_at in (case.checkout.now, case.checkout.now - timedelta(seconds=60), None):
        situation = replace(case.checkout.situation, worker_seen_at=seen_at)
        told = explain(situation)
        for claim in told.claims:
            assert claim.sentence.endswith("."), claim
        _check_course(case, told.course)
        _check_held(case, told.held)
        _check_money(case, told.charge)
        for claim in told.outlook:
            _check_next(case, claim, situation, is_interrupted)
        is_final = told.is_over
    return is_final


def _check_course(case: Case, claim: Course) -> None:
    assert claim.state == case.lock.state, claim
    assert claim.outcome in (None, case.lock.outcome), claim
    if claim.refused is None:
        return
    operation = case.checkout.operations_by_kind[claim.refused]
    place = (case.lock.reference, claim.refused)
    has_bank_refused = any(told[:2] == place and told[2].status == OperationStatus.REFUSED for told in case.bank.told)
    by = None if claim.refused_by == "gateway" else claim.refused_by
    assert (operation.status, operation.resolved_by) == (OperationStatus.REFUSED, by), claim
    assert has_bank_refused == (by is None), claim


def _check_held(case: Case, claim: Held) -> None:
    holds_stock = any(row.status in ("held", "pinned") for row in case.checkout.reservations)
    assert (claim.cart, claim.stock) == (case.holds_cart, holds_stock), claim


def _check_money(case: Case, claim: MoneyClaim) -> None:
    charge = case.charge
    reserved = 0 if charge.captured else max(0, charge.authorized - charge.voided)  # what only waited is voided too
    for claimed, true in ((claim.charged, charge.captured - charge.refunded), (claim.reserved, reserved)):
        if claimed is None:
            assert case.has_open_operation(), claim
        elif claimed != true:
            assert (claim.is_hearsay, case.has_unheard_news()) == (True, True), (claim, charge)


def _check_next(case: Case, claim: Next, situation: Situation, is_interrupted: Collection[bool]) -> None:
    lock, is_due = case.lock, case.checkout.is_due
    if claim.who == Who.NOBODY:
        assert (lock.state in ENDED, claim.by_itself, claim.at) == (True, False, None), claim
    elif claim.who == Who.DRIVER:
        assert (claim.at, claim.by_itself) == (lock.lease_until, True), claim
        assert False in is_interrupted, claim
    elif claim.who == Who.SHOPPER:
        assert (claim.at, is_due, claim.by_itself) == (lock.expires_at, False, situation.has_worker), claim
    elif claim.who == Who.WORKER:
        assert (situation.has_worker, claim.by_itself) == (True, True), claim
        assert claim.at is not None
        assert is_due or (claim.at <= situation.now) in is_interrupted, claim
    else:
        assert not claim.by_itself, claim
        assert not situation.has_worker or (lock.needs_attention and not is_due and False in is_interrupted), claim
    if True in is_interrupted and situation.has_worker:
        assert is_due or any(each.who != Who.STAFF for each in explain(situation).outlook), claim
