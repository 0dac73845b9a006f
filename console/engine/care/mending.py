"""The little that may be mended by itself: only what the rules decide whatever else is true, each under its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from console.engine.driving.expiry import expire_due
from console.engine.driving.locks import hold_cart_row, read_lock, touch
from console.engine.driving.recovery import call_for_overdue, drive_interrupted
from console.engine.machine import OperationKind, OperationStatus, State
from console.engine.payments.late_money import take_late_money
from console.engine.payments.operations import operations_of
from console.engine.store.clauses import NOW
from console.engine.store.database import look, transact
from console.engine.store.tables import carts, locks, operations

_ALL = 1_000_000


@dataclass
class Mended:
    """What was mended: how many checkouts were expired and got further, and of the rest which, by reference or id."""

    freed_carts: list[int] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    expired: int = 0
    recovered: int = 0
    called: list[str] = field(default_factory=list)


def mend(session: Session) -> Mended:
    """Mend what is provably safe to mend at any time. Own transactions.

    A cart is let go that names a checkout which does not hold it. A checkout that has gone back with its money held
    gets the void or refund that it owes (rules 3 and 4). What is due is expired, what was interrupted is driven on, and
    a human is called where a payment is past its time-out.
    """
    mended = Mended(freed_carts=_free_carts(session), owed=_write_what_is_owed(session))
    mended.expired = expire_due(session)
    mended.recovered = drive_interrupted(session, limit=_ALL)
    mended.called = call_for_overdue(session, limit=_ALL)
    return mended


def _free_carts(session: Session) -> list[int]:
    holder = exists().where(locks.c.id == carts.c.lock_id, locks.c.holds_cart)
    query = select(carts.c.id).where(carts.c.lock_id.is_not(None), ~holder).order_by(carts.c.id)
    found = look(session, lambda reader: list(reader.scalars(query)))
    return [cart_id for cart_id in found if transact(session, partial(_free, session, cart_id))]


def _free(session: Session, cart_id: int) -> bool:
    """Let a cart go, its row held: no start can take it meanwhile."""
    cart = hold_cart_row(session, cart_id)
    if cart.lock_id is None or read_lock(session, cart.lock_id).holds_cart:
        return False
    session.execute(update(carts).where(carts.c.id == cart_id).values(lock_id=None, updated_at=NOW.sql))
    return True


def _write_what_is_owed(session: Session) -> list[str]:
    query = select(locks.c.id, locks.c.reference).where(_owes()).order_by(locks.c.id)
    found = look(session, lambda reader: list(reader.execute(query)))
    return [row.reference for row in found if transact(session, partial(_give_back, session, row.id))]


def _owes() -> ColumnElement[bool]:
    """A checkout that has gone back, with money held that nothing of ours gives back."""
    has_void, has_refund = _has(OperationKind.VOID), _has(OperationKind.REFUND)
    authorized = _has(OperationKind.AUTHORIZE, OperationStatus.SUCCEEDED) & ~has_void & ~has_refund
    captured = _has(OperationKind.CAPTURE, OperationStatus.SUCCEEDED) & ~has_refund
    return locks.c.state.in_((State.ROLLING_BACK, State.FAILED)) & or_(authorized, captured)


def _has(kind: OperationKind, status: OperationStatus | None = None) -> ColumnElement[bool]:
    of_status = () if status is None else (operations.c.status == status,)
    return exists().where(operations.c.lock_id == locks.c.id, operations.c.kind == kind, *of_status)


def _give_back(session: Session, lock_id: int) -> bool:
    """Do as when the money had come just now: it is late."""
    lock = touch(session, lock_id)
    before = operations_of(session, lock_id)
    capture = before.get(OperationKind.CAPTURE)
    is_captured = capture is not None and capture.status == OperationStatus.SUCCEEDED
    take_late_money(session, lock, before[OperationKind.CAPTURE if is_captured else OperationKind.AUTHORIZE])
    return len(operations_of(session, lock_id)) > len(before)
