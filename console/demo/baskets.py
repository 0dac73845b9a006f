"""Who wants what: a customer, often one seen before, a basket with a bestseller or two, now and then a coupon."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from console.demo.merchant import AUTUMN, BIG, FIRST, SPRING, TEATIME, WELCOME
from console.demo.people import Person, make_person
from console.engine.cart.carts import LineRequest
from console.engine.prices.money import to_minor

CATALOGUE = Path(__file__).with_name("catalogue.csv")
RARE, DISCONTINUED = "RAR-01", "OLD-01"  # sold by stories of their own only
_BESTSELLERS = {"MUG-01": 14, "TEA-01": 12, "BIS-01": 10, "HON-01": 9, "TEX-01": 8, "CAN-01": 7, "STA-01": 6}
_EVERYTHING_ELSE = 2
_LINES = ((1, 2, 3, 4, 5, 7), (32, 28, 19, 11, 7, 3))
_CHEAP, _DEAR = 1000, 3000
_NONE = ""
_COUPONS = ((_NONE, WELCOME, FIRST, TEATIME, AUTUMN, SPRING, BIG), (66, 8, 5, 5, 5, 7, 4))
_OF_POUNDS = (SPRING, BIG)
# What reaches a coupon's minimum, or is what it is for: somebody who has one wants to use it.
_EARNED_BY = {SPRING: ("KET-01",), BIG: ("LAM-01", "TEX-03"), TEATIME: ("TEA-01", "BIS-01")}
_METHODS = (("card", "tok_visa"), ("card", "tok_mastercard"), ("paypal", "tok_paypal"), ("bank_transfer", "tok_bank"))
_METHOD_SHARES = (48, 27, 21, 4)


@dataclass(frozen=True)
class Basket:
    """What somebody wants to buy, and how they pay: method and token. `reference` is our name for the cart."""

    reference: str
    person: Person
    lines: tuple[LineRequest, ...]
    coupon_code: str | None
    payment: tuple[str, str]


def make_basket(reference: str, number: int) -> Basket:
    """Make up who wants what, the same for the same reference and number always.

    The later the number, the more customers there are to choose from.
    """
    chance = random.Random(reference)  # noqa: S311 - the same demo everywhere, no secret
    person = make_person(int((30 + 0.8 * number) * chance.random() ** 1.25))
    coupon = chance.choices(*_COUPONS)[0]
    if coupon in _OF_POUNDS and person.currency != "GBP":
        coupon = _NONE
    lines = {sku: LineRequest(sku, 1) for sku in _EARNED_BY.get(coupon, ())} | _goods(chance)
    return Basket(reference, person, tuple(lines.values()), coupon or None, chance.choices(_METHODS, _METHOD_SHARES)[0])


def _goods(chance: random.Random) -> dict[str, LineRequest]:
    prices = prices_by_sku()
    skus = list(prices)
    weights = [_BESTSELLERS.get(sku, _EVERYTHING_ELSE) for sku in skus]
    chosen = dict.fromkeys(chance.choices(skus, weights, k=chance.choices(*_LINES)[0]))
    return {sku: LineRequest(sku, _quantity(chance, prices[sku])) for sku in chosen}


def _quantity(chance: random.Random, price: int) -> int:
    if price >= _DEAR:
        return 1
    shares = (55, 20, 8, 10, 7) if price < _CHEAP else (75, 18, 2, 5, 0)
    return chance.choices((1, 2, 3, 4, 6), shares)[0]


@cache
def prices_by_sku() -> dict[str, int]:
    """Give the prices of what everybody may buy, in pence."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        rows = {row["sku"]: to_minor(row["unit_price"], currency=row["currency"]) for row in csv.DictReader(file)}
    return {sku: price for sku, price in rows.items() if sku not in (RARE, DISCONTINUED)}
