"""One checkout from start to end: what is bought, at which price, and once whatever is repeated."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, process
from console.engine.care.invariants import check_all
from console.engine.errors import IdempotencyConflict, InvalidCart, OutOfStock, PaymentPending
from console.engine.machine import Phase
from console.gateways.sandbox import SandboxGateway
from console.models import (
    Cart,
    CheckoutStep,
    OrderLine,
    PaymentOperation,
    PriceSnapshot,
    StockLevel,
    StockReservation,
    Variant,
)
from console.testing.factories import VISA, Shop
from tests.support.engine.rows import read


def test_a_cart_becomes_one_paid_order(session: Session, shop: Shop, gateway: SandboxGateway) -> None:
    shop.sell("MUG", price=1000)
    shop.sell("PEN", price=250)
    lock = shop.checkout(("MUG", 2), ("PEN", 1), external_reference="536365")

    order = process(session, lock, payment=VISA)

    assert (order.status, order.sub_total, order.total, order.currency) == ("paid", 2250, 2250, "GBP")
    assert order.external_reference == "536365"
    assert [(line.sku, line.quantity, line.total) for line in read(session, OrderLine)] == [
        ("MUG", 2, 2000),
        ("PEN", 1, 250),
    ]
    [charge] = gateway.ledger()
    assert (charge.lock_reference, charge.captured, charge.voided) == (lock.reference, 2250, 0)
    assert check_all(session) == []


def test_a_completed_checkout_lets_its_cart_go_as_ordered(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    process(session, lock, payment=VISA)

    [cart] = read(session, Cart)
    assert (cart.status, cart.lock_id) == ("ordered", None)
    assert (lock.state, lock.phase, lock.holds_cart, lock.lease_owner) == ("completed", "stock_commit", False, None)


def test_a_completed_checkout_sells_the_stock_it_held(session: Session, shop: Shop) -> None:
    shop.sell(stock=10)

    process(session, shop.checkout(("MUG", 3)), payment=VISA)

    [level] = read(session, StockLevel)
    [reservation] = read(session, StockReservation)
    assert (level.on_hand, level.reserved, reservation.status) == (7, 0, "committed")


def test_every_phase_stands_in_the_history_once(session: Session, shop: Shop) -> None:
    shop.sell()

    process(session, shop.checkout(), payment=VISA)

    steps = read(session, CheckoutStep)
    assert [(step.phase, step.status) for step in steps] == [(phase.value, "completed") for phase in Phase]
    assert all(step.finished_at >= step.started_at for step in steps)


def test_the_payment_token_is_erased_once_the_money_is_reserved(session: Session, shop: Shop) -> None:
    shop.sell()

    process(session, shop.checkout(), payment=VISA)

    assert [operation.payment_token for operation in read(session, PaymentOperation)] == [None, None]


def test_all_shortages_are_reported_together_and_nothing_is_held(session: Session, shop: Shop) -> None:
    shop.sell("MUG", stock=1)
    shop.sell("PEN", stock=0)
    shop.sell("CUP", stock=5)
    lock = shop.checkout(("MUG", 2), ("PEN", 3), ("CUP", 5))

    with pytest.raises(OutOfStock) as refusal:
        process(session, lock, payment=VISA)

    assert refusal.value.context["shortages"] == [
        {"sku": "MUG", "requested": 2, "available": 1},
        {"sku": "PEN", "requested": 3, "available": 0},
    ]
    assert [level.reserved for level in read(session, StockLevel)] == [0, 0, 0]
    assert [(step.phase, step.status) for step in read(session, CheckoutStep)] == [
        ("cart_validation", "completed"),
        ("inventory_reservation", "failed"),
    ]
    assert check_all(session) == []


def test_the_same_sku_on_two_lines_is_summed_before_it_is_reserved(session: Session, shop: Shop) -> None:
    shop.sell("MUG", stock=3)
    lock = shop.checkout(agreed=[("MUG", 2, 900), ("MUG", 2, 800)])

    with pytest.raises(OutOfStock) as refusal:
        process(session, lock, payment=VISA)

    assert refusal.value.context["shortages"] == [{"sku": "MUG", "requested": 4, "available": 3}]


def test_lines_with_agreed_prices_stay_apart_and_keep_their_prices(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)

    order = process(session, shop.checkout(agreed=[("MUG", 2, 900), ("MUG", 1, 800)]), payment=VISA)

    assert order.sub_total == 2600
    assert [line.unit_price for line in read(session, OrderLine)] == [900, 800]


def test_stock_is_split_over_warehouses_by_priority(session: Session, shop: Shop) -> None:
    mug = shop.sell("MUG", stock=2)
    shop.warehouse("far", priority=5)
    shop.stock(mug, 5, warehouse="far")

    process(session, shop.checkout(("MUG", 4)), payment=VISA)

    assert [(each.warehouse_id, each.quantity) for each in read(session, StockReservation)] == [(1, 2), (2, 2)]
    assert [level.on_hand for level in read(session, StockLevel)] == [0, 3]
    assert check_all(session) == []


def test_a_variant_taken_off_sale_after_the_start_ends_the_checkout(session: Session, shop: Shop) -> None:
    mug = shop.sell("MUG")
    lock = shop.checkout()
    mug.active = False
    session.commit()

    with pytest.raises(InvalidCart) as refusal:
        process(session, lock, payment=VISA)

    assert refusal.value.context["reasons"] == [{"field": "lines.MUG", "message": "MUG is no longer sold."}]
    assert (lock.state, lock.outcome) == ("failed", "invalid_cart")


def test_a_price_changed_during_the_checkout_does_not_change_what_is_paid(session: Session, shop: Shop) -> None:
    mug = shop.sell("MUG", price=1000)
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    shop.reprice(mug, 9900)

    [snapshot] = read(session, PriceSnapshot, cart_line_id=None)

    assert snapshot.total == 1000


def test_a_total_of_nothing_needs_no_gateway(session: Session, shop: Shop, gateway: SandboxGateway) -> None:
    shop.sell("GIFT", price=0)

    order = process(session, shop.checkout(("GIFT", 1)), payment=VISA)

    assert (order.status, order.total) == ("paid", 0)
    assert gateway.ledger() == []
    assert [(each.kind, each.status) for each in read(session, PaymentOperation)] == [
        ("authorize", "succeeded"),
        ("capture", "succeeded"),
    ]
    assert check_all(session) == []


def test_a_replayed_key_gets_the_same_order_and_no_second_charge(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    shop.sell()
    lock = shop.checkout()

    first = process(session, lock, payment=VISA, idempotency_key="once")
    second = process(session, lock, payment=VISA, idempotency_key="once")

    assert second.number == first.number
    assert len(gateway.ledger()) == 1


def test_a_replayed_key_gets_the_same_refusal(session: Session, shop: Shop) -> None:
    shop.sell(stock=0)
    lock = shop.checkout(("MUG", 1))

    refusals = []
    for _ in range(2):
        with pytest.raises(OutOfStock) as refusal:
            process(session, lock, payment=VISA, idempotency_key="once")
        refusals.append((str(refusal.value), refusal.value.phase, refusal.value.context))

    assert refusals[0] == refusals[1]


def test_the_same_key_with_another_payment_is_refused(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA, idempotency_key="once")

    with pytest.raises(IdempotencyConflict):
        process(session, lock, payment=Payment("card", "tok_other"), idempotency_key="once")


def test_a_second_process_without_a_key_gives_the_order_again(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    order = process(session, lock, payment=VISA)

    assert process(session, lock, payment=VISA, idempotency_key="late").id == order.id
    assert len(gateway.ledger()) == 1


def test_a_two_line_purchase_takes_three_commits_and_few_statements(
    session: Session, shop: Shop, database: Engine
) -> None:
    shop.sell("MUG")
    shop.sell("PEN")
    lock = shop.checkout(("MUG", 2), ("PEN", 1))
    session.commit()
    statements: list[str] = []
    commits: list[object] = []
    event.listen(database, "before_cursor_execute", lambda *call: statements.append(call[2]))
    event.listen(database, "commit", commits.append)

    process(session, lock, payment=VISA, idempotency_key="once")

    assert len(commits) == 3
    assert len(statements) <= 28


def test_the_number_of_statements_does_not_grow_with_the_lines(session: Session, shop: Shop, database: Engine) -> None:
    counts = []
    for size in (2, 20):
        skus = [f"S{size}-{number}" for number in range(size)]
        for sku in skus:
            shop.sell(sku)
        lock = shop.checkout(*[(sku, 1) for sku in skus])
        statements: list[str] = []
        event.listen(database, "before_cursor_execute", lambda *call, seen=statements: seen.append(call[2]))
        process(session, lock, payment=VISA)
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_errors_carry_their_facts(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    with pytest.raises(CheckoutError) as refusal:
        process(session, lock, payment=Payment("card", "tok_declined"))

    assert refusal.value.code == "declined"
    assert refusal.value.context["code"] == "card_declined"
    assert not refusal.value.retryable


def test_a_sku_is_case_sensitive(session: Session, shop: Shop) -> None:
    shop.sell("85039a", price=100)
    shop.sell("85039A", price=200)

    order = process(session, shop.checkout(("85039a", 1)), payment=VISA)

    assert order.total == 100
    assert len(read(session, Variant)) == 2
