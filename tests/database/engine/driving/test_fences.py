"""What only one guard stands between: each of these is let through by taking that guard away (see `tests/guards`)."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy import event as events
from sqlalchemy.orm import Session

from console.engine import CheckoutError, advance, cancel, inventory, process, start
from console.engine.care.invariants import check_all
from console.engine.driving.legs import finish_rollback, go_back_refused
from console.engine.driving.locks import Drive, new_drive, read_lock, take_over
from console.engine.driving.point_of_no_return import enter_capture
from console.engine.errors import InvalidCart, LostRace, PaymentDeclined, PaymentPending
from console.engine.machine import OperationStatus
from console.engine.payments.calls import ask_gateway
from console.engine.payments.operations import operations_of
from console.engine.phases import inventory_reservation
from console.engine.prices.coupons import take_use
from console.engine.store.database import load, transact
from console.engine.store.tables import coupons
from console.models import Cart, CheckoutLock, Coupon, Order, PaymentOperation, StockLevel
from console.models.types import clock
from console.testing.factories import VISA, Shop, make_driverless
from console.testing.scripted import ScriptedGateway, after, refuse, stay_silent
from tests.support.engine.facts import let_tries_come, statuses, tell
from tests.support.engine.purchases import calls_for_humans
from tests.support.engine.rows import read, read_one

# Rule 10, for the rows that several checkouts want: whoever updates two of them does it in this order.
ROW_ORDER = ("carts", "checkout_locks", "stock_levels", "coupons", "audit_head")


def leave_in_doubt(session: Session, shop: Shop, bank: ScriptedGateway, kind: str) -> CheckoutLock:
    """Bring a checkout to where the gateway is silent about an operation; nobody drives it."""
    lock = shop.checkout()
    bank.script(kind, *[stay_silent] * 3)
    with pytest.raises((PaymentPending, PaymentDeclined)):
        process(session, lock, payment=VISA)
    return lock


def drive_of(session: Session, lock: CheckoutLock) -> Drive:
    """Take a checkout over, as a driver does."""
    drive = new_drive(session, transact(session, lambda: read_lock(session, lock.id)))
    drive.saw(transact(session, lambda: take_over(session, drive)), leased_at=time.monotonic())
    return drive


def test_a_driver_that_lost_its_lease_never_enters_the_capture(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = leave_in_doubt(session, shop, bank, "authorize")
    old = drive_of(session, lock)
    make_driverless(session, lock)
    drive_of(support, lock)
    tell(support, lock, "authorize", OperationStatus.SUCCEEDED)

    with pytest.raises(LostRace):
        transact(session, lambda: enter_capture(session, old, None))

    assert read_one(session, CheckoutLock).state == "authorizing"


def test_nobody_takes_over_what_somebody_drives(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = leave_in_doubt(session, shop, bank, "authorize")
    drive_of(session, lock)

    with pytest.raises(LostRace):
        drive_of(support, lock)


def test_a_fact_heard_while_the_driver_gives_up_wakes_it(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    """The webhook comes between the driver's last look and its letting go: nobody else is going to act on it."""
    shop.sell()
    lock = shop.checkout()
    heard = after(lambda: tell(support, lock, "capture", OperationStatus.SUCCEEDED), stay_silent)
    bank.script("capture", stay_silent, stay_silent, heard)

    assert process(session, lock, payment=VISA).status == "paid"


def test_a_capture_is_given_up_only_while_its_refusal_stands(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = leave_in_doubt(session, shop, bank, "capture")
    drive = drive_of(session, lock)
    tell(session, lock, "capture", OperationStatus.SUCCEEDED)

    with pytest.raises(LostRace):
        transact(session, lambda: go_back_refused(session, drive, None))

    assert read_one(session, Order).status == "pending"


def test_a_checkout_never_ends_while_its_money_is_out(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", refuse("card_declined"))
    bank.script("void", *[stay_silent] * 3)
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA)
    drive = drive_of(session, lock)

    with pytest.raises(LostRace):
        transact(session, lambda: finish_rollback(session, drive, None))

    assert read_one(session, CheckoutLock).state == "rolling_back"


def test_nothing_is_sent_under_a_lease_too_short_for_the_answer(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = leave_in_doubt(session, shop, bank, "capture")
    drive = drive_of(session, lock)
    drive.leased_at -= drive.lease_seconds - 1
    known = operations_of(session, lock.id)
    bank.calls.clear()

    assert ask_gateway(session, drive, known["capture"], known=known, is_fresh=False) is None
    assert bank.calls == []


def test_past_the_life_of_its_key_an_operation_is_only_asked_about(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = leave_in_doubt(session, shop, bank, "capture")
    day_ago = clock(-timedelta(hours=24).total_seconds())
    session.execute(update(PaymentOperation).where(PaymentOperation.kind == "capture").values(created_at=day_ago))
    let_tries_come(session)
    bank.calls.clear()

    advance(session, lock)

    assert bank.calls == ["find capture"]


def test_a_refusal_after_the_reservation_holds_no_stock(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused leg leaves its evidence and nothing else (rule 12)."""
    shop.sell()
    session.add(Coupon(code="HALF", name="Half", kind="percent", value=Decimal(50), max_uses=1))
    session.commit()
    lock = shop.checkout(coupon_code="HALF")
    reserve = inventory_reservation.reserve_stock

    def reserve_and_take(at: Session, lock_row: Any, **given: Any) -> Any:
        """Take the coupon's last use in the same transaction: SQLite has one writer only."""
        allocations = reserve(at, lock_row, **given)
        at.connection().exec_driver_sql("UPDATE coupons SET uses = 1")
        return allocations

    monkeypatch.setattr(inventory_reservation, "reserve_stock", reserve_and_take)

    with pytest.raises(InvalidCart):
        process(session, lock, payment=VISA)

    assert read_one(session, StockLevel).reserved == 0
    assert check_all(session) == []


def test_stock_that_went_between_the_look_and_the_update_is_looked_at_again(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell(stock=1)
    lock = shop.checkout()
    split, looks = inventory._split, iter(range(1, 9))

    def split_late(wanted: Any, levels: Any) -> Any:
        """Decide the first time on what was read before the last piece went; the savepoint brings it back."""
        if next(looks) == 1:
            session.connection().exec_driver_sql("UPDATE stock_levels SET on_hand = 0")
        return split(wanted, levels)

    monkeypatch.setattr(inventory, "_split", split_late)

    assert process(session, lock, payment=VISA).status == "paid"
    assert next(looks) == 3


def test_the_last_use_of_a_coupon_goes_to_one_however_late_the_other_looked(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    session.add(Coupon(code="HALF", name="Half", kind="percent", value=Decimal(50), max_uses=1))
    session.commit()
    lock = shop.checkout()
    seen = session.execute(select(coupons)).one()
    session.execute(update(Coupon).values(uses=1))

    with pytest.raises(InvalidCart):
        take_use(session, read_lock(session, lock.id), seen)


@pytest.mark.parametrize("end", ["sale", "refused capture", "cancel", "shortage"])
def test_rows_that_checkouts_compete_for_are_updated_in_one_order(
    session: Session, shop: Shop, bank: ScriptedGateway, database: Engine, end: str
) -> None:
    for sku in ("PEN", "MUG", "CUP"):
        shop.sell(sku)
    session.add(Coupon(code="HALF", name="Half", kind="percent", value=Decimal(50)))
    session.commit()
    cart = shop.cart(("CUP", 1), ("PEN", 11 if end == "shortage" else 1), ("MUG", 1), coupon_code="HALF")
    if end == "refused capture":
        bank.script("capture", refuse("card_declined"))
    transactions: list[list[tuple[int, int]]] = [[]]
    events.listen(database, "before_cursor_execute", lambda *call: note(transactions[-1], call[2], call[4]))
    events.listen(database, "commit", lambda _: transactions.append([]))

    lock = start(session, cart, session_id="phone")
    with suppress(CheckoutError):
        if end == "cancel":
            cancel(session, lock)
        else:
            process(session, lock, payment=VISA)

    assert sum(map(bool, transactions)) >= 2
    for rows in transactions:
        assert rows == sorted(rows)


def note(rows: list[tuple[int, int]], statement: str, context: Any) -> None:
    """Note which rows of `ROW_ORDER` a statement is the first to hold: the table's place in it, and a level's id."""
    table = re.match(r"UPDATE (\w+)|SELECT carts\..*\sFROM (carts)", statement, re.DOTALL)
    name = table and (table[1] or table[2])
    if name not in ROW_ORDER:
        return
    levels = [each.get("level_id", 0) for each in context.compiled_parameters]
    rows += [place for level in levels if (place := (ROW_ORDER.index(name), level)) not in rows]


def test_one_checkout_at_a_time_is_driven_per_cart(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    cart = shop.cart()

    first = start(session, cart, session_id="phone")
    again = start(session, session.get_one(Cart, cart.id), session_id="phone")

    assert again.id == first.id
    assert len(read(session, CheckoutLock)) == 1


def test_the_whole_request_is_kept_until_it_is_resolved(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    """Whoever takes over after a death sends the very same request: it stands in the books before the first call."""
    shop.sell()
    lock = shop.checkout()
    stored: list[tuple[Any, ...]] = []

    def look() -> None:
        operation = load(support, select(PaymentOperation).where(PaymentOperation.lock_id == lock.id))
        stored.append((operation.idempotency_key, operation.amount, operation.payment_token, operation.payment_method))

    bank.script("authorize", after(look, stay_silent))

    process(session, lock, payment=VISA)

    assert [
        (sent.idempotency_key, sent.amount_minor, sent.token, sent.method) for sent in bank.requests[:2]
    ] == stored * 2
    assert stored[0][2:] == (VISA.token, VISA.method)
    assert statuses(session)["authorize"] == "succeeded"


def test_a_human_is_called_once_however_long_the_gateway_is_silent(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = leave_in_doubt(session, shop, bank, "capture")
    for _ in range(4):
        bank.script("capture", *[stay_silent] * 2)
        advance(session, lock)

    assert calls_for_humans(session) == 1
