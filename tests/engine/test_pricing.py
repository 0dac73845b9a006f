"""What a cart costs: coupons, tax by country and class, shipping, currencies; frozen when the prices are locked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine import Addresses, Payment, process
from console.engine.errors import InvalidCart, PaymentDeclined
from console.engine.invariants import check_all
from console.engine.payments.sandbox import SandboxGateway
from console.engine.runtime import CheckoutConfig, attach
from console.models import (
    Coupon,
    CouponVariant,
    ExchangeRate,
    Order,
    PriceSnapshot,
    ShippingMethod,
    TaxRate,
)
from tests.engine.rows import read, read_one
from tests.factories import ADDRESS, VISA, Shop

DUBLIN = Addresses({**ADDRESS, "city": "Dublin", "country": "IE"})


def add(session: Session, *rows: Any) -> None:
    session.add_all(rows)
    session.commit()


def ten_percent(**fields: Any) -> Coupon:
    return Coupon(**{"code": "TEN", "name": "Ten off", "kind": "percent", "value": Decimal(10)} | fields)


def buy(session: Session, shop: Shop, *lines: tuple[str, int], **details: Any) -> Order:
    order = process(session, shop.checkout(*lines, **details), payment=VISA)
    assert check_all(session) == []
    return order


def test_tax_goes_by_the_country_and_the_class(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    shop.sell("BOOK", price=1000, tax_class="zero")
    add(
        session,
        TaxRate(country="GB", name="VAT", rate=Decimal("0.2")),
        TaxRate(country="IE", name="VAT", rate=Decimal("0.23")),
    )

    british = buy(session, shop, ("MUG", 1), ("BOOK", 1))
    irish = buy(session, shop, ("MUG", 1), addresses=DUBLIN)

    assert (british.sub_total, british.tax_total, british.total) == (2000, 200, 2200)
    assert irish.tax_total == 230
    [line] = read(session, PriceSnapshot, sku="MUG", tax_rate=Decimal("0.23"))
    assert line.tax_breakdown[0]["amount"] == 230


def test_a_tax_that_prices_include_adds_nothing(
    session: Session, shop: Shop, database: Engine, gateway: SandboxGateway
) -> None:
    attach(database, config=CheckoutConfig(prices_include_tax=True), gateway=gateway)
    shop.sell("MUG", price=1200)
    add(session, TaxRate(country="GB", name="VAT", rate=Decimal("0.2")))

    order = buy(session, shop)

    assert (order.total, order.tax_total) == (1200, 0)
    assert read_one(session, PriceSnapshot, sku=None).tax_breakdown[0]["amount"] == 200


def test_a_coupon_takes_its_share_off_and_its_use_becomes_final(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=999)
    add(session, ten_percent(max_uses=1))

    order = buy(session, shop, ("MUG", 3), coupon_code="ten")

    assert (order.sub_total, order.discount_total, order.total, order.coupon_code) == (2997, 300, 2697, "TEN")
    assert read_one(session, Coupon).uses == 1


def test_a_coupon_used_up_is_refused_at_the_start(session: Session, shop: Shop) -> None:
    shop.sell()
    add(session, ten_percent(max_uses=1))
    buy(session, shop, coupon_code="TEN")

    with pytest.raises(InvalidCart, match="used up"):
        shop.checkout(coupon_code="TEN")


def test_the_last_use_of_a_coupon_goes_to_one_cart(session: Session, shop: Shop) -> None:
    shop.sell()
    add(session, ten_percent(max_uses=1))
    first, second = shop.checkout(coupon_code="TEN"), shop.checkout(coupon_code="TEN")
    process(session, first, payment=VISA)

    with pytest.raises(InvalidCart, match="used up"):
        process(session, second, payment=VISA)

    assert check_all(session) == []


def test_a_checkout_that_goes_back_returns_its_coupon_use(session: Session, shop: Shop) -> None:
    shop.sell()
    add(session, ten_percent(max_uses=1))

    with pytest.raises(PaymentDeclined):
        process(session, shop.checkout(coupon_code="TEN"), payment=Payment("card", "tok_capture_declined"))

    assert read_one(session, Coupon).uses == 0
    assert check_all(session) == []
    assert buy(session, shop, coupon_code="TEN").discount_total == 100


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"valid_until": datetime.now(UTC) - timedelta(days=1)}, "not valid now"),
        ({"valid_from": datetime.now(UTC) + timedelta(days=1)}, "not valid now"),
        ({"active": False}, "not valid now"),
        ({"minimum_amount": 5000}, "needs a larger cart"),
        ({"kind": "fixed", "value": Decimal(500), "currency_code": "EUR"}, "carts in EUR"),
    ],
)
def test_a_coupon_that_cannot_be_used_says_why(session: Session, shop: Shop, fields: Any, told: str) -> None:
    shop.sell()
    add(session, ten_percent(**fields))

    with pytest.raises(InvalidCart, match=told):
        shop.checkout(coupon_code="TEN")


def test_a_coupon_may_be_limited_to_a_product(session: Session, shop: Shop) -> None:
    mug = shop.sell("MUG", price=1000)
    shop.sell("PEN", price=1000)
    add(session, ten_percent(id=1))
    add(session, CouponVariant(coupon_id=1, variant_id=mug.id))

    assert buy(session, shop, ("MUG", 1), ("PEN", 1), coupon_code="TEN").discount_total == 100


def test_shipping_is_chosen_by_country_and_free_above_an_amount(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000, stock=100)
    home = {"currency_code": "GBP", "price": 300, "free_above": 5000}
    add(
        session,
        ShippingMethod(code="world", name="World", currency_code="GBP", price=900),
        ShippingMethod(code="home", name="Home", country="GB", **home),
    )

    assert buy(session, shop, ("MUG", 1)).shipping_total == 300
    assert buy(session, shop, ("MUG", 5)).shipping_total == 0
    assert buy(session, shop, ("MUG", 1), addresses=DUBLIN).shipping_total == 900


def test_a_cart_in_another_currency_is_converted_and_its_rate_kept(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    add(session, ExchangeRate(base_currency="GBP", quote_currency="JPY", rate=Decimal("190.5")))

    order = buy(session, shop, ("MUG", 2), currency="JPY")

    assert (order.total, order.currency) == (3810, "JPY")
    snapshot = read_one(session, PriceSnapshot, sku=None)
    assert (snapshot.exchange_rate, snapshot.compare_currency_code) == (Decimal("190.5"), "GBP")


def test_a_rate_moved_during_the_checkout_does_not_change_what_is_paid(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    rate = ExchangeRate(base_currency="GBP", quote_currency="JPY", rate=Decimal("190.5"))
    add(session, rate)
    order = buy(session, shop, ("MUG", 2), currency="JPY")
    rate.rate = Decimal(300)
    session.commit()

    assert read_one(session, Order, id=order.id).total == 3810
