"""Recovery: the dead are taken over, what is due is driven on, and no checkout keeps another waiting."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from console.engine import cancel, process
from console.engine.care.invariants import check_all
from console.engine.driving import recovery
from console.engine.driving.locks import touch
from console.engine.driving.recovery import recover, recover_next
from console.engine.machine import OperationStatus
from console.engine.record.attention import Cause, demand
from console.engine.store.database import transact
from console.models import CheckoutLock, PaymentOperation
from console.models.types import clock
from console.testing.clock import FrozenClock
from console.testing.factories import VISA, Shop, make_driverless
from console.testing.scripted import ScriptedGateway, refuse, stay_silent, wait_for_shopper
from tests.support.engine.bank import Killed
from tests.support.engine.facts import let_tries_come, statuses, tell
from tests.support.engine.purchases import leave_in_doubt, pay
from tests.support.engine.rows import read, read_one

HOUR = 3600


def record_ledger_cause(session: Session, lock: CheckoutLock) -> None:
    call = ("The books differ.", "refund")
    transact(session, lambda: demand(session, touch(session, lock.id), Cause.LEDGER, call[0], about=call[1]))


def test_a_checkout_whose_driver_died_goes_before_those_in_doubt(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    doubtful, orphan = shop.checkout(), shop.checkout()
    bank.script("capture", *[stay_silent] * 6)
    for lock in (doubtful, orphan):
        pay(session, shop, lock)
    session.execute(update(CheckoutLock).where(CheckoutLock.id == orphan.id).values(lease_owner="dead"))
    make_driverless(session, orphan)
    let_tries_come(session)

    assert recover_next(session)

    assert [lock.state for lock in read(session, CheckoutLock)] == ["capturing", "completed"]


def test_a_checkout_whose_driver_died_is_taken_over_when_its_lease_is_over(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()

    def die(_request: Any) -> Any:
        raise Killed

    bank.script("capture", die)
    with FrozenClock() as clock:
        with pytest.raises(Killed):
            process(session, shop.checkout(), payment=VISA)
        clock.advance(seconds=29)
        early = recover_next(session)
        clock.advance(seconds=2)
        late = recover_next(session)

    assert (early, late) == (False, True)
    assert read_one(session, CheckoutLock).state == "completed"


def test_a_worker_that_finds_a_checkout_taken_drives_the_next(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    first, second = shop.checkout(), shop.checkout()
    bank.script("capture", *[stay_silent] * 6)
    for lock in (first, second):
        pay(session, shop, lock)
    let_tries_come(session)
    candidates = recovery.find_interrupted(session, limit=9)
    assert recover_next(support)
    monkeypatch.setattr(recovery, "find_interrupted", lambda *_, **__: candidates)

    assert recover_next(session)

    assert [lock.state for lock in read(session, CheckoutLock)] == ["completed", "completed"]
    assert bank.calls.count("capture") == 8


@pytest.mark.databases("postgresql")
def test_a_checkout_that_another_worker_holds_is_skipped_without_waiting(
    session: Session, shop: Shop, bank: ScriptedGateway, database: Engine
) -> None:
    lock = leave_in_doubt(session, shop, bank, "capture")
    let_tries_come(session)

    with database.connect() as other, other.begin():
        other.exec_driver_sql(f"SELECT 1 FROM checkout_locks WHERE id = {lock.id} FOR UPDATE")
        assert recover_next(session) is False

    assert recover_next(session) is True


@pytest.mark.parametrize(("kind", "state"), [("authorize", "completed"), ("void", "failed")])
def test_a_human_called_for_something_else_keeps_no_checkout_from_going_on(
    session: Session, shop: Shop, bank: ScriptedGateway, kind: str, state: str
) -> None:
    if kind == "void":
        bank.script("capture", refuse("card_declined"))
    bank.script(kind, wait_for_shopper)
    lock = pay(session, shop)
    tell(session, lock, kind if kind == "authorize" else "capture", OperationStatus.SUCCEEDED, amount=900)
    assert "speaks of 900" in read_one(session, CheckoutLock).needs_attention
    session.execute(update(PaymentOperation).values(next_attempt_at=clock(HOUR)))
    session.commit()
    assert recover(session) == 0

    if kind == "authorize":
        record_ledger_cause(session, lock)
    tell(session, lock, kind, OperationStatus.SUCCEEDED)

    assert recover(session) == 1
    now = read_one(session, CheckoutLock)
    assert now.state == state
    assert now.needs_attention is not None
    assert check_all(session) == []


def test_one_that_fails_by_a_defect_keeps_no_other_from_the_worker(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    broken, whole = shop.checkout(), shop.checkout()
    bank.script("capture", *[stay_silent] * 6)
    for lock in (broken, whole):
        pay(session, shop, lock)
    let_tries_come(session)
    drive_on = recovery.drive_on

    def drive(at: Session, lock: Any, **how: Any) -> Any:
        if lock.id == broken.id:
            raise ArithmeticError("a defect")
        return drive_on(at, lock, **how)

    monkeypatch.setattr(recovery, "drive_on", drive)

    assert recover_next(session)

    assert [lock.state for lock in read(session, CheckoutLock)] == ["capturing", "completed"]


def test_one_after_the_other_is_driven_without_a_rest_though_none_gets_any_further(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    bank.script("capture", *[stay_silent] * 15)
    for _ in range(3):
        pay(session, shop, shop.checkout())
    let_tries_come(session)

    rounds = [recover_next(session) for _ in range(4)]

    assert rounds == [True, True, True, False]
    assert bank.calls.count("capture") == 15
    assert [lock.state for lock in read(session, CheckoutLock)] == ["capturing"] * 3


def test_one_that_could_be_driven_again_at_once_is_left_to_rest(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_in_doubt(session, shop, bank, "capture")
    let_tries_come(session)
    monkeypatch.setattr(recovery, "drive_on", lambda _session, lock, **_: lock)

    assert recover_next(session) is False


def leave_void_and_authorization_open(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("authorize", wait_for_shopper)
    pay(session, shop, lock)
    bank.script("void", *[stay_silent] * 4)
    cancel(session, lock)


def test_an_operation_that_waits_does_not_bring_forward_the_next_try_of_a_silent_void(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    leave_void_and_authorization_open(session, shop, bank)
    let_tries_come(session)

    rounds = [recover_next(session) for _ in range(3)]

    assert rounds == [True, False, False]
    assert bank.calls.count("void") == 4
    assert read_one(session, PaymentOperation, kind="void").attempts == 2


def test_a_silent_void_does_not_keep_late_money_from_its_refund(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", refuse("card_declined"))
    bank.script("void", *[stay_silent] * 12)
    pay(session, shop, lock)
    tell(session, lock, "capture", OperationStatus.SUCCEEDED)

    recover(session)

    assert (statuses(session)["refund"], statuses(session)["void"]) == ("succeeded", "unknown")
    assert check_all(session) == []
