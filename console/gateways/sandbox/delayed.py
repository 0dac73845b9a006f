"""What the gateway does to a payment by itself, a while after its answer: written down with it, done once it is due.

Whoever looks at the payment, reads the ledger or delivers webhooks does what is due by then. So it happens at its time
whatever process lives, and in the gateway's own transactions.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, select, update

from console.engine.machine import OperationKind
from console.engine.payments.gateway import GatewayRequest
from console.gateways.sandbox.charges import Charge, change, success
from console.gateways.sandbox.ledger import change_charge, hold_payment
from console.gateways.sandbox.tables import delayed
from console.gateways.sandbox.webhooks import add_webhook


def delay_operation(connection: Connection, charge: Charge, request: GatewayRequest, *, after_seconds: float) -> None:
    """Have an operation done later, once a payment. Caller commits, and holds the payment's row."""
    if connection.execute(_OF_PAYMENT, {"payment": charge.provider_reference}).first() is None:
        connection.execute(
            _PLAN,
            {
                "provider_reference": charge.provider_reference,
                "kind": request.kind.value,
                "amount_minor": request.amount_minor,
                "due_at": datetime.now(UTC) + timedelta(seconds=after_seconds),
            },
        )


def due_payments(connection: Connection) -> list[str]:
    """List the payments to which something is due."""
    return list(connection.scalars(_DUE, {"now": datetime.now(UTC)}))


def is_delayed_due(connection: Connection, charge: Charge) -> bool:
    """Tell whether something is due to a payment."""
    return connection.execute(_DUE_TO, _now_for(charge.provider_reference)).first() is not None


def do_delayed(connection: Connection, provider_reference: str) -> Charge:
    """Do what is due to a payment, unless that was done, and queue its webhook; give the payment. Caller commits."""
    charge = hold_payment(connection, provider_reference)
    due = connection.execute(_DUE_TO, _now_for(provider_reference)).one_or_none()
    if due is None:
        return charge
    connection.execute(_DONE, _now_for(provider_reference))
    kind = OperationKind(due.kind)
    if charge.done(kind):
        return charge
    after = change(charge, kind, amount_minor=due.amount_minor)  # voided meanwhile or not
    change_charge(connection, after)
    add_webhook(connection, reference=charge.lock_reference, kind=kind, answer=success(after, due.amount_minor))
    return after


def _now_for(provider_reference: str) -> dict[str, object]:
    return {"payment": provider_reference, "now": datetime.now(UTC)}


_PLAN = insert(delayed)
_OF_PAYMENT = select(delayed.c.due_at).where(delayed.c.provider_reference == bindparam("payment"))
_IS_DUE = (delayed.c.done_at.is_(None), delayed.c.due_at <= bindparam("now"))
_DUE = select(delayed.c.provider_reference).where(*_IS_DUE).order_by(delayed.c.due_at)
_DUE_TO = select(*delayed.c["kind", "amount_minor"]).where(
    delayed.c.provider_reference == bindparam("payment"), *_IS_DUE
)
_DONE = update(delayed).where(delayed.c.provider_reference == bindparam("payment")).values(done_at=bindparam("now"))
