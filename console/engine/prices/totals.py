"""The arithmetic of a cart: pure functions from prices, discount, tax and shipping to totals that add up exactly.

All amounts are integer minor units of the cart's currency. What belongs to several lines (a discount, a rate's tax) is
rounded once and split by the largest remainder, so that the lines add up to the cart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from console.engine.prices.lines import Line, PricedLine
from console.engine.prices.money import rounded, split


@dataclass(frozen=True)
class Discount:
    """A coupon as it applies to a cart: percent, or a fixed amount, off the discountable lines."""

    code: str
    name: str
    percent: Decimal | None = None
    amount: int | None = None


@dataclass(frozen=True)
class Shipping:
    """The way a cart is shipped; free from `free_above` on; untaxed without a tax class."""

    name: str
    price: int
    free_above: int | None = None
    tax_class: str | None = None


@dataclass(frozen=True)
class TaxTable:
    """The rates of one country by tax class, and whether prices include them already."""

    rates: dict[str, tuple[str, Decimal]] = field(default_factory=dict)
    is_included: bool = False

    def rate(self, tax_class: str | None) -> Decimal:
        """Tell the rate of a class; 0 where none is set."""
        return self.rates[tax_class][1] if tax_class in self.rates else Decimal(0)


@dataclass(frozen=True)
class Totals:
    """A priced cart: `total` = sum of the lines' totals + `shipping_total` (invariant 11)."""

    lines: list[PricedLine]
    shipping_total: int
    shipping_name: str | None
    discounts: list[dict[str, Any]]
    taxes: list[dict[str, Any]]

    @property
    def sub_total(self) -> int:
        """Tell the sum of the lines before discount."""
        return sum(each.line.sub_total for each in self.lines)

    @property
    def discount_total(self) -> int:
        """Tell the sum of the discounts."""
        return sum(each.discount_total for each in self.lines)

    @property
    def tax_total(self) -> int:
        """Tell the tax on top of the lines."""
        return sum(each.tax_total for each in self.lines)

    @property
    def total(self) -> int:
        """Tell what is to be paid."""
        return sum(each.total for each in self.lines) + self.shipping_total


def total_up(lines: Sequence[Line], *, discount: Discount | None, shipping: Shipping | None, tax: TaxTable) -> Totals:
    """Price a cart."""
    discounted, discounts = _discount([PricedLine(line) for line in lines], discount)
    taxed, taxes = _tax(discounted, tax)
    net = sum(each.net for each in taxed)
    shipping_total, shipping_tax = _ship(shipping if lines else None, net, tax)
    return Totals(taxed, shipping_total, shipping.name if shipping else None, discounts, taxes + shipping_tax)


def _discount(lines: list[PricedLine], discount: Discount | None) -> tuple[list[PricedLine], list[dict[str, Any]]]:
    if discount is None:
        return lines, []
    weights = [each.line.sub_total if each.line.is_discountable else 0 for each in lines]
    eligible = sum(weights)
    wanted = discount.amount if discount.percent is None else rounded(eligible * discount.percent / 100)
    amount = max(0, min(wanted or 0, eligible))
    told = _describe_discount(discount, base=eligible, amount=amount)
    parts = split(amount, weights=weights, ties=[each.line.rank for each in lines])
    discounted = [
        replace(each, discount_total=part, discounts=[told | {"base": weight, "amount": part}] if part else [])
        for each, weight, part in zip(lines, weights, parts, strict=True)
    ]
    return discounted, [told]


def _describe_discount(discount: Discount, *, base: int, amount: int) -> dict[str, Any]:
    percent = {} if discount.percent is None else {"percent": f"{discount.percent:f}"}
    return {"code": discount.code, "name": discount.name, **percent, "base": base, "amount": amount}


def _tax(lines: list[PricedLine], tax: TaxTable) -> tuple[list[PricedLine], list[dict[str, Any]]]:
    """Tax each class as a whole, and split the tax over its lines."""
    taxed = list(lines)
    taxes = []
    for tax_class in sorted({each.line.tax_class for each in lines} & tax.rates.keys()):
        members = [index for index, each in enumerate(lines) if each.line.tax_class == tax_class]
        nets = [lines[index].net for index in members]
        told = _describe_tax(tax, tax_class, net=sum(nets))
        taxes.append(told)
        parts = split(told["amount"], weights=nets, ties=[lines[index].line.rank for index in members])
        for index, part in zip(members, parts, strict=True):
            taxed[index] = replace(
                lines[index],
                tax_rate=tax.rate(tax_class),
                tax_total=0 if tax.is_included else part,
                taxes=[told | {"base": lines[index].net, "amount": part}],
            )
    return taxed, taxes


def _describe_tax(tax: TaxTable, tax_class: str, *, net: int) -> dict[str, Any]:
    name, rate = tax.rates[tax_class]
    return {
        "name": name,
        "tax_class": tax_class,
        "rate": f"{rate:f}",
        "base": net,
        "amount": _tax_on(net, rate=rate, is_included=tax.is_included),
        "included": tax.is_included,
    }


def _tax_on(net: int, *, rate: Decimal, is_included: bool) -> int:
    return rounded(net * rate / (1 + rate)) if is_included else rounded(net * rate)


def _ship(shipping: Shipping | None, net: int, tax: TaxTable) -> tuple[int, list[dict[str, Any]]]:
    """Tell what shipping costs, its tax included, and describe that tax."""
    if shipping is None or (shipping.free_above is not None and net >= shipping.free_above):
        return 0, []
    if shipping.tax_class not in tax.rates:
        return shipping.price, []
    told = _describe_tax(tax, shipping.tax_class, net=shipping.price) | {"on": "shipping"}
    return shipping.price + (0 if tax.is_included else told["amount"]), [told]
