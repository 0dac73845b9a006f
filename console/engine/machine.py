"""The checkout's states, phases and outcomes, and which committed transition may follow which."""

from __future__ import annotations

from console.models.vocabulary import (
    OperationKind,
    OperationStatus,
    Outcome,
    Phase,
    ReservationStatus,
    State,
    StepStatus,
)

__all__ = [
    "COMMITTED_STATES",
    "DRIVEN",
    "ENDED",
    "EXPIRABLE",
    "LIVE",
    "PHASE_STATES",
    "STATE_NAMES",
    "TRANSITIONS",
    "UNPAID",
    "OperationKind",
    "OperationStatus",
    "Outcome",
    "Phase",
    "ReservationStatus",
    "State",
    "StepStatus",
]

STATE_NAMES = {
    State.PENDING: "Pending",
    State.VALIDATING: "Validating Cart",
    State.RESERVING: "Reserving Stock",
    State.LOCKING_PRICES: "Locking Prices",
    State.AUTHORIZING: "Authorizing Payment",
    State.CREATING_ORDER: "Creating Order",
    State.CAPTURING: "Capturing Payment",
    State.COMMITTING: "Committing Stock",
    State.COMPLETED: "Completed",
    State.ROLLING_BACK: "Rolling Back",
    State.FAILED: "Failed",
}

PHASE_STATES = {
    Phase.CART_VALIDATION: State.VALIDATING,
    Phase.INVENTORY_RESERVATION: State.RESERVING,
    Phase.PRICE_LOCK: State.LOCKING_PRICES,
    Phase.PAYMENT_AUTHORIZATION: State.AUTHORIZING,
    Phase.ORDER_CREATION: State.CREATING_ORDER,
    Phase.PAYMENT_CAPTURE: State.CAPTURING,
    Phase.STOCK_COMMIT: State.COMMITTING,
}

UNPAID = (State.PENDING, State.LOCKING_PRICES)  # no payment was asked for yet
ENDED = (State.COMPLETED, State.FAILED)
LIVE = (State.PENDING, State.LOCKING_PRICES, State.AUTHORIZING, State.CAPTURING, State.ROLLING_BACK)
EXPIRABLE = (State.PENDING, State.LOCKING_PRICES, State.AUTHORIZING)  # before the point of no return
DRIVEN = (State.AUTHORIZING, State.CAPTURING, State.ROLLING_BACK)  # a payment is under way
COMMITTED_STATES = (*LIVE, *ENDED)

TRANSITIONS: dict[State | None, tuple[State, ...]] = {
    # A start holds the cart; with CHECKOUT_RESERVE_ON_START it runs leg 1 too and may end with shortages.
    None: (State.PENDING, State.LOCKING_PRICES, State.FAILED),
    # Nothing to void yet: straight to the end.
    State.PENDING: (State.AUTHORIZING, State.FAILED),
    State.LOCKING_PRICES: (State.AUTHORIZING, State.FAILED),
    # Leg 2 enters the capture; a refused authorization ends; all else goes back through the void.
    State.AUTHORIZING: (State.CAPTURING, State.ROLLING_BACK, State.FAILED),
    # Past the point of no return: back only when the gateway refused the capture.
    State.CAPTURING: (State.COMPLETED, State.ROLLING_BACK),
    # The end, once no operation is open and no money is held.
    State.ROLLING_BACK: (State.FAILED,),
    # Late money only (docs/engine.md, rule 3).
    State.FAILED: (State.ROLLING_BACK,),
    State.COMPLETED: (),
}
