"""The walk: from what the rows say to the next leg or the next gateway call, until the checkout ends or must wait.

`moves` says what follows what; a `Walk` does it. The database is let go before each gateway call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.driving import legs
from console.engine.driving.locks import Drive, let_go, new_drive, read_lock, renew, take_over, was_due
from console.engine.driving.moves import CALLS, Move, next_move
from console.engine.driving.point_of_no_return import enter_capture
from console.engine.errors import DatabaseTrouble, InProgress, LostRace
from console.engine.machine import ENDED, State
from console.engine.payments.calls import ask_gateway
from console.engine.payments.facts import Fact, record_answer, record_silence
from console.engine.payments.operations import Operations, meaning, operations_of, statuses_of
from console.engine.store.database import look, transact

log = structlog.get_logger("checkout")
MOST_MOVES = 30  # a checkout takes about ten; more would be a circle


LEGS: dict[Move, Callable[..., legs.Progress]] = {
    Move.ENTER_CAPTURE: enter_capture,
    Move.COMMIT_STOCK: legs.commit_stock,
    Move.GO_BACK: legs.go_back_refused,
    Move.EXPIRE: legs.go_back_expired,
    Move.FINISH: legs.finish_rollback,
}
# These legs record the answer they follow from in their own transaction; before the others it is recorded alone.
_TAKES_FACT = (Move.ENTER_CAPTURE, Move.COMMIT_STOCK)


@dataclass
class Walk:
    """One driver's way through a checkout."""

    session: Session
    drive: Drive
    known: Operations
    fact: Fact | None = None
    fresh: frozenset[int] = frozenset()  # ids of the operations that this driver wrote just now
    told: frozenset[str] = frozenset()  # kinds of operations that the gateway has spoken of to this driver
    silent: frozenset[str] = frozenset()  # those that it was silent about, which is recorded
    paid_order: Row[Any] | None = None  # once this driver has completed the checkout

    def run(self) -> Row[Any]:
        """Go on until the checkout ends or must wait; give the lock as it is then.

        Raises:
            DatabaseTrouble: when the database gives no answer; the recovery goes on from what was committed.
        """
        for _ in range(MOST_MOVES):
            move = Move.EXPIRE if self._is_due() else self._next_move(silent=self.silent)
            if not self._make(move):
                return self._last_seen()
        raise RuntimeError(f"checkout {self.drive.lock.id} goes round in circles")

    def _next_move(self, *, silent: frozenset[str]) -> Move:
        may_ask = self.known.keys() - self.told
        return next_move(self.drive.lock.state, self._statuses(), may_ask=may_ask, silent=silent)

    def _last_seen(self) -> Row[Any]:
        lock: Row[Any] = self.drive.lock
        return lock if lock.state in ENDED else look(self.session, lambda reader: read_lock(reader, lock.id))

    def _is_due(self) -> bool:
        """Tell whether the time had run out when the lock was last read; `changed_at` is the database's clock then."""
        lock = self.drive.lock
        return self.fact is None and was_due(lock, now=lock.changed_at)

    def _make(self, move: Move) -> bool:
        """Make one move; tell whether there may be another."""
        try:
            if self.fact is not None and move not in _TAKES_FACT:
                return self._record_fact()
            if move in CALLS:
                return self._call(self.known[move.value])
            if move == Move.WAIT:
                return self._rest()
            return self._take_leg(move)
        except LostRace:
            return self._look_again()

    def _statuses(self) -> dict[str, str]:
        statuses = statuses_of(self.known)
        if self.fact is not None and self.fact.is_ours:
            kind = self.fact.operation.kind
            statuses[kind] = meaning(self.fact.answer, kind=kind)
        return statuses

    def _call(self, operation: Row[Any]) -> bool:
        answer = ask_gateway(self.session, self.drive, operation, known=self.known, is_fresh=operation.id in self.fresh)
        self.fresh -= {operation.id}
        if answer is None:
            return self._pass_over(operation)
        self.fact = Fact(operation, answer)
        self.told |= {operation.kind}
        return True

    def _pass_over(self, operation: Row[Any]) -> bool:
        """Leave an operation to its next try; another of this checkout that is open is not kept waiting by it."""
        silent = self.silent | {operation.kind}
        if self._next_move(silent=silent) not in CALLS:
            return self._rest(silent=operation)
        transact(self.session, lambda: record_silence(self.session, self.drive.lock.id, operation))
        self.silent = silent
        return self._look_again()

    def _take_leg(self, move: Move) -> bool:
        began = time.monotonic()
        try:
            progress = transact(self.session, lambda: LEGS[move](self.session, self.drive, self.fact))
        except (LostRace, DatabaseTrouble):
            raise
        except Exception as error:
            log.exception("checkout_leg_failed", lock_id=self.drive.lock.id, leg=move.value)
            return self._survive(move, error)
        self.drive.saw(progress.lock, leased_at=began)
        seen = {operation.id for operation in self.known.values()}
        self.fresh = frozenset(operation.id for operation in progress.operations) - seen
        self.known = {**self.known, **{operation.kind: operation for operation in progress.operations}}
        self.fact = None
        self.paid_order = progress.paid_order
        return progress.lock.lease_owner is not None

    def _survive(self, move: Move, error: Exception) -> bool:
        """A leg failed by a defect: keep the fact; go back if no order could be made, else ask for a human."""
        if self.fact is not None and not self._record_fact():
            return False
        if move == Move.ENTER_CAPTURE and self._goes_back(error):
            return True
        self._decide(legs.stay_broken, reason=f"The step {move.value} fails: {error}")
        return False

    def _goes_back(self, error: Exception) -> bool:
        """Go back from a broken leg 2; False when even that is broken."""
        try:
            self._decide(legs.go_back_broken, reason=f"The order could not be created: {error}")
        except (LostRace, DatabaseTrouble):
            raise
        except Exception:
            log.exception("checkout_rollback_failed", lock_id=self.drive.lock.id)
            return False
        return True

    def _decide(self, leg: Callable[..., Row[Any]], *, reason: str) -> None:
        began = time.monotonic()
        lock = transact(self.session, lambda: leg(self.session, self.drive, reason=reason))
        self.drive.saw(lock, leased_at=began)
        self._reread()

    def _record_fact(self) -> bool:
        """Record the answer as a fact, whoever drives by now; then look what to do."""
        fact, self.fact = self.fact, None
        assert fact is not None
        lock_id = self.drive.lock.id
        transact(self.session, lambda: record_answer(self.session, lock_id, fact.operation, fact.answer))
        if not self._look_again():
            return False
        return fact.is_ours or self._rest()

    def _look_again(self) -> bool:
        """Read everything anew under our own fence; False when the lease was lost or the checkout ended."""
        if self.fact is not None:
            return self._record_fact()
        began = time.monotonic()
        try:
            lock = transact(self.session, lambda: renew(self.session, self.drive))
        except LostRace:
            return False
        self.drive.saw(lock, leased_at=began)
        self._reread()
        return True

    def _reread(self) -> None:
        self.fresh = frozenset()
        self.known = look(self.session, lambda reader: operations_of(reader, self.drive.lock.id))

    def _rest(self, *, silent: Row[Any] | None = None) -> bool:
        """Give the lease back and stop: the shopper, the gateway or the next try has to come first."""

        def rest() -> None:
            let_go(self.session, self.drive)
            if silent is not None:
                record_silence(self.session, self.drive.lock.id, silent)

        transact(self.session, rest)
        return False


def drive_on(session: Session, lock: Row[Any], *, claim: Callable[[], None] = lambda: None) -> Row[Any]:
    """Take a checkout over and walk on with it; give it as it is then. Own transactions.

    `claim` is done first in the transaction that takes it over; what it raises comes out.

    Raises:
        InProgress: when somebody drives it.
    """
    drive = new_drive(session, lock)
    began = time.monotonic()

    def take() -> tuple[Row[Any], Operations]:
        claim()
        return take_over(session, drive), operations_of(session, lock.id)

    try:
        row, known = transact(session, take)
    except LostRace:
        row = look(session, lambda reader: read_lock(reader, lock.id))
        if row.state in ENDED:
            return row
        if row.lease_owner != drive.owner:
            raise InProgress("Another request is driving this checkout.", reference=row.reference) from None
        return walk_on(session, drive, row, leased_at=began)
    drive.saw(row, leased_at=began)
    return Walk(session, drive, known).run()


def walk_on(session: Session, drive: Drive, lock: Row[Any], *, leased_at: float) -> Row[Any]:
    """Walk on from a commit of ours whose confirmation was lost: the lease in the row is our own (rule 11)."""
    drive.saw(lock, leased_at=leased_at)
    return Walk(session, drive, look(session, lambda reader: operations_of(reader, lock.id))).run()


def settle(session: Session, lock: Row[Any]) -> Row[Any]:
    """Settle the money of a checkout that has gone back, unless somebody else is at it. Own transactions."""
    if lock.state != State.ROLLING_BACK:
        return lock
    try:
        return drive_on(session, lock)
    except InProgress:
        return lock
