"""Phase 2: take the stock, all of it or none; the warehouse is fixed from here on."""

from __future__ import annotations

from console.engine.inventory import release_reservations, reserve_stock, sum_by_variant
from console.engine.machine import Phase, StepStatus
from console.engine.phases.phase import Leg

PHASE = Phase.INVENTORY_RESERVATION


def run(leg: Leg) -> StepStatus:
    """Reserve the pieces of every variant in the cart; the leg takes them at its end.

    Changes: reservations, stock levels. Safe to repeat because: its transaction either commits with the lock's new
    state, or leaves nothing. Undone by: reservations released.

    Raises:
        OutOfStock: with all shortages.
    """
    leg.to_take = reserve_stock(leg.session, leg.lock, wanted=sum_by_variant(leg.lines), rows_held=leg.rows_held)
    return StepStatus.COMPLETED


def compensate(leg: Leg) -> StepStatus | None:
    """Release what is reserved; each reservation is released once."""
    return StepStatus.COMPENSATED if release_reservations(leg.session, leg.lock.id) else None
