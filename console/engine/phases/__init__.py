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

Phases = tuple[PhaseModule, ...]

RESERVING_PHASES: Phases = (cart_validation, inventory_reservation, price_lock)  # a start's, if it reserves
PAYING_PHASES: Phases = (payment_authorization,)
LEG_TWO: Phases = (order_creation, payment_capture)
LEG_THREE: Phases = (stock_commit,)
PHASES: Phases = RESERVING_PHASES + PAYING_PHASES + LEG_TWO + LEG_THREE

# What there is to undo in each state. The order is the row order (rule 10: order, operations, reservations and stock,
# coupon), not the phases' reverse: a checkout going back must not meet one going forward with its locks crossed.
_GIVING_BACK: Phases = (inventory_reservation, price_lock)
TO_UNDO: dict[str, Phases] = {
    State.PENDING: (),
    State.LOCKING_PRICES: _GIVING_BACK,
    State.AUTHORIZING: (payment_authorization, *_GIVING_BACK),
    State.CAPTURING: (order_creation, payment_capture, payment_authorization, *_GIVING_BACK),
}
