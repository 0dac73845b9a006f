"""What the hourly comparison with the ledger shows is recorded, or calls a human: once, and only while it differs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine import CheckoutError, process, resolve
from console.engine.care import reconciliation
from console.engine.care.invariants import check_all
from console.engine.care.reconciliation import reconcile
from console.engine.driving.recovery import recover
from console.engine.payments.gateway import LedgerEntry, NoAnswer
from console.engine.record.attention import Cause, causes_about
from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.tables import locks
from console.models import CheckoutLock, PaymentOperation
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, refuse, stay_silent
from tests.support.engine.facts import statuses
from tests.support.engine.purchases import break_down, calls_for_humans
from tests.support.engine.rows import read_one


class Bookkeeper(ScriptedGateway):
    """A scripted gateway whose ledger a test writes."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[LedgerEntry] = []

    def post(self, reference: str, **amounts: int) -> None:
        """Write what the ledger has of a payment, instead of what it had."""
        moved = {"authorized": 0, "captured": 0, "voided": 0, "refunded": 0} | amounts
        self.entries = [each for each in self.entries if each.lock_reference != reference]
        self.entries.append(LedgerEntry(f"py_{reference}", reference, currency="GBP", status="posted", **moved))

    def ledger(self, since: Any = None) -> list[LedgerEntry]:
        return self.entries


@pytest.fixture
def bank(session: Session) -> Bookkeeper:
    bookkeeper = Bookkeeper()
    attach(session.get_bind().engine, config=CheckoutConfig(), gateway=bookkeeper)
    return bookkeeper


def pay(session: Session, shop: Shop) -> CheckoutLock:
    shop.sell()
    lock = shop.checkout()
    with suppress(CheckoutError):
        process(session, lock, payment=VISA)
    return lock


def test_a_capture_in_doubt_that_the_ledger_shows_done_is_a_fact(
    session: Session, shop: Shop, bank: Bookkeeper
) -> None:
    bank.script("capture", *[stay_silent] * 3)
    lock = pay(session, shop)
    bank.post(lock.reference, authorized=1000, captured=1000)

    settled = reconcile(session)

    assert settled is not None
    assert (settled.recorded, settled.called) == ([f"{lock.reference} capture"], [])
    assert recover(session) == 1
    assert read_one(session, CheckoutLock).state == "completed"
    assert check_all(session) == []


def test_a_refused_capture_that_the_ledger_shows_done_is_late_money(
    session: Session, shop: Shop, bank: Bookkeeper
) -> None:
    bank.script("capture", refuse("card_declined"))
    lock = pay(session, shop)
    assert lock.state == "failed"
    bank.post(lock.reference, authorized=1000, captured=1000, voided=1000)

    reconcile(session)
    recover(session)

    assert statuses(session)["refund"] == "succeeded"
    assert (read_one(session, CheckoutLock).state, calls_for_humans(session)) == ("failed", 1)
    assert check_all(session) == []


def test_a_word_of_a_human_that_the_ledger_disproves_gives_way_to_the_fact(
    session: Session, shop: Shop, bank: Bookkeeper
) -> None:
    bank.script("capture", *[stay_silent] * 3)
    lock = pay(session, shop)
    capture = read_one(session, PaymentOperation, kind="capture")
    resolve(session, capture, happened=False, actor="ada", reason="not on the dashboard")
    assert capture.resolved_by == "ada"
    bank.post(lock.reference, authorized=1000, captured=1000, voided=1000)

    reconcile(session)

    told = read_one(session, PaymentOperation, kind="capture")
    assert (told.status, told.resolved_by) == ("succeeded", None)
    assert "refund" in statuses(session)


def test_a_void_that_the_ledger_shows_done_frees_a_checkout_whose_void_was_refused(
    session: Session, shop: Shop, bank: Bookkeeper
) -> None:
    bank.script("capture", refuse("card_declined"))
    bank.script("void", refuse("not_permitted"))
    lock = pay(session, shop)
    bank.post(lock.reference, authorized=1000, voided=1000)

    reconcile(session)
    recover(session)

    now = read_one(session, CheckoutLock)
    assert (now.state, now.needs_attention) == ("failed", None)


def test_a_payment_that_cannot_be_recorded_keeps_no_other_from_it(
    session: Session, shop: Shop, bank: Bookkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.script("capture", *[stay_silent] * 6)
    shop.sell()
    first, second = shop.checkout(), shop.checkout()
    for lock in (first, second):
        with suppress(CheckoutError):
            process(session, lock, payment=VISA)
        bank.post(lock.reference, authorized=1000, captured=1000)
    record_answer = reconciliation.record_answer

    def record_unless_first(session: Session, lock_id: int, *fact: Any) -> Any:
        return break_down() if lock_id == first.id else record_answer(session, lock_id, *fact)

    monkeypatch.setattr(reconciliation, "record_answer", record_unless_first)

    done = reconcile(session)

    assert done is not None
    assert (done.recorded, done.failed) == ([f"{second.reference} capture"], [f"{first.reference} capture"])


def test_what_the_ledger_does_not_have_calls_a_human_once(session: Session, shop: Shop, bank: Bookkeeper) -> None:
    lock = pay(session, shop)
    bank.post(lock.reference, authorized=1000)

    settled = [reconcile(session), reconcile(session)]

    assert [each.called for each in settled if each] == [[lock.reference], []]
    assert (
        "Capture: we have succeeded, 10.00 GBP; the gateway's ledger has 0.00 GBP"
        in read_one(session, CheckoutLock).needs_attention
    )
    assert calls_for_humans(session) == 1


def test_a_human_is_called_off_once_the_books_agree(session: Session, shop: Shop, bank: Bookkeeper) -> None:
    lock = pay(session, shop)
    bank.post(lock.reference, authorized=1000)
    reconcile(session)
    bank.post(lock.reference, authorized=1000, captured=1000)

    reconcile(session)

    now = read_one(session, CheckoutLock)
    assert (now.needs_attention, now.extra) == (None, {})


def test_a_difference_that_a_human_has_answered_calls_nobody_again(
    session: Session, shop: Shop, bank: Bookkeeper
) -> None:
    """The merchant refunded a sale on the gateway's own page: true, and nothing for the machine."""
    lock = pay(session, shop)
    bank.post(lock.reference, authorized=1000, captured=1000, refunded=1000)
    reconcile(session)
    row = session.execute(locks.select()).one()
    session.commit()
    assert causes_about(row, Cause.LEDGER) == {"refund"}

    authorize = read_one(session, PaymentOperation, kind="authorize")
    lock = resolve(session, authorize, happened=True, actor="ada", reason="refunded for goodwill")
    again = reconcile(session)

    assert again is not None
    assert (lock.state, lock.needs_attention, again.called, calls_for_humans(session)) == ("completed", None, [], 1)
    assert check_all(session) == []


def test_what_stands_by_a_humans_word_calls_nobody(session: Session, shop: Shop, bank: Bookkeeper) -> None:
    bank.script("capture", refuse("card_declined"))
    bank.script("void", refuse("not_permitted"))
    lock = pay(session, shop)
    void = read_one(session, PaymentOperation, kind="void")
    resolve(session, void, happened=True, actor="ada", reason="by bank transfer")
    bank.post(lock.reference, authorized=1000)

    settled = reconcile(session)

    assert settled is not None
    assert (settled.called, read_one(session, CheckoutLock).needs_attention) == ([], None)


@pytest.mark.parametrize(
    ("amounts", "is_called"), [({"authorized": 500}, True), ({"authorized": 500, "voided": 500}, False)]
)
def test_a_payment_that_we_never_asked_for_calls_a_human_while_its_money_is_held(
    session: Session, shop: Shop, bank: Bookkeeper, amounts: dict[str, int], *, is_called: bool
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.post(lock.reference, **amounts)

    reconcile(session)

    assert (read_one(session, CheckoutLock).needs_attention is not None) == is_called


def test_a_payment_of_nobody_we_know_is_told(session: Session, bank: Bookkeeper) -> None:
    bank.post("AAAA-AAAA", authorized=500)

    settled = reconcile(session)

    assert settled is not None
    assert settled.strangers == ["AAAA-AAAA"]


def test_another_amount_calls_a_human_and_is_not_taken(session: Session, shop: Shop, bank: Bookkeeper) -> None:
    bank.script("capture", *[stay_silent] * 3)
    lock = pay(session, shop)
    bank.post(lock.reference, authorized=1000, captured=900)

    reconcile(session)
    reconcile(session)

    assert statuses(session)["capture"] == "unknown"
    assert "speaks of 900 GBP" in read_one(session, CheckoutLock).needs_attention
    assert calls_for_humans(session) == 1


def test_a_ledger_out_of_reach_changes_nothing(session: Session, shop: Shop, bank: Bookkeeper) -> None:
    pay(session, shop)

    def out_of_reach(_since: Any = None) -> Any:
        raise NoAnswer("out of reach")

    bank.ledger = out_of_reach  # type: ignore[method-assign]

    with pytest.raises(NoAnswer):
        reconcile(session)


def test_a_gateway_without_a_ledger_is_not_compared(session: Session) -> None:
    attach(session.get_bind().engine, config=CheckoutConfig(), gateway=ScriptedGateway())

    assert reconcile(session) is None


def test_what_is_older_than_the_window_is_left_alone(session: Session, shop: Shop, bank: Bookkeeper) -> None:
    lock = pay(session, shop)
    session.execute(update(PaymentOperation).values(created_at=lock.locked_at.replace(year=2020)))
    session.commit()

    settled = reconcile(session)

    assert settled is not None
    assert settled.called == []
