"""Our operations against the gateway's own ledger, both ways, while both go on changing.

The operations are read before the ledger and once more after it. What had succeeded before must stand in the ledger;
what stands in the ledger must by then be an operation of ours that succeeded, or one whose answer is still out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from console.engine.database import Reader, look
from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import LedgerEntry
from console.engine.runtime import runtime_of
from console.engine.tables import locks, operations

Key = tuple[str, str]  # a checkout's reference and the kind of operation
_FIELDS = {
    OperationKind.AUTHORIZE: "authorized",
    OperationKind.CAPTURE: "captured",
    OperationKind.VOID: "voided",
    OperationKind.REFUND: "refunded",
}


@runtime_checkable
class KeepsLedger(Protocol):
    """A gateway whose ledger can be read as a whole."""

    def ledger(self) -> list[LedgerEntry]:
        """List its payments."""


@dataclass(frozen=True)
class Difference:
    """Money on which we and the gateway disagree; amounts in minor units, 0 where there is nothing."""

    reference: str
    kind: str
    ours: int
    theirs: int


def find_differences(session: Session) -> list[Difference] | None:
    """Compare our operations with the gateway's ledger; None when the gateway shows none. Reads only.

    Raises:
        NoAnswer: when the ledger is out of reach.
    """
    gateway = runtime_of(session).gateway
    if not isinstance(gateway, KeepsLedger):
        return None
    before = look(session, lambda reader: _operations(reader, gateway.name))
    theirs = _sum_up(gateway.ledger())
    after = look(session, lambda reader: _operations(reader, gateway.name))
    return sorted({*_missing_there(before, theirs), *_missing_here(after, theirs)}, key=_place)


def _operations(reader: Reader, provider: str) -> Mapping[Key, Row[Any]]:
    query = (
        select(locks.c.reference, *operations.c["kind", "status", "amount", "currency"])
        .join(locks, locks.c.id == operations.c.lock_id)
        .where(operations.c.provider == provider, operations.c.amount > 0)
    )
    return {(row.reference, row.kind): row for row in reader.execute(query)}


def _sum_up(ledger: Iterable[LedgerEntry]) -> Mapping[Key, tuple[int, str]]:
    """Sum the ledger by checkout and kind: a checkout that was charged twice shows with both amounts."""
    sums: dict[Key, tuple[int, str]] = {}
    for entry in ledger:
        for kind, field in _FIELDS.items():
            amount = getattr(entry, field)
            if amount:
                key = (entry.lock_reference, kind.value)
                sums[key] = (sums.get(key, (0, ""))[0] + amount, entry.currency)
    return sums


def _missing_there(ours: Mapping[Key, Row[Any]], theirs: Mapping[Key, tuple[int, str]]) -> Iterator[Difference]:
    for key, operation in ours.items():
        if _let_nothing_go(operation, ours):
            continue
        if operation.status == OperationStatus.SUCCEEDED and not _agree(operation, theirs.get(key)):
            yield Difference(*key, ours=operation.amount, theirs=theirs.get(key, (0, ""))[0])


def _missing_here(ours: Mapping[Key, Row[Any]], theirs: Mapping[Key, tuple[int, str]]) -> Iterator[Difference]:
    for key, told in theirs.items():
        operation = ours.get(key)
        if operation is None or operation.status == OperationStatus.REFUSED:
            yield Difference(*key, ours=0, theirs=told[0])
        elif operation.status == OperationStatus.SUCCEEDED and not _agree(operation, told):
            yield Difference(*key, ours=operation.amount, theirs=told[0])


def _let_nothing_go(operation: Row[Any], ours: Mapping[Key, Row[Any]]) -> bool:
    """Tell whether an operation is the void of an authorization that never came about: it moved no money."""
    authorize = ours.get((operation.reference, OperationKind.AUTHORIZE.value))
    is_refused = authorize is not None and authorize.status == OperationStatus.REFUSED
    return bool(operation.kind == OperationKind.VOID and is_refused)


def _agree(operation: Row[Any], told: tuple[int, str] | None) -> bool:
    return told == (operation.amount, operation.currency)


def _place(difference: Difference) -> tuple[str, str]:
    return difference.reference, difference.kind
