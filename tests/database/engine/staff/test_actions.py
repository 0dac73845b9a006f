"""Release, expire, extend and retry: what a human may do to a checkout, audited in the same transaction."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from console.engine import Payment, expire, extend, process, release, retry
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.errors import Expired, InProgress, InvalidInput, NotAllowed, PaymentPending, Released, Stale
from console.engine.record.audit import Actor
from console.engine.store.database import load
from console.models import AuditEntry, CheckoutLock, OutboxEvent, PaymentOperation, StockLevel
from console.models.types import clock
from console.testing.factories import VISA, Shop, make_driverless, make_due
from console.testing.scripted import ScriptedGateway, stay_silent
from tests.support.engine.bank import Killed
from tests.support.engine.mortal import MortalSession
from tests.support.engine.purchases import pay
from tests.support.engine.rows import read, read_one


def _only(session: Session) -> list[CheckoutLock]:
    return [load(session, select(CheckoutLock))]


def test_a_released_checkout_tells_its_shopper_so(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    release(session, lock, actor="ada", reason="shopper phoned", version=lock.revision)

    with pytest.raises(Released, match=r"^The shop ended this checkout\.$"):
        process(session, lock, payment=VISA)
    assert [event.topic for event in read(session, OutboxEvent)] == ["CheckoutStarted", "CheckoutReleased"]


def test_an_action_is_audited_with_before_and_after(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    release(session, lock, actor=Actor("ada", "192.0.2.7"), reason="shopper phoned", version=lock.revision)

    entry = read_one(session, AuditEntry)
    assert (entry.actor, entry.origin, entry.action, entry.object_type, entry.object_id, entry.reason) == (
        "ada", "192.0.2.7", "release", "checkout_lock", str(lock.id), "shopper phoned",
    )  # fmt: skip
    assert (entry.before["state"], entry.after["state"]) == ("pending", "failed")
    assert check_all(session) == []


def test_the_audit_trail_is_one_chain(session: Session, shop: Shop) -> None:
    shop.sell()
    for _ in range(3):
        lock = shop.checkout()
        release(session, lock, actor="ada", reason="test", version=lock.revision)

    entries = read(session, AuditEntry)

    assert [later.previous_hash for later in entries[1:]] == [earlier.hash for earlier in entries[:-1]]
    assert check_all(session) == []


def test_a_changed_audit_entry_breaks_the_chain(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    release(session, lock, actor="ada", reason="test", version=lock.revision)

    read_one(session, AuditEntry).actor = "eve"
    session.commit()

    assert [violation.invariant for violation in check_all(session)] == [15]


def test_a_stale_page_is_refused(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    seen = lock.revision
    extend(session, lock, actor="bob", ttl_minutes=30, version=seen)

    with pytest.raises(Stale):
        release(session, lock, actor="ada", reason="test", version=seen)

    assert read_one(session, CheckoutLock).state == "pending"


@pytest.mark.parametrize("verb", [release, expire])
def test_a_completed_checkout_cannot_be_undone(session: Session, shop: Shop, verb: object) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)

    with pytest.raises(NotAllowed):
        verb(session, lock, actor="ada", reason="test", version=None)  # type: ignore[operator]

    assert read(session, AuditEntry) == []


@pytest.mark.parametrize("verb", [release, expire])
def test_an_action_without_a_reason_is_refused(session: Session, shop: Shop, verb: object) -> None:
    shop.sell()

    with pytest.raises(InvalidInput):
        verb(session, shop.checkout(), actor="ada", reason="  ", version=None)  # type: ignore[operator]


def test_a_checkout_in_doubt_can_be_released_and_gives_its_stock_back_at_once(session: Session, shop: Shop) -> None:
    shop.sell(stock=3)
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))

    release(session, lock, actor="ada", reason="shopper gave up", version=None)

    assert (lock.state, lock.outcome, lock.holds_cart) == ("rolling_back", "released", False)
    assert read_one(session, StockLevel).reserved == 0
    assert check_all(session) == []


def test_an_expired_checkout_is_told_as_expired(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    expire(session, lock, actor="ada", reason="left the shop", version=lock.revision)

    with pytest.raises(Expired, match=r"^The shop ended the time for this checkout\.$"):
        process(session, lock, payment=VISA)


def test_an_extension_moves_the_deadline(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    deadline = lock.expires_at

    extend(session, lock, actor="ada", ttl_minutes=45, version=lock.revision)

    assert lock.expires_at > deadline
    assert read_one(session, AuditEntry).action == "extend"


@pytest.mark.parametrize("minutes", [0, 61])
def test_an_extension_out_of_bounds_is_refused(session: Session, shop: Shop, minutes: int) -> None:
    shop.sell()

    with pytest.raises(InvalidInput):
        extend(session, shop.checkout(), actor="ada", ttl_minutes=minutes, version=None)


def test_a_checkout_whose_time_ran_out_cannot_be_extended(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    make_due(session, lock)

    with pytest.raises(NotAllowed, match="run out already"):
        extend(session, lock, actor="ada", ttl_minutes=30, version=None)


def test_a_retry_asks_the_gateway_again_and_is_audited(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    seen = lock.revision

    retry(session, lock, actor="ada", version=seen)

    assert lock.state == "authorizing"
    assert read_one(session, PaymentOperation).attempts == 2
    entry = read_one(session, AuditEntry)
    assert (entry.action, entry.reason, entry.before["revision"]) == ("retry", None, seen)
    assert check_all(session) == []
    with pytest.raises(Stale):
        retry(session, lock, actor="bob", version=seen)


def test_the_trail_tells_what_came_of_a_retry(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    bank.script("authorize", *[stay_silent] * 3)
    lock = pay(session, shop)

    retry(session, lock, actor=Actor("ada", "192.0.2.7"), reason="the bank is back", version=None)

    entry = read_one(session, AuditEntry)
    assert (entry.before["state"], entry.after["state"], lock.state) == ("authorizing", "completed", "completed")
    assert (entry.actor, entry.origin, entry.reason) == ("ada", "192.0.2.7", "the bank is back")
    assert "open_action" not in read_one(session, CheckoutLock).extra
    assert check_all(session) == []


@pytest.mark.parametrize(
    "finishes", [recover, lambda session: retry(session, *_only(session), actor="bob", version=None)]
)
def test_a_retry_whose_process_died_is_in_the_trail_once_somebody_goes_on(
    session: Session, database: Engine, shop: Shop, bank: ScriptedGateway, finishes: Callable[[Session], object]
) -> None:
    bank.script("authorize", *[stay_silent] * 3)
    lock = pay(session, shop)
    with MortalSession(database, expire_on_commit=False) as mortal:
        [mine] = _only(mortal)
        mortal.points_left = 3  # it is killed before it has anything of the gateway's
        with pytest.raises(Killed):
            retry(mortal, mine, actor="ada", version=None)
    assert read(session, AuditEntry) == []
    make_driverless(session, lock)

    finishes(session)

    entries = read(session, AuditEntry)
    assert (entries[0].actor, entries[0].before["state"]) == ("ada", "authorizing")
    assert entries[-1].after["state"] == "completed"
    assert check_all(session) == []


def test_a_retry_puts_off_no_try_that_was_to_come_by_itself(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("authorize", *[stay_silent] * 6)
    lock = pay(session, shop)
    session.execute(update(PaymentOperation).values(attempts=4, next_attempt_at=clock(600)))
    session.commit()
    planned = read_one(session, PaymentOperation).next_attempt_at

    retry(session, lock, actor="ada", version=None)

    operation = read_one(session, PaymentOperation)
    assert (operation.attempts, operation.next_attempt_at) == (5, planned)


def test_a_retry_of_what_somebody_drives_is_refused_without_a_trace(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    session.execute(update(CheckoutLock).values(lease_owner="somebody", lease_until=clock(20)))
    session.commit()

    with pytest.raises(InProgress):
        retry(session, lock, actor="ada", version=None)

    assert read(session, AuditEntry) == []


def test_there_is_nothing_to_retry_before_a_payment_and_after_the_end(session: Session, shop: Shop) -> None:
    shop.sell()
    waiting, ended = shop.checkout(), shop.checkout()
    process(session, ended, payment=VISA)

    for lock in (waiting, ended):
        with pytest.raises(NotAllowed):
            retry(session, lock, actor="ada", version=None)


def test_a_retry_of_a_due_checkout_expires_it(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    make_due(session, lock)

    retry(session, lock, actor="ada", version=None)

    assert (lock.state, lock.outcome) == ("rolling_back", "expired")
