"""Phase 7: the sale. The order is paid, the stock leaves, the cart is bought."""

from __future__ import annotations

from console.engine.inventory import sell_reservations
from console.engine.machine import Phase, StepStatus
from console.engine.orders import pay_order
from console.engine.phases.phase import Leg
from console.engine.prices.coupons import keep_use

PHASE = Phase.STOCK_COMMIT


def run(leg: Leg) -> StepStatus:
    """Mark the order paid and turn the reservations into a sale; the coupon use is final.

    Changes: orders, reservations, stock levels, movements, coupon redemptions. Safe to repeat because: its transaction
    either commits with the lock's end, or leaves nothing. Undone by: nothing; the checkout is completed.
    """
    leg.paid_order = pay_order(leg.session, leg.lock.id)
    if leg.paid_order.coupon_code is not None:
        keep_use(leg.session, leg.lock.id)
    sell_reservations(leg.session, leg.lock.id)
    return StepStatus.COMPLETED


def compensate(leg: Leg) -> StepStatus | None:
    """Undo nothing: nothing comes after this phase."""
    return None
