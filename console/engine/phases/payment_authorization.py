"""Phase 4: have the money reserved. The operation is written here, the call comes after the commit."""

from __future__ import annotations

from console.engine.errors import PriceChanged
from console.engine.machine import OperationKind, OperationStatus, Phase, StepStatus
from console.engine.orders import snapshot_total
from console.engine.payments.late_money import give_back
from console.engine.payments.operations import write_operation
from console.engine.phases.phase import Leg

PHASE = Phase.PAYMENT_AUTHORIZATION


def run(leg: Leg) -> StepStatus:
    """Write the authorize operation for the frozen total.

    Changes: payment operations. Safe to repeat because: there is at most one authorize operation per lock, and its
    idempotency key makes the gateway act once. Undone by: a void.

    Raises:
        PriceChanged: when the shopper was shown another total; the whole leg is to be rolled back.
    """
    assert leg.payment is not None
    amount_minor, currency = leg.amount_due or snapshot_total(leg.session, leg.lock.id)
    if leg.expected_total not in (None, amount_minor):
        raise PriceChanged(
            "The total has changed since it was shown; nothing was charged.",
            expected=leg.expected_total,
            total=amount_minor,
        )
    operation = write_operation(
        leg.session,
        leg.lock,
        OperationKind.AUTHORIZE,
        amount_minor=amount_minor,
        currency=currency,
        payment_method=leg.payment.method,
        payment_token=leg.payment.token,
    )
    leg.written.append(operation)
    return StepStatus.COMPLETED if operation.status == OperationStatus.SUCCEEDED else StepStatus.STARTED


def compensate(leg: Leg) -> StepStatus | None:
    """Write the void, if the authorization succeeded or still may; the call comes after the commit.

    While the authorization's answer is out, the void is written by whoever records it (rule 4).
    """
    authorize = leg.known.get(OperationKind.AUTHORIZE)
    if authorize is None or authorize.status == OperationStatus.REFUSED:
        return None
    void = give_back(leg.session, leg.lock, leg.known)
    if void is not None:
        leg.written.append(void)
    is_void_done = void is not None and void.status == OperationStatus.SUCCEEDED
    return StepStatus.COMPENSATED if is_void_done else StepStatus.COMPENSATING
