"""Which checkouts the demo shop has seen: mostly bought, some of every other outcome, the last ones still waiting."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import cycle, islice

from console.demo import stories
from console.demo.merchant import SPRING, WELCOME
from console.demo.stories import Story, Wish
from console.engine.carts import LineRequest
from console.engine.replay.shoppers import Shopper

PREFIX = "demo-"
_COUNTRIES = ("GB", "GB", "GB", "GB", "IE", "DE", "FR", "NL", "US", "JP")
_CURRENCIES = {"IE": "EUR", "DE": "EUR", "FR": "EUR", "NL": "EUR", "US": "USD", "JP": "JPY"}
_COUPONS = (WELCOME, SPRING, None, None, None, None)
_DEAR_ENOUGH = "KET-01"  # on its own above the minimum of SPRING
_SHOPPERS = 60

_BOUGHT = stories.paid_with("tok_visa")
ENDED: tuple[Story, ...] = (
    _BOUGHT,
    stories.paid_with("tok_declined"),
    _BOUGHT,
    stories.finds_too_little_stock,
    _BOUGHT,
    stories.is_cancelled,
    stories.paid_with("tok_lost_capture"),
    stories.runs_out_of_time,
    _BOUGHT,
    stories.loses_a_product,
    _BOUGHT,
    stories.is_released,
    _BOUGHT,
    stories.meets_a_defect,
    _BOUGHT,
    stories.paid_with("tok_capture_declined"),
    *[_BOUGHT] * 12,
    stories.paid_with("tok_insufficient_funds"),
    *[_BOUGHT] * 11,
)
WAITING: tuple[Story, ...] = (
    stories.waits_for_payment,
    stories.waits_for_the_gateway,
    stories.waits_for_the_void,
    stories.waits_for_payment,
    stories.waits_for_payment,
)


def plan(count: int) -> list[tuple[str, Story]]:
    """Choose so many checkouts, named by number, in the order they happen; the waiting ones are the last."""
    waiting = WAITING[: count // 4]
    told: list[Story] = [*islice(cycle(ENDED), count - len(waiting)), *waiting]
    return [(f"{PREFIX}{number:05d}", story) for number, story in enumerate(told, start=1)]


def make_wish(reference: str, skus: Sequence[str]) -> Wish:
    """Make up who wants what, the same for the same reference always."""
    chance = random.Random(reference)  # noqa: S311 - the same demo everywhere, no secret
    country = chance.choice(_COUNTRIES)
    currency = _CURRENCIES.get(country, "GBP")
    lines = tuple(LineRequest(sku, chance.randint(1, 3)) for sku in chance.sample(skus, chance.randint(1, 3)))
    coupon = chance.choice(_COUPONS) if currency == "GBP" else None
    if coupon == SPRING:
        lines += (LineRequest(_DEAR_ENOUGH, 1),)
    return Wish(
        reference=reference,
        shopper=Shopper(f"{country}{chance.randrange(_SHOPPERS)}", country=country),
        lines=lines,
        currency=currency,
        coupon_code=coupon,
    )
