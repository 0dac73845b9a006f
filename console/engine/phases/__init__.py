"""The seven phases in their order, and which of them make which leg."""

from __future__ import annotations

from console.engine.machine import State
from console.engine.phases import (
    cart_validation,
    inventory_reservation,
    order_creation,
    payment_authorization,
    payment_capture,
    price_lock,
    stock_commit,
)
from console.engine.phases.phase import PhaseModule

PHASES: tuple[PhaseModule, ...] = (
    cart_validation,
    inventory_reservation,
    price_lock,
    payment_authorization,
    order_creation,
    payment_capture,
    stock_commit,
)

RESERVING_PHASES = PHASES[:3]  # what a start runs with CHECKOUT_RESERVE_ON_START
PAYING_PHASES = PHASES[3:4]
LEG_TWO = PHASES[4:6]
LEG_THREE = PHASES[6:]

# What there is to undo in each state. The order is the row order (rule 10: order, operations, reservations and stock,
# coupon), not the phases' reverse: a checkout going back must not meet one going forward with its locks crossed.
_ALL_BACK: tuple[PhaseModule, ...] = (
    order_creation,
    payment_capture,
    payment_authorization,
    inventory_reservation,
    price_lock,
)
TO_UNDO: dict[str, tuple[PhaseModule, ...]] = {
    State.PENDING: (),
    State.LOCKING_PRICES: _ALL_BACK[3:],
    State.AUTHORIZING: _ALL_BACK[2:],
    State.CAPTURING: _ALL_BACK,
}
