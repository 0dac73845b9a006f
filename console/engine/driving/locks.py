"""The lock row: who drives a checkout, and the conditional updates that decide about it.

Everything that decides goes through `change`: one UPDATE with its conditions, which hits its row or loses the race.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, or_, select, union_all
from sqlalchemy.orm import Session

from console.engine.errors import LostRace, NotFound
from console.engine.machine import DRIVEN, ENDED, EXPIRABLE, State
from console.engine.runtime import runtime_of
from console.engine.store import signals
from console.engine.store.clauses import NOW, Clause, after, change_row, words
from console.engine.store.database import Reader, run
from console.engine.store.tables import carts, locks
from console.models import CheckoutLock
from console.models.types import clock

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misheard or misread
STUCK_AFTER_SECONDS = 60.0
NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_until": None}


def new_reference() -> str:
    """Make up a reference, such as `K7Q2-M9XA`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def normalise_reference(spelling: str) -> str:
    """Bring any spelling of a reference (`k7q2 m9xa`) into its own."""
    letters = "".join(character for character in spelling.upper() if character.isalnum())
    return f"{letters[:4]}-{letters[4:]}"


@dataclass(frozen=True)
class Seen:
    """A lock as its caller last saw it: the little that a first decision needs, and nothing that changes by itself."""

    id: int
    cart_id: int
    state: str
    fence: int

    @classmethod
    def of(cls, lock: CheckoutLock) -> Seen:
        """Take note of the caller's object."""
        return cls(lock.id, lock.cart_id, lock.state, lock.fence)


@dataclass
class Drive:
    """One driver's hold on one checkout: what it last saw of the lock, and its lease by its own clock.

    It is changed only after a commit, so that it never claims more than the database has. `lock` is a `Seen` until the
    first one, a row from then on.
    """

    lock: Any
    leased_at: float
    lease_seconds: float
    owner: str

    def saw(self, lock: Row[Any], *, leased_at: float) -> None:
        """Take note of the lock as committed, its lease counted from before that transaction began."""
        self.lock = lock
        self.leased_at = leased_at

    def covers(self, seconds: float) -> bool:
        """Tell whether the lease lasts that long, by this process's monotonic clock."""
        return time.monotonic() + seconds <= self.leased_at + self.lease_seconds

    @property
    def lease(self) -> dict[str, Any]:
        """Give the values that take or renew the lease."""
        return {"lease_owner": self.owner, "lease_until": after(self.lease_seconds)}


def new_drive(session: Session, lock: Row[Any] | Seen) -> Drive:
    """Prepare to drive a checkout; the lease begins with the next committed change."""
    return Drive(lock, time.monotonic(), runtime_of(session).config.lease_seconds, secrets.token_hex(8))


def read_lock(reader: Reader, lock_id: int) -> Row[Any]:
    """Read a lock as it is now.

    Raises:
        NotFound: when there is no such lock.
    """
    lock = run(reader, _READ, {"of_lock": lock_id}).one_or_none()
    if lock is None:
        raise NotFound(f"There is no checkout {lock_id}.")
    return lock


def is_due(*, for_seconds: float = 0) -> ColumnElement[bool]:
    """Build the condition that a checkout's time ran out before the point of no return, at least so long ago."""
    moment = clock(-for_seconds) if for_seconds else clock()
    return locks.c.state.in_(words(EXPIRABLE)) & (locks.c.expires_at <= moment)


def was_due(lock: Any, *, now: datetime) -> bool:
    """Tell the same of a lock as it was read, at that moment by the database's clock."""
    return lock.state in EXPIRABLE and bool(lock.expires_at <= now)


def needs_attention() -> ColumnElement[bool]:
    """Build the condition that a checkout needs somebody."""
    return locks.c.needs_attention.is_not(None)


def is_stuck() -> ColumnElement[bool]:
    """Build the condition that a checkout has been due for a minute or needs somebody; each half by its own index."""
    # As a value the moment lets an index find what is older; as an expression it would be asked anew for each row.
    moment = select(clock(-STUCK_AFTER_SECONDS)).scalar_subquery()
    due = select(locks.c.id).where(locks.c.state.in_(EXPIRABLE), locks.c.expires_at <= moment)
    return locks.c.id.in_(union_all(due, select(locks.c.id).where(needs_attention())))


def is_driverless() -> ColumnElement[bool]:
    """Build the condition that nobody drives the checkout."""
    return or_(locks.c.lease_until.is_(None), locks.c.lease_until <= clock())


DUE = Clause(is_due())
NOT_DUE = Clause(~is_due())
IN_TIME = Clause(locks.c.expires_at > clock())
DRIVERLESS = Clause(is_driverless())
NEXT_FENCE = Clause(locks.c.fence + 1)
_NEXT_REVISION = Clause(locks.c.revision + 1)
_IS_DRIVEN = Clause(locks.c.state.in_(words(DRIVEN)))
_STATE = locks.c.state == bindparam("seen_state")
_FENCE = locks.c.fence == bindparam("seen_fence")
_REVISION = locks.c.revision == bindparam("seen_revision")
_HELD_BY = carts.c.lock_id == bindparam("held_by")
_READ = select(locks).where(locks.c.id == bindparam("of_lock"))
_HOLD_CART = select(carts).where(carts.c.id == bindparam("of_cart")).with_for_update(key_share=True)
_OWNER = locks.c.lease_owner == bindparam("seen_owner")


def in_state(state: str) -> Clause:
    """Give the condition that a checkout is (still) in a state."""
    return Clause(_STATE, {"seen_state": state})


def under_fence(fence: int) -> Clause:
    """Give the condition that nobody took a checkout over since."""
    return Clause(_FENCE, {"seen_fence": fence})


def at_revision(revision: int) -> Clause:
    """Give the condition that nothing happened to a checkout since."""
    return Clause(_REVISION, {"seen_revision": revision})


def change(session: Session, lock_id: int, *conditions: Clause, **values: Any) -> Row[Any]:
    """Change the lock row if the conditions hold, and read it in the same statement. Caller commits.

    Raises:
        LostRace: when the conditions do not hold (any more).
    """
    values = {"revision": _NEXT_REVISION, "changed_at": NOW, **values}
    lock = run(session, *change_row(locks, lock_id, conditions, values)).one_or_none()
    if lock is None:
        raise LostRace(f"checkout {lock_id} has moved on")
    signals.queue(session, signals.checkout_changed, cart_id=lock.cart_id, lock_id=lock.id)
    return lock


def decide(session: Session, drive: Drive, *conditions: Clause, state: State, **values: Any) -> Row[Any]:
    """Enter a state as the driver: only from the state it saw, under its own fence. Caller commits.

    Raises:
        LostRace: when the lease was lost or somebody else decided first.
    """
    lease = NO_LEASE if state in ENDED else drive.lease
    mine = (in_state(drive.lock.state), under_fence(drive.lock.fence))
    return change(session, drive.lock.id, *mine, *conditions, state=state, **lease, **values)


def take_over(session: Session, drive: Drive) -> Row[Any]:
    """Become the driver of a checkout with a payment under way, with a fence of one's own. Caller commits.

    Raises:
        LostRace: when somebody drives it, or there is nothing to drive.
    """
    return change(session, drive.lock.id, _IS_DRIVEN, DRIVERLESS, fence=NEXT_FENCE, **drive.lease)


def renew(session: Session, drive: Drive) -> Row[Any]:
    """Read the lock anew and renew the lease. Caller commits.

    Raises:
        LostRace: when the lease was lost or the checkout ended.
    """
    mine = (_IS_DRIVEN, under_fence(drive.lock.fence), Clause(_OWNER, {"seen_owner": drive.owner}))
    return change(session, drive.lock.id, *mine, **drive.lease)


def let_go(session: Session, drive: Drive) -> Row[Any]:
    """Give the lease back, unless something happened since the driver last looked. Caller commits.

    Raises:
        LostRace: when the row changed meanwhile: a webhook told something, and nobody else is going to act on it.
    """
    unmoved = (under_fence(drive.lock.fence), at_revision(drive.lock.revision))
    return change(session, drive.lock.id, *unmoved, **NO_LEASE)


def touch(session: Session, lock_id: int) -> Row[Any]:
    """Hold the lock row without deciding anything: the first statement of a fact (rule 2). Caller commits."""
    return change(session, lock_id)


def hold_cart_row(session: Session, cart_id: int) -> Row[Any]:
    """Hold the cart's row, which comes first in the row order, and read it. Caller commits.

    On SQLite the transaction has the database's only write lock already.
    """
    return run(session, _HOLD_CART, {"of_cart": cart_id}).one()


def let_cart_go(session: Session, lock: Row[Any], **values: Any) -> None:
    """Take the lock off its cart. Caller commits.

    Raises:
        LostRace: when the lock no longer holds the cart.
    """
    held = Clause(_HELD_BY, {"held_by": lock.id})
    statement = change_row(carts, lock.cart_id, [held], {"lock_id": None, "updated_at": NOW, **values})
    if run(session, *statement).one_or_none() is None:
        raise LostRace(f"checkout {lock.id} no longer holds its cart")
