"""The price of a line: which unit price it has today, and what it comes to after discount and tax.

All amounts are integer minor units of the cart's currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import BindParameter, Row, String, and_, bindparam, select
from sqlalchemy.orm import Session

from console.engine.prices.money import convert
from console.engine.prices.rates import exchange_rate
from console.engine.runtime import runtime_of
from console.engine.store.database import run
from console.engine.store.tables import cart_lines, tax_rates, variant_prices, variants

COUNTRY: BindParameter[str] = bindparam("to_country", type_=String())
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
    .outerjoin(tax_rates, and_(tax_rates.c.tax_class == variants.c.tax_class, tax_rates.c.country == COUNTRY))
    .where(cart_lines.c.cart_id == bindparam("of_cart"))
    .order_by(cart_lines.c.id)
)


@dataclass(frozen=True)
class Line:
    """One line of a cart with its price, before discount and tax."""

    line_id: int
    variant_id: int
    sku: str
    name: str
    quantity: int
    unit_price: int
    tax_class: str
    is_discountable: bool = True

    @property
    def sub_total(self) -> int:
        """Tell the price of the line before discount."""
        return self.unit_price * self.quantity

    @property
    def rank(self) -> tuple[str, str, int, int, int]:
        """Give what tells equal remainders apart: what the line is, not where it stands.

        The tax class comes first, so that how much of a discount falls on each class depends on amounts alone.
        """
        return self.tax_class, self.sku, self.unit_price, self.quantity, self.line_id


@dataclass(frozen=True)
class PricedLine:
    """A line with everything that makes its total; `tax_total` is 0 where prices include the tax."""

    line: Line
    discount_total: int = 0
    tax_total: int = 0
    tax_rate: Decimal = Decimal(0)
    discounts: list[dict[str, Any]] = field(default_factory=list)
    taxes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def net(self) -> int:
        """Tell the price after discount, before any tax on top."""
        return self.line.sub_total - self.discount_total

    @property
    def total(self) -> int:
        """Tell what the line costs."""
        return self.net + self.tax_total


def read_lines(session: Session, cart: Row[Any]) -> Sequence[Row[Any]]:
    """Read a cart's lines with their variants, price in the cart's currency and tax in its country, where there are."""
    values = {"of_cart": cart.id, "in_currency": cart.currency_code, "to_country": country_of(cart)}
    return run(session, _LINES, values).all()


def price_lines(session: Session, cart: Row[Any], lines: Sequence[Row[Any]]) -> dict[int, int | None]:
    """Tell the unit price of each line by its id: the agreed one, the variant's, or the shop's price converted.

    None where there is none of them. Reads only.
    """
    prices: dict[int, int | None] = {line.id: given_price(line) for line in lines}
    missing = [line for line in lines if prices[line.id] is None]
    if missing:
        prices.update(_converted_prices(session, cart, missing))
    return prices


def given_price(line: Row[Any]) -> int | None:
    """Give the agreed price of a line, else its variant's in the cart's currency; None where there is neither."""
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


def as_line(line: Row[Any], unit_price: int, limited_to: set[int] | None) -> Line:
    """Give a line as it is added up; `limited_to` are the variants that the coupon is for (None: all of them)."""
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


def country_of(cart: Row[Any]) -> str | None:
    """Tell the country a cart is taxed and shipped for; None before it has one."""
    return (cart.shipping_address or {}).get("country")
