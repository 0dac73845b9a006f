"""What a merchant sets up for a test: coupons, taxes, exchange rates; and a purchase after which everything holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from console.engine import process
from console.engine.care.invariants import check_all
from console.models import Coupon, ExchangeRate, Order, TaxRate
from console.testing.factories import VISA, Shop


def add(session: Session, *rows: Any) -> None:
    """Save rows."""
    session.add_all(rows)
    session.commit()


def ten_percent(**fields: Any) -> Coupon:
    """Give a coupon TEN, 10 % off everything for everybody."""
    return Coupon(**{"code": "TEN", "name": "Ten off", "kind": "percent", "value": Decimal(10)} | fields)


def vat() -> TaxRate:
    """Give the standard rate of the United Kingdom."""
    return TaxRate(country="GB", name="VAT", rate=Decimal("0.2"))


def pounds_in(currency: str, rate: str) -> ExchangeRate:
    """Give what a pound is worth in another currency."""
    return ExchangeRate(base_currency="GBP", quote_currency=currency, rate=Decimal(rate))


def buy(session: Session, shop: Shop, *lines: tuple[str, int], **details: Any) -> Order:
    """Buy lines in a new cart, and check every invariant."""
    order = process(session, shop.checkout(*lines, **details), payment=VISA)
    assert check_all(session) == []
    return order
