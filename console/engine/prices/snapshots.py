"""Price snapshots: what freezes the prices of a checkout, a row for its cart and one for each line."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from console.engine.prices.lines import PricedLine
from console.engine.prices.pricing import PricedCart
from console.engine.store.database import write_later
from console.engine.store.tables import snapshots

_FREEZE = insert(snapshots)


def write_snapshots(session: Session, lock: Row[Any], priced: PricedCart) -> None:
    """Freeze the prices of a checkout: a row for the cart, one for each line. Caller commits."""
    common = {
        "checkout_lock_id": lock.id,
        "cart_id": lock.cart_id,
        "prices_include_tax": priced.prices_include_tax,
        "currency_code": priced.currency,
        "compare_currency_code": priced.shop_currency,
        "exchange_rate": priced.exchange_rate,
        "coupon_code": priced.coupon.code if priced.coupon else None,
    }
    rows = [common | _cart_row(priced), *(common | _line_row(line) for line in priced.totals.lines)]
    write_later(session, _FREEZE, rows)


def _cart_row(priced: PricedCart) -> dict[str, Any]:
    totals = priced.totals
    return {
        "cart_line_id": None,
        "variant_id": None,
        "sku": None,
        "name": None,
        "quantity": None,
        "unit_price": None,
        "sub_total": totals.sub_total,
        "discount_total": totals.discount_total,
        "tax_total": totals.tax_total,
        "shipping_total": totals.shipping_total,
        "total": totals.total,
        "discount_breakdown": totals.discounts,
        "applied_discounts": totals.discounts,
        "tax_breakdown": totals.taxes,
        "tax_rate": None,
        "shipping_method": totals.shipping_name,
        "promotion_details": _promotion(priced.coupon) if priced.coupon else None,
    }


def _line_row(priced: PricedLine) -> dict[str, Any]:
    line = priced.line
    return {
        "cart_line_id": line.line_id,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "sub_total": line.sub_total,
        "discount_total": priced.discount_total,
        "tax_total": priced.tax_total,
        "shipping_total": 0,
        "total": priced.total,
        "discount_breakdown": priced.discounts,
        "applied_discounts": priced.discounts,
        "tax_breakdown": priced.taxes,
        "tax_rate": priced.tax_rate,
        "shipping_method": None,
        "promotion_details": None,
    }


def _promotion(coupon: Row[Any]) -> dict[str, Any]:
    """Keep the terms of a coupon as they were; its amounts are in minor units of `currency`, else of the shop's."""
    terms = {
        "currency": coupon.currency_code,
        "minimum_amount": coupon.minimum_amount,
        "valid_until": coupon.valid_until and coupon.valid_until.isoformat(),
    }
    given = {name: value for name, value in terms.items() if value is not None}
    return {"code": coupon.code, "name": coupon.name, "kind": coupon.kind, "value": f"{coupon.value:f}", **given}
