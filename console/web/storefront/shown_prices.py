"""The prices that a payment page has shown, told by its form, and how they differ from those of the moment.

What the form tells is the shopper's word: it is compared and shown, and decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import session

from console.web.shared.resources import CartAnswer, LineAnswer, Money

SHOWN = "shop_shown"
MOST_LINES = 30  # of those that changed: the session is a cookie
ROWS = ("Subtotal", "Discount", "Shipping", "Tax", "Total")
_AMOUNT = r"[0-9]{1,15}"
_WRITTEN = re.compile(rf"{_AMOUNT}(?:,{_AMOUNT}){{4}};(?:{_AMOUNT}(?:,{_AMOUNT})*)?")


@dataclass(frozen=True)
class PriceChange:
    """An amount that is another than was shown."""

    name: str
    before: Money
    now: Money


def write_prices(cart: CartAnswer) -> str:
    """Write what a page shows of a cart's prices into a field of its form: the sums, then the lines' prices."""
    return f"{','.join(map(str, _sums(cart)))};{','.join(map(str, _prices(cart)))}"


def note_shown(lock_id: int, cart: CartAnswer, *, told: str, expected: int) -> None:
    """Remember what a page had shown of a checkout, where the prices are others by now: the next page tells of it.

    `told` is what that page's form says; of one that makes no sense the `expected` total is all that is known.
    """
    sums, prices = _read(told) or ([None] * len(ROWS), [])
    pairs = enumerate(zip(prices, _prices(cart), strict=False))
    changed = [[index, before] for index, (before, now) in pairs if before != now]
    session[SHOWN] = [lock_id, [*sums[:-1], expected], changed[:MOST_LINES]]


def changes_since_shown(lock_id: int, cart: CartAnswer) -> list[PriceChange]:
    """List what is another than was shown: lines, then sums, the total last; nothing when the total is the same."""
    noted_lock, sums, lines = session.get(SHOWN, (None, (), ()))
    if noted_lock != lock_id or sums[-1] == cart.totals.total.amount:
        return []
    rows = [_line(cart.lines[index], before) for index, before in lines]
    rows += zip(ROWS, sums, _sums(cart), strict=True)
    return [
        PriceChange(name, Money(amount=before, currency=cart.currency), Money(amount=now, currency=cart.currency))
        for name, before, now in rows
        if before not in (None, now)
    ]


def forget_shown() -> None:
    """Forget what was shown: somebody has agreed to what is shown since."""
    session.pop(SHOWN, None)


def _line(line: LineAnswer, before: int) -> tuple[str, int, int]:
    """Give a line's name with what all its pieces came to and come to."""
    return f"{line.quantity} \N{MULTIPLICATION SIGN} {line.name}", line.quantity * before, line.subtotal.amount


def _prices(cart: CartAnswer) -> list[int]:
    return [line.unit_price.amount for line in cart.lines]


def _sums(cart: CartAnswer) -> list[int]:
    totals = cart.totals
    amounts = (totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total)
    return [each.amount for each in amounts]


def _read(told: str) -> tuple[Sequence[Any], list[int]] | None:
    """Read what `write_prices` wrote; None when it is something else."""
    if not _WRITTEN.fullmatch(told):
        return None
    sums, _, prices = told.partition(";")
    return [int(each) for each in sums.split(",")], [int(each) for each in prices.split(",") if each]
