"""Phase 5: the order, copied from the snapshots, never from live prices."""

from __future__ import annotations

from console.engine.machine import Phase, StepStatus
from console.engine.orders import cancel_order, create_order
from console.engine.phases.phase import Leg
from console.engine.prices.drift import record_drift

PHASE = Phase.ORDER_CREATION


def run(leg: Leg) -> StepStatus:
    """Create the order, pending until the capture; prices that moved since they were frozen are told, not applied.

    Changes: orders, order lines, an event. Safe to repeat because: there is at most one order per lock. Undone by: the
    order is cancelled, never deleted.
    """
    order = create_order(leg.session, leg.lock)
    leg.amount_due = (order.total, order.currency)
    leg.detail = record_drift(leg.session, leg.lock, currency=order.currency, moved=order.moved)
    return StepStatus.COMPLETED


def compensate(leg: Leg) -> StepStatus | None:
    """Cancel the order."""
    cancel_order(leg.session, leg.lock.id)
    return StepStatus.COMPENSATED
