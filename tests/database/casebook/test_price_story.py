"""What support reads of how the prices of a checkout came about."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from console.casebook.cases import Checkout, read_checkout
from console.casebook.documents import describe
from console.casebook.prices import tell_prices
from console.engine import process
from console.models import CheckoutLock, ShippingMethod
from console.testing.factories import VISA, Shop
from tests.support.engine.merchant import add, pounds_in, ten_percent, vat

pytestmark = pytest.mark.databases("sqlite")


def seen(session: Session, lock: CheckoutLock) -> Checkout:
    session.commit()
    checkout = read_checkout(session, lock.id, sweep_seconds=300)
    assert checkout is not None
    return checkout


def test_discount_tax_shipping_and_rate_are_told(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    add(session, vat(), ten_percent(value=Decimal("12.5")), pounds_in("KWD", "0.39"))
    add(session, ShippingMethod(code="post", name="Post", currency_code="GBP", price=500, tax_class="standard"))
    lock = shop.checkout(("MUG", 1), currency="KWD", coupon_code="TEN")
    assert tell_prices(seen(session, lock).snapshots) == []

    process(session, lock, payment=VISA)

    assert tell_prices(seen(session, lock).snapshots) == [
        "Coupon TEN (Ten off) took 12.5 % off 3.900 KWD: 0.488 KWD.",
        "VAT of 20 % on goods of class standard, 3.412 KWD: 0.682 KWD, added to the prices.",
        "VAT of 20 % on shipping, 1.950 KWD: 0.390 KWD, added to the prices.",
        "Shipping is Post, 2.340 KWD.",
        "1 GBP was worth 0.39 KWD; prices that the shop does not keep in KWD were converted.",
    ]


def test_a_fixed_coupon_is_told(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    add(session, ten_percent(name="", kind="fixed", value=Decimal(150), currency_code="GBP"))
    lock = shop.checkout(("MUG", 1), coupon_code="TEN")

    process(session, lock, payment=VISA)

    assert tell_prices(seen(session, lock).snapshots) == ["Coupon TEN took a fixed amount off 10.00 GBP: 1.50 GBP."]


def test_the_document_has_rates_and_breakdowns(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    add(session, vat(), ten_percent())
    lock = shop.checkout(("MUG", 1), coupon_code="TEN")
    process(session, lock, payment=VISA)

    line, whole = describe(seen(session, lock)).snapshots

    assert (line.tax_rate, line.tax_breakdown[0]["amount"], line.discount_breakdown[0]["amount"]) == (
        Decimal("0.2"),
        180,
        100,
    )
    assert (whole.promotion_details or {})["value"] == "10"
    assert (whole.currency_code, whole.compare_currency_code, whole.exchange_rate) == ("GBP", "GBP", Decimal(1))
