"""Prices: what a cart costs today, and the snapshot that freezes it for a checkout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BindParameter, Row, String, and_, bindparam, insert, or_, select
from sqlalchemy.orm import Session

from console.engine.prices import coupons
from console.engine.prices.money import MAXIMUM_MINOR, convert
from console.engine.prices.rates import exchange_rate
from console.engine.prices.totals import Line, PricedLine, Shipping, TaxTable, Totals, total_up
from console.engine.runtime import runtime_of
from console.engine.store.database import run, write_later
from console.engine.store.tables import (
    cart_lines,
    shipping_methods,
    snapshots,
    tax_rates,
    variant_prices,
    variants,
)

_COUNTRY: BindParameter[str] = bindparam("to_country", type_=String())
_LINES = (
    select(
        *cart_lines.c["id", "variant_id", "quantity", "agreed_unit_price"],
        *variants.c["sku", "name", "active", "tax_class"],
        variant_prices.c.unit_price,
        tax_rates.c.name.label("tax_name"),
        tax_rates.c.rate.label("tax_rate"),
    )
    .join(variants, variants.c.id == cart_lines.c.variant_id)
    .outerjoin(
        variant_prices,
        and_(variant_prices.c.variant_id == variants.c.id, variant_prices.c.currency_code == bindparam("in_currency")),
    )
    .outerjoin(tax_rates, and_(tax_rates.c.tax_class == variants.c.tax_class, tax_rates.c.country == _COUNTRY))
    .where(cart_lines.c.cart_id == bindparam("of_cart"))
    .order_by(cart_lines.c.id)
)
_METHODS = (
    select(shipping_methods, tax_rates.c.name.label("tax_name"), tax_rates.c.rate.label("tax_rate"))
    .outerjoin(tax_rates, and_(tax_rates.c.tax_class == shipping_methods.c.tax_class, tax_rates.c.country == _COUNTRY))
    .where(shipping_methods.c.active, or_(shipping_methods.c.country == _COUNTRY, shipping_methods.c.country.is_(None)))
    .order_by(shipping_methods.c.country.is_(None), shipping_methods.c.priority, shipping_methods.c.id)
)
_FREEZE = insert(snapshots)


@dataclass(frozen=True)
class PricedCart:
    """What a cart costs, and by which currency, rate and coupon; amounts in minor units of `currency`.

    `exchange_rate` is what one unit of `shop_currency` is worth; without such a rate nothing was converted, and the
    prices are the shop's own in `currency`.

    `problems` are (field, message) of what keeps it from being bought: a line without a price, an invalid coupon.
    """

    totals: Totals
    currency: str
    shop_currency: str
    exchange_rate: Decimal
    coupon: Row[Any] | None
    prices_include_tax: bool
    problems: tuple[tuple[str, str], ...] = ()


def read_lines(session: Session, cart: Row[Any]) -> Sequence[Row[Any]]:
    """Read a cart's lines with their variants, price in the cart's currency and tax in its country, where there are."""
    values = {"of_cart": cart.id, "in_currency": cart.currency_code, "to_country": _country(cart)}
    return run(session, _LINES, values).all()


def price_cart(session: Session, cart: Row[Any], lines: Sequence[Row[Any]]) -> PricedCart:
    """Price a cart at today's prices; its coupon counts if it is valid, a line without a price costs 0. Reads only."""
    config = runtime_of(session).config
    rate = exchange_rate(session, base=config.currency, quote=cart.currency_code)
    prices = price_lines(session, cart, lines)
    unit_prices = {line_id: price or 0 for line_id, price in prices.items()}
    sub_total = sum(unit_prices[line.id] * line.quantity for line in lines)
    coupon, limited_to, coupon_problem = coupons.find_usable(session, cart, lines=lines, sub_total=sub_total)
    method, shipping_problem = _shipping_method(session, cart)
    totals = total_up(
        [_line(line, unit_prices[line.id], limited_to) for line in lines],
        discount=coupons.as_discount(coupon) if coupon else None,
        shipping=_shipping(session, method, cart.currency_code) if method else None,
        tax=_tax_table([*lines, method], is_included=config.prices_include_tax),
    )
    unpriced = {line.sku: None for line in lines if prices[line.id] is None}  # each SKU once, in the cart's order
    problems = [(f"lines.{sku}", f"{sku} has no price in {cart.currency_code}.") for sku in unpriced]
    if coupon_problem:
        problems.append(("coupon", coupon_problem))
    if shipping_problem:
        problems.append(("shipping", shipping_problem))
    if max(totals.sub_total, totals.total) > MAXIMUM_MINOR:
        problems.append(("lines", "This cart is worth more than can be paid at once."))
    return PricedCart(
        totals,
        cart.currency_code,
        cart.currency_code if rate is None else config.currency,
        rate or Decimal(1),
        coupon,
        config.prices_include_tax,
        tuple(problems),
    )


def find_problems(session: Session, cart: Row[Any], lines: Sequence[Row[Any]]) -> Sequence[tuple[str, str]]:
    """Tell what keeps a cart from being priced; asks the database only where something may be amiss. Reads only."""
    is_foreign = cart.currency_code != runtime_of(session).config.currency
    if is_foreign or cart.coupon_code or any(_given_price(line) is None for line in lines):
        return price_cart(session, cart, lines).problems
    return ()


def price_lines(session: Session, cart: Row[Any], lines: Sequence[Row[Any]]) -> dict[int, int | None]:
    """Tell the unit price of each line by its id: the agreed one, the variant's, or the shop's price converted.

    None where there is none of them. Reads only.
    """
    prices: dict[int, int | None] = {line.id: _given_price(line) for line in lines}
    missing = [line for line in lines if prices[line.id] is None]
    if missing:
        prices.update(_converted_prices(session, cart, missing))
    return prices


def _given_price(line: Row[Any]) -> int | None:
    price: int | None = line.unit_price if line.agreed_unit_price is None else line.agreed_unit_price
    return price


def _converted_prices(session: Session, cart: Row[Any], lines: Sequence[Row[Any]]) -> dict[int, int]:
    base, quote = runtime_of(session).config.currency, cart.currency_code
    rate = exchange_rate(session, base=base, quote=quote)
    if rate is None:
        return {}
    query = select(variant_prices.c.variant_id, variant_prices.c.unit_price).where(
        variant_prices.c.variant_id.in_({line.variant_id for line in lines}),
        variant_prices.c.currency_code == base,
    )
    shop_prices = dict(session.execute(query).tuples().all())
    return {
        line.id: convert(shop_prices[line.variant_id], rate=rate, base=base, quote=quote)
        for line in lines
        if line.variant_id in shop_prices
    }


def _line(line: Row[Any], unit_price: int, limited_to: set[int] | None) -> Line:
    return Line(
        line_id=line.id,
        variant_id=line.variant_id,
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_price=unit_price,
        tax_class=line.tax_class,
        is_discountable=limited_to is None or line.variant_id in limited_to,
    )


def _country(cart: Row[Any]) -> str | None:
    return (cart.shipping_address or {}).get("country")


def _tax_table(taxed: Iterable[Row[Any] | None], *, is_included: bool) -> TaxTable:
    """Gather the rates that were read with what they tax."""
    rates = {row.tax_class: (row.tax_name, row.tax_rate) for row in taxed if row is not None}
    return TaxTable({name: tax for name, tax in rates.items() if tax[1] is not None}, is_included)


def _shipping_method(session: Session, cart: Row[Any]) -> tuple[Row[Any] | None, str | None]:
    """Choose the first method for the cart's country, before those for all countries, that its currency can pay.

    Where there are methods, but none that it can pay, tell so: such a cart is not shipped for nothing.
    """
    methods = run(session, _METHODS, {"to_country": _country(cart)}).all()
    for method in methods:
        if exchange_rate(session, base=method.currency_code, quote=cart.currency_code) is not None:
            return method, None
    return None, f"Shipping has no price in {cart.currency_code}." if methods else None


def _shipping(session: Session, method: Row[Any], currency: str) -> Shipping:
    """Convert a method's amounts."""
    rate = exchange_rate(session, base=method.currency_code, quote=currency)
    assert rate is not None  # or it had not been chosen
    price, free_above = (
        amount if amount is None else convert(amount, rate=rate, base=method.currency_code, quote=currency)
        for amount in (method.price, method.free_above)
    )
    return Shipping(method.name, price or 0, free_above, method.tax_class)


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
