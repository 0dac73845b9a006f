"""What people in the console do to a checkout: release, expire, extend, retry; audited in the same transaction.

Each is a conditional update that races the point of no return: one wins, the loser is told why (rule 9).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from console.engine.checkout import advance
from console.engine.driving.locks import DRIVERLESS, NOT_DUE, at_revision, change, is_driverless, is_due
from console.engine.driving.rollback import go_back
from console.engine.driving.walk import settle
from console.engine.errors import InProgress, InvalidInput, NotAllowed, NotFound, Stale
from console.engine.machine import Outcome
from console.engine.record.audit import Actor, Entry, write_entry
from console.engine.record.endings import EXPIRED_BY_SHOP, RELEASED_BY_SHOP
from console.engine.runtime import runtime_of
from console.engine.staff.allowed import Action, why_not
from console.engine.staff.open_actions import close_action, open_action, shown
from console.engine.staff.reasons import required_reason
from console.engine.store.clauses import Clause, after
from console.engine.store.database import transact, until_won
from console.engine.store.objects import show
from console.engine.store.tables import locks
from console.models import CheckoutLock


@dataclass(frozen=True)
class StaffAction:
    """Who does what, why, and which revision they saw (None: whatever it is)."""

    action: Action
    actor: Actor | str
    reason: str | None
    version: int | None


def release(
    session: Session, lock: CheckoutLock, *, actor: Actor | str, reason: str, version: int | None
) -> CheckoutLock:
    """Take a checkout off its cart and undo it. Own transactions.

    `version` is the revision the actor saw; None acts on whatever it is. The reason is for the audit trail: the shopper
    is told only that the shop ended the checkout.

    Raises:
        InvalidInput: without a reason.
        Stale: when the checkout moved on since.
        NotAllowed: past the point of no return, or when it has ended.
    """
    asked = StaffAction(Action.RELEASE, actor, required_reason(reason), version)
    return _undo(session, lock, asked, outcome=Outcome.RELEASED, told=RELEASED_BY_SHOP)


def expire(
    session: Session, lock: CheckoutLock, *, actor: Actor | str, reason: str, version: int | None
) -> CheckoutLock:
    """End a checkout's time now and undo it. Own transactions.

    Raises:
        InvalidInput, Stale, NotAllowed: as `release`.
    """
    asked = StaffAction(Action.EXPIRE, actor, required_reason(reason), version)
    return _undo(session, lock, asked, outcome=Outcome.EXPIRED, told=EXPIRED_BY_SHOP)


def extend(
    session: Session,
    lock: CheckoutLock,
    *,
    actor: Actor | str,
    ttl_minutes: int,
    version: int | None,
    reason: str | None = None,
) -> CheckoutLock:
    """Give a checkout so many minutes from now. Own transaction.

    Raises:
        InvalidInput: when they are out of bounds.
        Stale, NotAllowed: as `release`; also when its time has run out already.
    """
    longest = runtime_of(session).config.max_ttl_minutes
    if not 1 <= ttl_minutes <= longest:
        raise InvalidInput(f"A checkout can be extended by 1 to {longest} minutes.", field="ttl_minutes")

    def move_deadline(row: Row[Any], unmoved: Clause) -> Row[Any]:
        return change(session, row.id, unmoved, NOT_DUE, expires_at=after(60 * ttl_minutes))

    asked = StaffAction(Action.EXTEND, actor, reason, version)
    return show(_take(session, lock.id, asked, move_deadline), on=lock)


def retry(
    session: Session, lock: CheckoutLock, *, actor: Actor | str, version: int | None, reason: str | None = None
) -> CheckoutLock:
    """Take a checkout up again now instead of at its next try, and drive it on. Own transactions.

    The next try by itself stays when it was, and the audit trail tells what came of this one.

    Raises:
        InProgress: when somebody drives it at this moment.
        Stale, NotAllowed: as `release`; there is something to retry only while a payment is under way.
    """

    def wake(row: Row[Any], unmoved: Clause) -> Row[Any]:
        if not row.is_driverless:
            raise InProgress("Somebody is driving this checkout right now; look again shortly.")
        return change(session, row.id, unmoved, DRIVERLESS)

    asked = StaffAction(Action.RETRY, actor, reason, version)
    show(_take(session, lock.id, asked, wake, is_to_be_driven=True), on=lock)
    try:
        advance(session, lock)
    except InProgress:  # somebody was faster: what came of it so far is entered all the same
        close_action(session, lock.id)
        raise
    return show(close_action(session, lock.id), on=lock)


def _undo(session: Session, lock: CheckoutLock, asked: StaffAction, *, outcome: Outcome, told: str) -> CheckoutLock:
    def undo(row: Row[Any], unmoved: Clause) -> Row[Any]:
        return go_back(session, row, unmoved, outcome=outcome, reason=told)

    row = _take(session, lock.id, asked, undo)
    return show(settle(session, row), on=lock)


def _take(
    session: Session,
    lock_id: int,
    asked: StaffAction,
    step: Callable[[Row[Any], Clause], Row[Any]],
    *,
    is_to_be_driven: bool = False,
) -> Row[Any]:
    """Take an action on a checkout that allows it: its step, with its audit entry. Own transaction.

    One that is to be driven is kept open instead: what comes of it is not known yet.
    """

    def work() -> Row[Any]:
        before = _read(session, lock_id)
        require_unmoved(before, version=asked.version)
        _require_allowed(before, asked)
        after = step(before, at_revision(before.revision))
        actor, subject = Actor.of(asked.actor), ("checkout_lock", lock_id)
        if is_to_be_driven:
            return open_action(session, after, actor, Entry(asked.action, subject, asked.reason, before=shown(before)))
        entry = Entry(asked.action, subject, asked.reason, before=shown(before), after=shown(after))
        write_entry(session, actor, entry)
        return after

    return until_won(
        lambda: transact(session, work, is_repeatable=False),  # it would be audited twice
        otherwise=lambda: Stale("This checkout is changing too fast; look again.", lock_id=lock_id),
    )


def _read(session: Session, lock_id: int) -> Row[Any]:
    query = select(locks, is_due().label("is_due"), is_driverless().label("is_driverless"))
    row = session.execute(query.where(locks.c.id == lock_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no checkout {lock_id}.")
    return row


def require_unmoved(row: Row[Any], *, version: int | None) -> None:
    """Refuse to act on another revision than the one that was seen; None is content with any.

    Raises:
        Stale: when the checkout moved on.
    """
    if version is not None and version != row.revision:
        raise Stale("This checkout has moved on since you looked.", seen=version, now=row.revision)


def _require_allowed(row: Row[Any], asked: StaffAction) -> None:
    refusal = why_not(asked.action, row.state, is_due=row.is_due)
    if refusal is not None:
        raise NotAllowed(refusal, state=row.state)
