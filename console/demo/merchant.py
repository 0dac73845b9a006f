"""What a merchant sets before opening: taxes, exchange rates, shipping, coupons. What is there already stays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from console.engine.database import insert_into
from console.engine.tables import coupons, exchange_rates, shipping_methods, tax_rates
from console.models.vocabulary import CouponKind

WELCOME, SPRING = "WELCOME10", "SPRING5"

_TAXES = {
    "AT": ("USt", "0.20", "0.10"),
    "BE": ("TVA", "0.21", "0.06"),
    "DE": ("USt", "0.19", "0.07"),
    "ES": ("IVA", "0.21", "0.10"),
    "FR": ("TVA", "0.20", "0.055"),
    "GB": ("VAT", "0.20", "0.05"),
    "IE": ("VAT", "0.23", "0.135"),
    "IT": ("IVA", "0.22", "0.10"),
    "NL": ("BTW", "0.21", "0.09"),
    "PT": ("IVA", "0.23", "0.13"),
}
_RATES = {"EUR": "1.17", "USD": "1.31", "JPY": "196.5"}
_SHIPPING: tuple[dict[str, Any], ...] = (
    {"code": "uk", "name": "Within the UK", "country": "GB", "price": 395, "free_above": 5000},
    {"code": "ireland", "name": "To Ireland", "country": "IE", "price": 690, "free_above": 9000},
    {"code": "world", "name": "Anywhere else", "country": None, "price": 1250, "free_above": None},
)
_COUPONS: tuple[dict[str, Any], ...] = (
    {"code": WELCOME, "name": "10 % for new customers", "kind": CouponKind.PERCENT, "value": Decimal(10)},
    {
        "code": SPRING,
        "name": "£5 off from £40",
        "kind": CouponKind.FIXED,
        "value": Decimal(500),
        "currency_code": "GBP",
        "minimum_amount": 4000,
        "max_uses": 500,
    },
)


def set_up(session: Session) -> None:
    """Set taxes, rates, shipping and coupons of the demo shop. Caller commits."""
    for country, (name, standard, reduced) in _TAXES.items():
        for tax_class, rate in (("standard", standard), ("reduced", reduced), ("zero", "0")):
            row = {"country": country, "tax_class": tax_class, "name": name, "rate": Decimal(rate)}
            _add(session, tax_rates, row)
    for currency, rate in _RATES.items():
        row = {"base_currency": "GBP", "quote_currency": currency, "rate": Decimal(rate)}
        _add(session, exchange_rates, row)
    for method in _SHIPPING:
        _add(session, shipping_methods, {**method, "currency_code": "GBP", "tax_class": "standard"})
    for coupon in _COUPONS:
        _add(session, coupons, coupon)


def _add(session: Session, table: Table, row: dict[str, Any]) -> None:
    session.execute(insert_into(session, table).values(row).on_conflict_do_nothing())
