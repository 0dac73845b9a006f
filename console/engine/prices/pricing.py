"""What a cart costs today: its lines, coupon, tax and shipping put together. `snapshots` freezes it for a checkout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.orm import Session

from console.engine.prices import coupons
from console.engine.prices.lines import COUNTRY, as_line, country_of, given_price, price_lines
from console.engine.prices.money import MAXIMUM_MINOR, convert
from console.engine.prices.rates import exchange_rate
from console.engine.prices.totals import Shipping, TaxTable, Totals, total_up
from console.engine.runtime import runtime_of
from console.engine.store.database import run
from console.engine.store.tables import (
    shipping_methods,
    tax_rates,
)

_METHODS = (
    select(shipping_methods, tax_rates.c.name.label("tax_name"), tax_rates.c.rate.label("tax_rate"))
    .outerjoin(tax_rates, and_(tax_rates.c.tax_class == shipping_methods.c.tax_class, tax_rates.c.country == COUNTRY))
    .where(shipping_methods.c.active, or_(shipping_methods.c.country == COUNTRY, shipping_methods.c.country.is_(None)))
    .order_by(shipping_methods.c.country.is_(None), shipping_methods.c.priority, shipping_methods.c.id)
)


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
        [as_line(line, unit_prices[line.id], limited_to) for line in lines],
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
    if is_foreign or cart.coupon_code or any(given_price(line) is None for line in lines):
        return price_cart(session, cart, lines).problems
    return ()


def _tax_table(taxed: Iterable[Row[Any] | None], *, is_included: bool) -> TaxTable:
    """Gather the rates that were read with what they tax."""
    rates = {row.tax_class: (row.tax_name, row.tax_rate) for row in taxed if row is not None}
    return TaxTable({name: tax for name, tax in rates.items() if tax[1] is not None}, is_included)


def _shipping_method(session: Session, cart: Row[Any]) -> tuple[Row[Any] | None, str | None]:
    """Choose the first method for the cart's country, before those for all countries, that its currency can pay.

    Where there are methods, but none that it can pay, tell so: such a cart is not shipped for nothing.
    """
    methods = run(session, _METHODS, {"to_country": country_of(cart)}).all()
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
