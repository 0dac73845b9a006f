"""What the comparison with the gateway's ledger finds is recorded: as facts, or as a call for a human (rule 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from console.engine.care.ledger_comparison import Comparison, Difference, Posted, batches, compare
from console.engine.driving.locks import needs_attention, touch
from console.engine.errors import DatabaseTrouble
from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.facts import record_answer
from console.engine.payments.gateway import GatewayAnswer
from console.engine.record.attention import Cause, call_off, causes_about, demand, is_known
from console.engine.store.database import Reader, look, transact
from console.engine.store.moments import moment_ago
from console.engine.store.tables import locks

log = structlog.get_logger("checkout")

RECONCILED_SECONDS = 7 * 24 * 3600.0


@dataclass
class Reconciled:
    """What came of a comparison: the facts recorded, who was called for, payments of nobody we know, what failed."""

    recorded: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def reconcile(session: Session, *, last_seconds: float = RECONCILED_SECONDS) -> Reconciled | None:
    """Compare the last days with the gateway's ledger and record what it shows; None when the gateway shows none.

    What the ledger shows done, and our operation does not know, is recorded as the fact that it is, with all that
    follows. All else that differs calls for a human, once, and no longer when it differs no more. A payment that fails
    by a defect is logged and keeps no other from it. Own transactions.

    Raises:
        NoAnswer: when the ledger is out of reach.
        DatabaseTrouble: when the database gives no answer.
    """
    comparison = compare(session, since=moment_ago(session, last_seconds))
    if comparison is None:
        return None
    done = Reconciled()
    for key, told in comparison.theirs.items():
        operation = comparison.after.get(key)
        if operation is not None and operation.status != OperationStatus.SUCCEEDED:
            with _surviving(done, f"{key[0]} {key[1]}"):
                transact(session, _recording(session, operation, told))
                done.recorded.append(f"{key[0]} {key[1]}")
    _call_humans(session, comparison, done)
    return done


@contextmanager
def _surviving(done: Reconciled, which: str) -> Iterator[None]:
    """Go on to the next payment after a defect in one."""
    try:
        yield
    except DatabaseTrouble:
        raise
    except Exception:
        log.exception("payment_not_reconciled", payment=which)
        done.failed.append(which)


def _recording(session: Session, operation: Row[Any], told: Posted) -> Callable[[], Row[Any]]:
    answer = GatewayAnswer(
        OperationStatus.SUCCEEDED,
        told.provider_reference,
        told.amount,
        told.currency,
        raw={"source": "ledger"},
    )
    return lambda: record_answer(session, operation.lock_id, operation, answer)


def _call_humans(session: Session, comparison: Comparison, done: Reconciled) -> None:
    differing = [each for each in comparison.differences if each.status != OperationStatus.REFUSED]
    seen = {reference for reference, _ in (*comparison.before, *comparison.theirs)}
    rows = _locks_of(session, {each.reference for each in differing})
    for difference in differing:
        lock = rows.get(difference.reference)
        if lock is None:
            done.strangers.append(difference.reference)
        elif difference.said_by is None and _matters(difference, comparison):
            with _surviving(done, f"{difference.reference} {difference.kind}"):
                if _call(session, lock, difference):
                    done.called.append(difference.reference)
    mattering = {(each.reference, each.kind) for each in differing if _matters(each, comparison)}
    _call_off_agreeing(session, seen, mattering, done)


def _matters(difference: Difference, comparison: Comparison) -> bool:
    """A payment that we never asked for, with a checkout that asked for nothing, matters while its money is held."""
    reference = difference.reference
    if any((reference, kind.value) in comparison.after for kind in OperationKind):
        return True
    return _held(comparison.theirs, reference) > 0 or difference.status is not None


def _held(theirs: Mapping[tuple[str, str], Posted], reference: str) -> int:
    amounts = {
        kind: theirs[reference, kind.value].amount for kind in OperationKind if (reference, kind.value) in theirs
    }
    captured = amounts.get(OperationKind.CAPTURE, 0)
    if captured:
        return captured - amounts.get(OperationKind.REFUND, 0)
    return amounts.get(OperationKind.AUTHORIZE, 0) - amounts.get(OperationKind.VOID, 0)


def _locks_of(session: Session, references: set[str]) -> dict[str, Row[Any]]:
    def read(reader: Reader) -> dict[str, Row[Any]]:
        queries = (select(locks).where(locks.c.reference.in_(some)) for some in batches(sorted(references)))
        return {row.reference: row for query in queries for row in reader.execute(query)}

    return look(session, read)


def _call(session: Session, lock: Row[Any], difference: Difference) -> bool:
    message = f"Our books and the gateway's differ. {difference.told} {difference.advice}"
    if is_known(lock, Cause.LEDGER, message, about=difference.kind):
        return False
    transact(session, lambda: demand(session, touch(session, lock.id), Cause.LEDGER, message, about=difference.kind))
    return True


def _call_off_agreeing(session: Session, seen: set[str], differing: set[tuple[str, str]], done: Reconciled) -> None:
    """Call humans off where the books were compared and differ no more."""
    query = select(locks).where(needs_attention())
    for lock in look(session, lambda reader: list(reader.execute(query))):
        over = {kind for kind in causes_about(lock, Cause.LEDGER) if (lock.reference, kind) not in differing}
        if over and lock.reference in seen:
            with _surviving(done, lock.reference):
                transact(session, _calling_off(session, lock.id, over))


def _calling_off(session: Session, lock_id: int, kinds: set[str]) -> Callable[[], Row[Any]]:
    def is_over(cause: str, about: str) -> bool:
        return cause == Cause.LEDGER and about in kinds

    return lambda: call_off(session, touch(session, lock_id), is_over)
