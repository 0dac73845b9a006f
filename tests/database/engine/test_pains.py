"""Pains that users of other shop systems filed, never to be had here; `docs/pains.md` lists them all.

Each test is named after the tracker and number of its pain.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from console.engine import Payment, advance, process, retry, start
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.errors import OutOfStock, PaymentDeclined, PaymentPending
from console.engine.machine import OperationStatus
from console.engine.phases import stock_commit
from console.engine.store import signals as signals_of_the_engine
from console.engine.store.database import load
from console.models import Cart, CheckoutLock, Order, PaymentOperation, StockLevel, VariantPrice
from console.testing.factories import VISA, Shop, make_driverless
from console.testing.scripted import ScriptedGateway, after, lose_answer, refuse, stay_silent
from tests.support.engine.bank import Bank, Killed, Mood
from tests.support.engine.facts import let_tries_come, statuses, tell
from tests.support.engine.purchases import break_down, leave_in_doubt, noting_refusal, only_lock
from tests.support.engine.rows import read, read_one


def die(*_: object) -> object:
    raise Killed


def test_medusa_13301_charged_and_no_order(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    """The process dies between the capture and the order's being paid: the order is paid all the same."""
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", after(die))
    with pytest.raises(Killed):
        process(session, lock, payment=VISA)
    make_driverless(session, lock)

    assert recover(session) == 1

    assert read_one(session, Order).status == "paid"
    assert check_all(session) == []


def test_saleor_10925_charged_and_no_order_since_the_answer_was_lost(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", lose_answer)

    assert process(session, lock, payment=VISA).status == "paid"
    assert bank.calls == ["authorize", "capture", "find capture"]


def test_medusa_15527_going_back_never_touches_another_checkouts_money(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    """The first try's void is settled after the second try of the same cart was paid."""
    shop.sell()
    first = shop.checkout()
    bank.script("capture", refuse("card_declined"))
    bank.script("void", *[stay_silent] * 3)
    with pytest.raises(PaymentDeclined):
        process(session, first, payment=VISA)
    second = start(session, session.get_one(Cart, first.cart_id), session_id="phone")
    process(session, second, payment=VISA)
    let_tries_come(session)

    recover(session)

    backs = [request for request in bank.requests if request.kind in ("void", "refund")]
    assert {(request.reference, request.authorization) for request in backs} == {
        (first.reference, f"py_{first.reference}")
    }
    assert check_all(session) == []


def test_medusa_12674_already_captured_is_no_failure_and_is_not_refunded(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    bank.script("capture", refuse("already_captured"))

    assert process(session, shop.checkout(), payment=VISA).status == "paid"
    assert statuses(session) == {"authorize": "succeeded", "capture": "succeeded"}


@pytest.mark.parametrize("kind", ["authorize", "capture"])
def test_medusa_12481_a_cart_can_be_completed_after_any_failure(
    session: Session, shop: Shop, bank: ScriptedGateway, kind: str
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script(kind, refuse("card_declined"))
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA)

    again = start(session, session.get_one(Cart, lock.cart_id), session_id="phone")

    assert process(session, again, payment=VISA).status == "paid"


def test_vendure_3065_paid_and_the_stock_gone(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    """The last piece stays with whoever may have paid for it, however long the bank is silent."""
    shop.sell(stock=1)
    lock, other = shop.checkout(), shop.checkout()
    bank.script("capture", *[stay_silent] * 3)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)

    with pytest.raises(OutOfStock):
        process(session, other, payment=VISA)

    assert advance(session, lock).state == "completed"
    assert (read_one(session, StockLevel).on_hand, check_all(session)) == (0, [])


def test_vendure_2030_a_webhook_that_was_stored_is_followed_though_its_receiver_dies(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = leave_in_doubt(session, shop, bank, "capture")

    tell(session, lock, "capture", OperationStatus.SUCCEEDED)  # stored; nobody drives it on

    assert recover(session) == 1
    assert read_one(session, Order).status == "paid"


def test_saleor_12229_a_retry_never_charges_again(session: Session, shop: Shop, database: Engine) -> None:
    """However often the answer is lost and whoever tries again, the bank takes the money once."""
    from console.engine.runtime import CheckoutConfig, attach  # noqa: PLC0415

    bank = Bank()
    attach(database, config=CheckoutConfig(), gateway=bank)
    shop.sell()
    lock = shop.checkout()
    bank.moods.extend([Mood.DO, *[Mood.LOSE] * 12])
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)
    for _ in range(2):
        with pytest.raises(PaymentPending):
            process(session, lock, payment=VISA)

    retry(session, lock, actor="ada", version=None)

    assert lock.state == "completed"
    assert [kind for _, kind, said in bank.told if said.status == "succeeded"] == ["authorize", "capture"]


def test_saleor_11133_a_checkout_has_one_live_payment(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    told: list[str] = []

    def pay_with_another_card() -> None:
        with noting_refusal(told):
            process(support, only_lock(support), payment=Payment("card", "tok_other"))

    bank.script("authorize", after(pay_with_another_card))

    process(session, lock, payment=VISA)

    assert told == ["in_progress"]
    assert {request.token for request in bank.requests if request.kind == "authorize"} == {VISA.token}


def test_saleor_11069_no_row_is_locked_during_a_gateway_call(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    """While one shopper's bank takes its time, another buys the same goods from start to end."""
    shop.sell(stock=2)
    slow, quick = shop.checkout(), shop.checkout()
    orders: list[str] = []

    def buy() -> None:
        mine = load(support, select(CheckoutLock).where(CheckoutLock.id == quick.id))
        orders.append(process(support, mine, payment=VISA).status)

    bank.script("capture", after(buy))

    orders.append(process(session, slow, payment=VISA).status)

    assert orders == ["paid", "paid"]


def test_spree_11789_carts_of_the_same_goods_in_any_order_never_deadlock(
    session: Session, shop: Shop, bank: ScriptedGateway, database: Engine
) -> None:
    goods = [(sku, 1) for sku in ("A", "B", "C", "D")]
    for sku, _ in goods:
        shop.sell(sku, stock=100)
    ids = [shop.checkout(*(goods if number % 2 else goods[::-1])).id for number in range(12)]

    def buy(lock_id: int) -> str:
        with Session(database, expire_on_commit=False) as own:
            return process(own, load(own, select(CheckoutLock).where(CheckoutLock.id == lock_id)), payment=VISA).status

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(buy, ids)) == ["paid"] * 12
    assert check_all(session) == []


def test_vendure_3269_the_total_never_changes_after_paying(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell(price=1000)
    lock = shop.checkout()

    def raise_the_price() -> None:
        with Session(session.get_bind()) as merchant:
            merchant.execute(update(VariantPrice).values(unit_price=9900))
            merchant.commit()

    bank.script("authorize", after(raise_the_price))

    order = process(session, lock, payment=VISA)

    assert {request.amount_minor for request in bank.requests} == {order.total} == {1000}
    assert {operation.amount for operation in read(session, PaymentOperation)} == {1000}


def test_vendure_1177_a_stuck_order_is_mended_from_the_console(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    lock = shop.checkout()
    with monkeypatch.context() as broken:
        broken.setattr(stock_commit, "sell_reservations", break_down)
        with pytest.raises(PaymentPending):
            process(session, lock, payment=VISA)

    retry(session, lock, actor="ada", version=None)

    assert (lock.state, lock.needs_attention, check_all(session)) == ("completed", None, [])


def test_django_oscar_3768_a_failing_mail_never_reopens_a_bought_cart(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    def send_mail(_sender: object, **_facts: object) -> None:
        raise ConnectionError("the mail server is down")

    shop.sell()
    lock = shop.checkout()
    with signals_of_the_engine.checkout_completed.connected_to(send_mail):
        order = process(session, lock, payment=VISA)

    [cart] = read(session, Cart)
    assert (order.status, cart.status, cart.lock_id) == ("paid", "ordered", None)
