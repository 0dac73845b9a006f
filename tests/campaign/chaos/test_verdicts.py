"""The campaign's judge sees what it is there to see: each wrong end is found, and told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, update
from sqlalchemy.orm import Session

from console.engine import cancel, process
from console.gateways.sandbox import SandboxGateway
from console.gateways.sandbox.tables import charges
from console.models import CheckoutLock, Order
from console.models.types import clock
from console.testing.factories import VISA, Shop
from tests.campaign.chaos.load import is_true
from tests.campaign.chaos.shoppers import Told
from tests.campaign.chaos.verdicts import End, judge_all


@pytest.fixture
def ledger(gateway: SandboxGateway, tmp_path: Any) -> Engine:
    return create_engine(f"sqlite:///{tmp_path}/sandbox.sqlite3")


def buy(session: Session, shop: Shop) -> CheckoutLock:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)
    return lock


def change(engine: Engine, table: Any, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(update(table).values(values))


def test_a_sale_is_completed_and_nothing_speaks_against_it(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    buy(session, shop)

    tally = judge_all(session, gateway)

    assert (tally.ends, tally.violations) == ({End.COMPLETED: 1}, [])


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        ({"captured": 0}, "captured 0 times"),
        ({"refunded": 1000}, "the shopper paid 0"),
        ({"authorized": 1500}, "500 are still reserved on the card"),
        ({"lock_reference": "AAAA-AAAA"}, "AAAA-AAAA: charged, but no checkout of ours"),
    ],
)
def test_a_sale_that_the_ledger_knows_otherwise_is_found(
    session: Session, shop: Shop, gateway: SandboxGateway, ledger: Engine, amounts: dict[str, Any], told: str
) -> None:
    buy(session, shop)
    change(ledger, charges, **amounts)

    violations = judge_all(session, gateway).violations

    assert any(violation.endswith(told) for violation in violations), violations


def test_an_undone_checkout_that_kept_money_or_an_order_is_found(
    session: Session, shop: Shop, gateway: SandboxGateway, database: Engine
) -> None:
    buy(session, shop)
    ending = {"completed_at": None, "failed_at": clock(), "phase": "payment_capture"}
    change(database, CheckoutLock, state="failed", outcome="declined", **ending)

    violations = judge_all(session, gateway).violations

    assert any(violation.endswith("undone, with an order") for violation in violations)
    assert any(violation.endswith("undone, and the shopper paid 1000") for violation in violations)


def test_a_checkout_left_lying_is_found(session: Session, shop: Shop, gateway: SandboxGateway) -> None:
    shop.sell()
    shop.checkout()

    tally = judge_all(session, gateway)

    assert tally.ends == {End.WAITING: 1}
    assert [each.partition(": ")[2] for each in tally.violations] == ["left lying: nobody drives it, nothing is asked"]


def test_a_call_for_a_human_without_a_reason_is_found(
    session: Session, shop: Shop, gateway: SandboxGateway, database: Engine
) -> None:
    shop.sell()
    shop.checkout()
    change(database, CheckoutLock, needs_attention="Something is odd.")

    tally = judge_all(session, gateway)

    assert tally.ends == {End.ATTENTION: 1}
    assert tally.violations[0].endswith("asks for a human without a reason")


def test_what_shoppers_were_told_is_compared_with_what_became_of_it(session: Session, shop: Shop) -> None:
    sold = buy(session, shop)
    number = session.query(Order).one().number
    undone = shop.checkout()
    cancel(session, undone)

    assert is_true(Told(sold.id, 201, None, number), sold, number)
    assert is_true(Told(undone.id, 409, "ended", None), undone, None)
    assert is_true(Told(sold.id, 202, None, None), sold, number)
    assert not is_true(Told(sold.id, 201, None, "another"), sold, number)
    assert not is_true(Told(sold.id, 402, "declined", None), sold, number)
    assert not is_true(Told(undone.id, 402, "declined", None), undone, None)
    assert not is_true(Told(undone.id, 200, None, number), undone, number)
