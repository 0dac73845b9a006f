"""Phase 6: take the money; its leg is `driving/point_of_no_return.py`. The call comes after the commit."""

from __future__ import annotations

from console.engine.inventory import pin_reservations
from console.engine.machine import OperationKind, OperationStatus, Phase, StepStatus
from console.engine.payments.operations import write_operation
from console.engine.phases.phase import Leg

PHASE = Phase.PAYMENT_CAPTURE


def run(leg: Leg) -> StepStatus:
    """Write the capture operation for the order's total and pin the stock.

    Changes: payment operations, reservations. Safe to repeat because: there is at most one capture operation per lock,
    and its idempotency key makes the gateway act once. Undone by: nothing; a capture that comes late is refunded
    (rule 3).
    """
    assert leg.amount_due is not None  # of the order created just before
    amount_minor, currency = leg.amount_due
    operation = write_operation(
        leg.session, leg.lock, OperationKind.CAPTURE, amount_minor=amount_minor, currency=currency
    )
    leg.written.append(operation)
    pin_reservations(leg.session, leg.lock.id)
    return StepStatus.COMPLETED if operation.status == OperationStatus.SUCCEEDED else StepStatus.STARTED


def compensate(leg: Leg) -> StepStatus | None:
    """Undo nothing: a checkout goes back from here only when the gateway refused the capture."""
    return None
