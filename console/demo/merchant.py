"""What a merchant sets and does: taxes, rates, shipping, a warehouse, coupons, deliveries. What is there stays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from console.engine.inventory import correct_stock
from console.engine.store.database import insert_into
from console.engine.store.tables import (
    coupon_variants,
    coupons,
    exchange_rates,
    shipping_methods,
    stock_levels,
    tax_rates,
    variants,
    warehouses,
)
from console.models.types import clock
from console.models.vocabulary import CouponKind, MovementKind

WELCOME, SPRING, BIG, TEATIME, AUTUMN = "WELCOME10", "SPRING5", "BIG15", "TEATIME15", "AUTUMN20"
FIRST, FLASH = "FIRST12", "FLASH25"
TEATIME_SKUS = ("TEA-01", "TEA-02", "TEA-03", "BIS-01", "JAM-01", "HON-01")
_DAY = 86400.0
_LOW, _DELIVERED = 30, 150
_SUPPLIED_FROM = 10  # what the catalogue itself has less of is meant to run out

_TAXES = {
    "AT": ("USt", "0.20", "0.10"),
    "BE": ("TVA", "0.21", "0.06"),
    "DE": ("USt", "0.19", "0.07"),
    "ES": ("IVA", "0.21", "0.10"),
    "FR": ("TVA", "0.20", "0.055"),
    "GB": ("VAT", "0.20", "0.05"),
    "IE": ("VAT", "0.23", "0.135"),
    "IT": ("IVA", "0.22", "0.10"),
    "JP": ("Consumption tax", "0.10", "0.08"),
    "NL": ("BTW", "0.21", "0.09"),
    "PT": ("IVA", "0.23", "0.13"),
}
_RATES = {"EUR": "1.17", "USD": "1.31", "JPY": "196.5"}
# Code, name, country, price and from which subtotal it costs nothing, in pence.
_SHIPPING = (
    ("uk", "Royal Mail Tracked 48", "GB", 395, 5000),
    ("ireland", "An Post Tracked", "IE", 690, 9000),
    ("germany", "DHL Paket", "DE", 890, 11000),
    ("france", "Colissimo", "FR", 890, 11000),
    ("netherlands", "PostNL", "NL", 790, 10000),
    ("usa", "International Tracked, USA", "US", 1490, 16000),
    ("world", "International Tracked", None, 1250, 18000),
)


def set_up(session: Session) -> None:
    """Set taxes, rates, shipping and the second warehouse of the demo shop. Caller commits."""
    for country, (name, standard, reduced) in _TAXES.items():
        for tax_class, rate in (("standard", standard), ("reduced", reduced), ("zero", "0")):
            row = {"country": country, "tax_class": tax_class, "name": name, "rate": Decimal(rate)}
            _add(session, tax_rates, row)
    for currency, rate in _RATES.items():
        row = {"base_currency": "GBP", "quote_currency": currency, "rate": Decimal(rate)}
        _add(session, exchange_rates, row)
    for code, name, destination, price, free_above in _SHIPPING:
        row = {"code": code, "name": name, "country": destination, "price": price, "free_above": free_above}
        _add(session, shipping_methods, {**row, "currency_code": "GBP", "tax_class": "standard"})
    _add(session, warehouses, {"code": "north", "name": "Northern store, Leeds", "priority": 10})


def offer_coupons(session: Session, *, days: int) -> None:
    """Offer coupons of every kind: one runs out before now, `days` from the clock on. Caller commits."""
    for coupon in _coupons(days):
        _add(session, coupons, {"valid_from": clock(-_DAY), **coupon})
    coupon_id = session.scalars(select(coupons.c.id).where(coupons.c.code == TEATIME)).one()
    for variant_id in session.scalars(select(variants.c.id).where(variants.c.sku.in_(TEATIME_SKUS))):
        _add(session, coupon_variants, {"coupon_id": coupon_id, "variant_id": variant_id})


def _coupons(days: int) -> tuple[dict[str, Any], ...]:
    percent, fixed = {"kind": CouponKind.PERCENT}, {"kind": CouponKind.FIXED, "currency_code": "GBP"}
    return (
        {"code": WELCOME, "name": "10 % for new customers", **percent, "value": Decimal(10)},
        {"code": SPRING, "name": "£5 off from £40", **fixed, "value": Decimal(500), "minimum_amount": 4000},
        {"code": BIG, "name": "£15 off from £120", **fixed, "value": Decimal(1500), "minimum_amount": 12000},
        {"code": TEATIME, "name": "15 % off tea and what goes with it", **percent, "value": Decimal(15)},
        {
            "code": AUTUMN,
            "name": "Autumn sale, 20 %",
            **percent,
            "value": Decimal(20),
            "valid_until": clock((days - 1.5) * _DAY),
        },
        {"code": FIRST, "name": "12 % for the first six", **percent, "value": Decimal(12), "max_uses": 6},
        {"code": FLASH, "name": "Flash sale, 25 %", **percent, "value": Decimal(25), "active": False},
    )


def switch_coupon(session: Session, code: str, *, is_on: bool) -> None:
    """Open or end a coupon. Caller commits."""
    session.execute(update(coupons).where(coupons.c.code == code).values(active=is_on))


def switch_product(session: Session, sku: str, *, is_on: bool) -> None:
    """Put a product on sale or take it off. Caller commits."""
    session.execute(update(variants).where(variants.c.sku == sku).values(active=is_on))


def take_deliveries(session: Session) -> None:
    """Stock up what runs low. Caller commits."""
    free = stock_levels.c.on_hand - stock_levels.c.reserved
    low = select(stock_levels.c.id).where(free < _LOW, stock_levels.c.on_hand >= _SUPPLIED_FROM)
    for level_id in session.scalars(low.order_by(stock_levels.c.id)).all():
        correct_stock(session, level_id, change=_DELIVERED, kind=MovementKind.RECEIPT, note="delivery")


def _add(session: Session, table: Table, row: dict[str, Any]) -> None:
    session.execute(insert_into(session, table).values(row).on_conflict_do_nothing())
