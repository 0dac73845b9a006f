"""Coupons: when one counts, what it takes off which lines, and that its last use goes to one cart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from console.engine import Payment, process, start
from console.engine.care.invariants import check_all
from console.engine.errors import InvalidCart, PaymentDeclined
from console.engine.prices.coupons import coupon_query
from console.engine.runtime import CheckoutConfig, attach
from console.gateways.sandbox import SandboxGateway
from console.models import (
    CheckoutLock,
    Coupon,
    CouponRedemption,
    CouponVariant,
    PriceSnapshot,
)
from console.testing.factories import VISA, Shop
from tests.support.engine.merchant import add, buy, pounds_in, ten_percent, vat
from tests.support.engine.rows import read, read_one


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
        ({"code": "OTHER"}, "no coupon TEN"),
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


def test_a_coupon_on_every_pot_leaves_nothing_to_pay_and_never_less(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    shop.sell("MUG", price=999)
    add(session, ten_percent(kind="fixed", value=Decimal(5000), currency_code="GBP"), vat())

    order = buy(session, shop, ("MUG", 2), coupon_code="TEN")

    assert (order.sub_total, order.discount_total, order.tax_total, order.total) == (1998, 1998, 0, 0)
    assert gateway.ledger() == []


def test_a_full_discount_with_the_tax_included_is_a_sale_of_nothing(
    session: Session, shop: Shop, database: Engine, gateway: SandboxGateway
) -> None:
    attach(database, config=CheckoutConfig(prices_include_tax=True), gateway=gateway)
    shop.sell("MUG", price=1200)
    add(session, ten_percent(value=Decimal(100)), vat())

    order = buy(session, shop, coupon_code="TEN")

    assert (order.total, order.status) == (0, "paid")


def test_a_coupon_for_a_product_spreads_over_its_lines_only(session: Session, shop: Shop) -> None:
    mug = shop.sell("MUG")
    shop.sell("PEN")
    add(session, ten_percent(id=1, kind="fixed", value=Decimal(100), currency_code="GBP"))
    add(session, CouponVariant(coupon_id=1, variant_id=mug.id))
    cart = shop.cart(agreed=[("MUG", 1, 100), ("PEN", 1, 700), ("MUG", 2, 100), ("MUG", 1, 0)], coupon_code="TEN")

    process(session, start(session, cart, session_id="phone"), payment=VISA)

    lines = read(session, PriceSnapshot)[1:]
    assert [(line.sku, line.discount_total, line.total) for line in lines] == [
        ("MUG", 33, 67),
        ("PEN", 0, 700),
        ("MUG", 67, 133),
        ("MUG", 0, 0),
    ]
    assert check_all(session) == []


def test_a_coupon_for_other_products_is_refused_and_not_used_up(session: Session, shop: Shop) -> None:
    mug = shop.sell("MUG")
    shop.sell("PEN")
    add(session, ten_percent(id=1))
    add(session, CouponVariant(coupon_id=1, variant_id=mug.id))

    with pytest.raises(InvalidCart, match="other products"):
        shop.checkout(("PEN", 1), coupon_code="TEN")


def test_a_coupons_minimum_counts_in_the_currency_of_the_cart(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000, stock=20)
    add(session, ten_percent(minimum_amount=5000), pounds_in("JPY", "190"))

    with pytest.raises(InvalidCart, match="larger cart"):
        shop.checkout(("MUG", 4), currency="JPY", coupon_code="TEN")  # 7,600 yen are 40 pounds

    assert buy(session, shop, ("MUG", 5), currency="JPY", coupon_code="TEN").total == 8550


def test_a_coupon_is_found_in_any_case_of_its_letters_and_the_exact_one_first(session: Session, shop: Shop) -> None:
    shop.sell(price=1000, stock=20)
    add(session, ten_percent(code="ÉTÉ"), ten_percent(code="ten", value=Decimal(5)), ten_percent())

    discounts = [buy(session, shop, coupon_code=code).discount_total for code in ("ÉTÉ", "Été", "ten", "TEN")]

    assert discounts == [100, 100, 50, 100]


def test_a_cart_gets_a_coupon_as_often_as_it_says(session: Session, shop: Shop) -> None:
    shop.sell()
    add(session, ten_percent(max_uses_per_cart=1))
    lock = shop.checkout(coupon_code="TEN")
    earlier = shop.checkout()
    coupon = read_one(session, Coupon)
    use = {"coupon_id": coupon.id, "lock_id": earlier.id, "cart_id": lock.cart_id}
    add(session, CouponRedemption(**use, status="final"))

    with pytest.raises(InvalidCart, match="used on this cart"):
        process(session, lock, payment=VISA)

    assert read_one(session, CheckoutLock, id=lock.id).outcome == "invalid_cart"
    assert session.scalar(select(Coupon.uses)) == 0


def test_a_coupon_that_expires_before_the_prices_are_frozen_is_refused(session: Session, shop: Shop) -> None:
    shop.sell()
    add(session, ten_percent())
    lock = shop.checkout(coupon_code="TEN")
    session.execute(update(Coupon).values(valid_until=datetime.now(UTC) - timedelta(hours=1)))
    session.commit()

    with pytest.raises(InvalidCart, match="not valid now"):
        process(session, lock, payment=VISA)

    assert check_all(session) == []


def test_a_coupon_that_expires_after_the_prices_are_frozen_holds(
    session: Session, shop: Shop, database: Engine, gateway: SandboxGateway
) -> None:
    attach(database, config=CheckoutConfig(reserve_on_start=True), gateway=gateway)
    shop.sell()
    add(session, ten_percent())
    lock = shop.checkout(coupon_code="TEN")
    session.execute(update(Coupon).values(valid_until=datetime.now(UTC) - timedelta(hours=1), active=False))
    session.commit()

    order = process(session, lock, payment=VISA)

    assert (order.total, order.discount_total) == (900, 100)
    assert check_all(session) == []


@pytest.mark.databases("postgresql")
def test_a_coupon_is_found_by_an_index_on_its_code_in_small_letters(database: Engine) -> None:
    query = coupon_query("Ten").compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})

    with database.connect() as connection:  # rolled back at the end
        connection.execute(text("CREATE INDEX ix_for_this_test ON coupons (lower(code))"))
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(connection.scalars(text(f"EXPLAIN {query}")))

    assert "Index Cond: (lower((code)::text) = 'ten'::text)" in plan
