"""How the frozen prices of a checkout came about, in the words that support reads to a shopper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from console.wording import money


def tell_prices(snapshots: Sequence[Row[Any]]) -> list[str]:
    """Tell discounts, taxes, shipping and exchange rate of a checkout, a sentence each; nothing before they are set."""
    return [sentence for row in snapshots if row.cart_line_id is None for sentence in _tell(row)]


def _tell(whole: Row[Any]) -> Iterator[str]:
    currency = whole.currency_code
    for discount in whole.discount_breakdown:
        yield _discount(discount, currency)
    for tax in whole.tax_breakdown:
        yield _tax(tax, currency)
    if whole.shipping_method is not None:
        yield f"Shipping is {whole.shipping_method}, {money(whole.shipping_total, currency)}."
    if currency != whole.compare_currency_code:
        rate = f"1 {whole.compare_currency_code} was worth {whole.exchange_rate:f} {currency}"
        yield f"{rate}; prices that the shop does not keep in {currency} were converted."


def _discount(told: dict[str, Any], currency: str) -> str:
    name = f"{told['code']} ({told['name']})" if told["name"] else told["code"]
    share = f"{told['percent']} %" if "percent" in told else "a fixed amount"
    off = f"{share} off {money(told['base'], currency)}" if "base" in told else "off"
    return f"Coupon {name} took {off}: {money(told['amount'], currency)}."


def _tax(told: dict[str, Any], currency: str) -> str:
    percent = (Decimal(told["rate"]) * 100).normalize() + 0
    taxed = "shipping" if told.get("on") == "shipping" else f"goods of class {told['tax_class']}"
    how = "included in the prices" if told["included"] else "added to the prices"
    base, amount = (money(told[part], currency) for part in ("base", "amount"))
    return f"{told['name']} of {percent:f} % on {taxed}, {base}: {amount}, {how}."
