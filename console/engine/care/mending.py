"""The little that may be mended by itself: only what the rules decide whatever else is true, each under its row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, exists, or_, select, update
from sqlalchemy.orm import Session

from console.engine.driving.expiry import expire_due
from console.engine.driving.locks import hold_cart_row, touch
from console.engine.driving.recovery import call_for_overdue, drive_interrupted
from console.engine.errors import DatabaseUnavailable
from console.engine.machine import OperationKind, OperationStatus, State
from console.engine.payments.late_money import take_late_money
from console.engine.payments.operations import operations_of
from console.engine.store.clauses import NOW
from console.engine.store.database import Reader, look, transact
from console.engine.store.tables import carts, locks, operations

_ALL = 1_000_000
_AT_ONCE = 1000  # checkouts that have gone back, of which a large shop has more than one statement may read

log = structlog.get_logger("checkout")


@dataclass
class Mended:
    """What was mended: how many checkouts were expired and got further, and of the rest which, by reference or id.

    `unmended` says in words what could not be, and why.
    """

    freed_carts: list[int] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    expired: int = 0
    recovered: int = 0
    called: list[str] = field(default_factory=list)
    unmended: list[str] = field(default_factory=list)

    def note(self, what: str, error: Exception) -> None:
        """Keep in mind what could not be mended."""
        self.unmended.append(f"{what}: {type(error).__name__}: {error}".splitlines()[0])


def mend(session: Session) -> Mended:
    """Mend what is provably safe to mend at any time. Own transactions.

    A cart is let go that names a checkout which does not hold it. A checkout that has gone back with its money held
    gets the void or refund that it owes (rules 3 and 4). What is due is expired, what was interrupted is driven on, and
    a human is called where a payment is past its time-out. What fails, a row or a step, keeps no other from being
    mended.
    """
    mended = Mended()
    for name, step in _STEPS.items():
        try:
            step(session, mended)
        except Exception as error:
            log.exception("not_mended", what=name)
            mended.note(name, error)
    return mended


@contextmanager
def _surviving(mended: Mended, what: str) -> Iterator[None]:
    try:
        yield
    except DatabaseUnavailable:  # the end of the step: of the other rows it would be the same
        raise
    except Exception as error:
        log.exception("not_mended", what=what)
        mended.note(what, error)


def _free_carts(session: Session, mended: Mended) -> None:
    query = select(carts.c.id).where(carts.c.lock_id.is_not(None), ~_is_held()).order_by(carts.c.id)
    for cart_id in look(session, lambda reader: list(reader.scalars(query))):
        with _surviving(mended, f"cart {cart_id}"):
            if transact(session, partial(_free, session, cart_id)):
                mended.freed_carts.append(cart_id)


def _is_held() -> ColumnElement[bool]:
    """The checkout that the cart names is there, and holds it."""
    return exists().where(locks.c.id == carts.c.lock_id, locks.c.cart_id == carts.c.id, locks.c.holds_cart)


def _free(session: Session, cart_id: int) -> bool:
    """Let a cart go, its row held: no start can take it meanwhile."""
    hold_cart_row(session, cart_id)
    unheld = update(carts).where(carts.c.id == cart_id, carts.c.lock_id.is_not(None), ~_is_held())
    freed = session.execute(unheld.values(lock_id=None, updated_at=NOW.sql).returning(carts.c.id))
    return freed.one_or_none() is not None


def _write_what_is_owed(session: Session, mended: Mended) -> None:
    last = 0
    while some := look(session, partial(_gone_back, after=last)):
        last = some[-1].id
        for row in some:
            if row.owes:
                with _surviving(mended, row.reference):
                    if transact(session, partial(_give_back, session, row.id)):
                        mended.owed.append(row.reference)


def _gone_back(reader: Reader, *, after: int) -> Sequence[Row[Any]]:
    query = select(locks.c.id, locks.c.reference, _owes().label("owes"))
    some = query.where(locks.c.state.in_((State.ROLLING_BACK, State.FAILED)), locks.c.id > after)
    return reader.execute(some.order_by(locks.c.id).limit(_AT_ONCE)).all()


def _owes() -> ColumnElement[bool]:
    """A checkout that has gone back, with money held that nothing of ours gives back."""
    has_void, has_refund = _has(OperationKind.VOID), _has(OperationKind.REFUND)
    authorized = _has(OperationKind.AUTHORIZE, OperationStatus.SUCCEEDED) & ~has_void & ~has_refund
    captured = _has(OperationKind.CAPTURE, OperationStatus.SUCCEEDED) & ~has_refund
    return or_(authorized, captured)


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


def _expire(session: Session, mended: Mended) -> None:
    mended.expired = expire_due(session, on_defect=mended.note)


def _drive_on(session: Session, mended: Mended) -> None:
    mended.recovered = drive_interrupted(session, limit=_ALL, on_defect=mended.note)


def _call_humans(session: Session, mended: Mended) -> None:
    mended.called = call_for_overdue(session, limit=_ALL, on_defect=mended.note)


_STEPS: dict[str, Callable[[Session, Mended], None]] = {
    "carts that name a checkout which does not hold them": _free_carts,
    "checkouts that have gone back with money held": _write_what_is_owed,
    "due checkouts": _expire,
    "interrupted checkouts": _drive_on,
    "payments past their time-out": _call_humans,
}
