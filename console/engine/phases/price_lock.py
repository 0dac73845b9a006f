"""Phase 3: freeze the prices and take the coupon's use."""

from __future__ import annotations

from console.engine.errors import invalid_cart
from console.engine.machine import Phase, StepStatus
from console.engine.phases.phase import Leg
from console.engine.prices import coupons
from console.engine.prices.pricing import price_cart
from console.engine.prices.snapshots import write_snapshots

PHASE = Phase.PRICE_LOCK


def run(leg: Leg) -> StepStatus:
    """Write the price snapshots and take one use of the coupon.

    Changes: price snapshots, coupon. Safe to repeat because: its transaction either commits with the lock's new state,
    or leaves nothing. Undone by: the coupon use is returned; snapshots stay as evidence.

    Raises:
        InvalidCart: when the coupon was used up or a price taken away meanwhile.
    """
    assert leg.cart is not None
    priced = price_cart(leg.session, leg.cart, leg.lines)
    if priced.problems:  # since validation: a coupon's last use went to another cart, a rate was taken away
        raise invalid_cart(priced.problems)
    write_snapshots(leg.session, leg.lock, priced)
    leg.amount_due = (priced.totals.total, priced.currency)
    if priced.coupon is not None:
        leg.take_stock()  # the coupon's row comes after the stock's
        coupons.take_use(leg.session, leg.lock, priced.coupon)
    return StepStatus.COMPLETED


def compensate(leg: Leg) -> StepStatus | None:
    """Return the coupon use, if one is held."""
    return StepStatus.COMPENSATED if coupons.return_use(leg.session, leg.lock.id) else None
