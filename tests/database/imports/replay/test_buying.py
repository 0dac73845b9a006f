"""One invoice through the whole checkout: bought once, whatever happened before."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from console.engine import Addresses, LineRequest, create_cart, start
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.inventory import correct_stock
from console.engine.runtime import CheckoutConfig, attach
from console.engine.store.database import transact
from console.gateways.sandbox import SandboxGateway
from console.imports.replay import Invoice, Pace
from console.imports.replay.buying import Ending, Purchase, WrongTotal, buy
from console.imports.replay.invoices import InvoiceLine, Skip
from console.imports.replay.shoppers import Shopper
from console.models import Cart, CartLine, CheckoutLock, Order, OrderLine, StockLevel, TaxRate
from console.testing.factories import Shop, make_driverless
from tests.support.engine.rows import read, read_one
from tests.support.engine.worlds import World, run_together


def invoice(*lines: tuple[str, int, int], number: str = "536365", country: str = "GB") -> Invoice:
    return Invoice(number, "17850", country, tuple(InvoiceLine(*each) for each in lines or (("MUG", 2, 95),)))


def made_of(one: Invoice) -> dict[str, Any]:
    """Give the cart that a replay makes of an invoice."""
    shopper = Shopper(one.customer, country=one.country)
    return {
        "lines": [LineRequest(line.sku, line.quantity, line.unit_price) for line in one.lines],
        "email": shopper.email,
        "addresses": Addresses(shopper.address),
        "external_reference": one.number,
    }


def test_an_invoice_becomes_a_paid_order_at_its_own_prices(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000, stock=20)

    result = buy(session, invoice(("MUG", 6, 255), ("MUG", 2, 210), ("MUG", 6, 255)))

    order = read_one(session, Order)
    assert (result.number, result.ending, result.reason) == ("536365", Ending.BOUGHT, None)
    assert (order.status, order.external_reference, order.sub_total) == ("paid", "536365", 12 * 255 + 2 * 210)
    assert [(line.quantity, line.unit_price) for line in read(session, OrderLine)] == [(6, 255), (2, 210), (6, 255)]
    assert check_all(session) == []


def test_tax_goes_by_the_invoices_country(session: Session, shop: Shop) -> None:
    shop.sell("MUG", stock=20)
    session.add(TaxRate(country="IE", name="VAT", rate=Decimal("0.23")))
    session.commit()

    for number, country in (("1", "IE"), ("2", "NO")):
        buy(session, invoice(("MUG", 1, 1000), number=number, country=country))

    assert [order.tax_total for order in read(session, Order)] == [230, 0]


def test_what_was_bought_is_skipped(session: Session, shop: Shop) -> None:
    shop.sell("MUG", stock=20)
    buy(session, invoice())

    again = buy(session, invoice())

    assert (again.ending, again.reason) == (Ending.SKIPPED, Skip.BOUGHT)
    assert len(read(session, Order)) == 1


def test_too_little_stock_is_refused_with_what_is_short_and_may_be_bought_later(session: Session, shop: Shop) -> None:
    mug = shop.sell("MUG", stock=1)

    refused = buy(session, invoice())
    [level] = read(session, StockLevel, variant_id=mug.id)
    transact(session, lambda: correct_stock(session, level.id, change=5))
    later = buy(session, invoice())

    assert (refused.ending, refused.reason) == (Ending.REFUSED, "out_of_stock")
    assert refused.facts == [{"sku": "MUG", "requested": 2, "available": 1}]
    assert later.ending == Ending.BOUGHT
    assert len(read(session, Cart)) == 1


def test_a_sku_that_is_not_sold_skips_the_invoice(session: Session, shop: Shop) -> None:
    shop.sell("MUG")

    result = buy(session, invoice(("MUG", 1, 95), ("GONE", 1, 95)))

    assert (result.ending, result.reason, result.facts) == (Ending.SKIPPED, Skip.UNKNOWN_SKU, [{"sku": "GONE"}])
    assert read(session, Cart) == []


def test_a_quantity_that_no_cart_takes_is_refused(session: Session, shop: Shop) -> None:
    shop.sell("MUG")

    result = buy(session, invoice(("MUG", 100_001, 95)))

    assert (result.ending, result.reason) == (Ending.REFUSED, "invalid")
    assert read(session, Cart) == []


def test_a_cart_left_by_an_interrupted_replay_is_bought(session: Session, shop: Shop) -> None:
    shop.sell("MUG", stock=20)
    transact(session, lambda: create_cart(session, **made_of(invoice())))

    result = buy(session, invoice())

    assert result.ending == Ending.BOUGHT
    assert len(read(session, Cart)) == 1
    assert len(read(session, CartLine)) == 1


def test_a_checkout_left_at_its_start_is_joined(session: Session, shop: Shop) -> None:
    shop.sell("MUG", stock=20)
    cart = transact(session, lambda: create_cart(session, **made_of(invoice())))
    left = start(session, cart, session_id="replay-536365")

    buy(session, invoice())

    assert [(lock.id, lock.state) for lock in read(session, CheckoutLock)] == [(left.id, "completed")]


class Interrupted(BaseException):
    """What a kill looks like from inside."""


class InterruptedCapture:
    """The sandbox, whose capture is interrupted once."""

    def __init__(self, gateway: SandboxGateway) -> None:
        self.name = gateway.name
        self.gateway = gateway
        self.was_interrupted = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)

    def capture(self, *args: Any, **kwargs: Any) -> Any:
        answer = self.gateway.capture(*args, **kwargs)
        if not self.was_interrupted:
            self.was_interrupted = True
            raise Interrupted
        return answer


def test_a_checkout_left_in_its_capture_is_driven_on_and_charged_once(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    shop.sell("MUG", stock=20)
    attach(session.get_bind().engine, config=CheckoutConfig(), gateway=InterruptedCapture(gateway))
    with pytest.raises(Interrupted):
        buy(session, invoice())
    make_driverless(session, read_one(session, CheckoutLock))

    result = buy(session, invoice())

    assert result.ending == Ending.BOUGHT
    assert [charge.captured for charge in gateway.ledger()] == [190]
    assert check_all(session) == []


@pytest.mark.databases("postgresql")
def test_a_sale_made_between_two_looks_is_not_made_again(
    session: Session, shop: Shop, gateway: SandboxGateway, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell("MUG", stock=20)
    attach(database, config=CheckoutConfig(), gateway=InterruptedCapture(gateway))
    with pytest.raises(Interrupted):
        buy(session, invoice())
    make_driverless(session, read_one(session, CheckoutLock))
    execute, looks = session.execute, iter(range(10))

    def sell_after_the_first_look(statement: Any, *args: Any, **kwargs: Any) -> Any:
        found = execute(statement, *args, **kwargs).freeze()
        if str(statement).startswith("SELECT") and "advisory" not in str(statement) and next(looks) == 0:
            with Session(database) as other:
                recover(other)
        return found()

    monkeypatch.setattr(session, "execute", sell_after_the_first_look)
    monkeypatch.setattr(session, "scalar", lambda query: sell_after_the_first_look(query).scalar())
    monkeypatch.setattr(session, "scalars", lambda query: sell_after_the_first_look(query).scalars())

    result = buy(session, invoice())

    monkeypatch.undo()
    assert (result.ending, result.reason) == (Ending.SKIPPED, Skip.BOUGHT)
    assert len(read(session, Cart)) == 1


def test_a_cart_of_somebody_else_with_the_same_reference_is_left_alone(session: Session, shop: Shop) -> None:
    shop.sell("MUG", stock=20)
    shop.cart(("MUG", 7), external_reference="536365")

    buy(session, invoice())

    assert [(cart.email, cart.status) for cart in read(session, Cart)] == [
        ("ada@example.org", "open"),
        (Shopper("17850", country="GB").email, "ordered"),
    ]


def test_an_order_that_sums_to_another_amount_is_a_failure(session: Session, shop: Shop) -> None:
    shop.sell("MUG", stock=20)
    left = transact(session, lambda: create_cart(session, **made_of(invoice())))
    session.execute(update(CartLine).where(CartLine.cart_id == left.id).values(agreed_unit_price=1))
    session.commit()

    with pytest.raises(WrongTotal, match="the invoice sums to 190"):
        buy(session, invoice())


def buy_together(barrier: Any, world: World) -> Purchase:
    """Buy the invoice at the same moment as others."""
    with world.open() as (session, _, _):
        barrier.wait()
        return buy(session, invoice())


def test_two_replays_at_once_buy_an_invoice_once(
    session: Session, shop: Shop, gateway: SandboxGateway, database_url: str, tmp_path: Path
) -> None:
    shop.sell("MUG", stock=20)
    session.commit()
    world = World(database_url, f"sqlite:///{tmp_path}/sandbox.sqlite3")

    results = run_together(buy_together, *[(world,)] * 4)

    assert {result.ending for result in results} <= {Ending.BOUGHT, Ending.SKIPPED}
    assert [order.status for order in read(session, Order)] == ["paid"]
    assert len(read(session, Cart)) == 1
    assert [charge.captured for charge in gateway.ledger()] == [190]


def test_a_pace_lets_the_invoices_times_pass_faster() -> None:
    def at(text: str) -> Invoice:
        return Invoice("1", "1", "GB", (), datetime.fromisoformat(text))

    pace = Pace(speed=3600)

    first, second = pace.seconds_until(at("2010-12-01T08:00")), pace.seconds_until(at("2010-12-01T10:00"))

    assert first <= 0
    assert 1 < second <= 2
    assert Pace(speed=None).seconds_until(at("2010-12-01T08:00")) == 0
