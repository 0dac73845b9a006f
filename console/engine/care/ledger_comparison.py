"""Our operations against the gateway's own ledger, both ways, while both go on changing.

The operations are read before the ledger and once more after it. What had succeeded before must stand in the ledger;
what stands in the ledger must by then be an operation of ours that succeeded, or one whose answer is still out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import LedgerEntry
from console.engine.prices.money import to_major
from console.engine.runtime import runtime_of
from console.engine.store.database import Reader, look
from console.engine.store.tables import locks, operations

Key = tuple[str, str]  # a checkout's reference and the kind of operation
_FIELDS = {
    OperationKind.AUTHORIZE: "authorized",
    OperationKind.CAPTURE: "captured",
    OperationKind.VOID: "voided",
    OperationKind.REFUND: "refunded",
}
_BATCH = 500  # of references, or of operations: a shop has more of them than one statement can read in its time
# The gateway's clock and ours may differ: what we did this soon after the beginning may stand before it over there.
_CLOCKS_DIFFER = timedelta(minutes=5)
_EXPIRED = "authorization_expired"
# As the recording of a fact needs them; their payment tokens are not read.
_OPERATIONS = select(
    locks.c.reference, *(column for column in operations.c if column.name != "payment_token")
).join_from(operations, locks, locks.c.id == operations.c.lock_id)


@runtime_checkable
class KeepsLedger(Protocol):
    """A gateway whose ledger can be read as a whole."""

    def ledger(self, since: datetime | None = None) -> list[LedgerEntry]:
        """List its payments, each with all its amounts: those that changed at or after a moment, or all."""


@dataclass(frozen=True)
class Posted:
    """What the ledger has of one kind for one checkout, summed up: a checkout charged twice shows with both amounts."""

    amount: int
    currency: str
    provider_reference: str


@dataclass(frozen=True)
class Difference:
    """Money on which we and the gateway disagree; amounts in minor units, 0 where there is nothing.

    `status` is our operation's, None where we have none; `said_by` the human whose word it stands by.
    """

    reference: str
    kind: str
    ours: int
    theirs: int
    currency: str = field(default="", compare=False)
    status: str | None = field(default=None, compare=False)
    said_by: str | None = field(default=None, compare=False)
    provider_reference: str | None = field(default=None, compare=False)
    is_ours: bool = field(default=True, compare=False)  # the reference is that of a checkout of ours

    @property
    def told(self) -> str:
        """Say in plain words what differs."""
        ours = (
            f"{OperationKind(self.kind).noun.capitalize()}: we have {self.status or 'none'}, {self._money(self.ours)}"
        )
        return f"{ours}; the gateway's ledger has {self._money(self.theirs)}."

    @property
    def advice(self) -> str:
        """Say what to do about it."""
        if not self.is_ours:
            return "No checkout of ours has this reference: look for the payment at the gateway, and settle it there."
        if self.status is None:
            return "We never asked for it: settle it at the gateway, or resolve the authorization if it is right."
        if self.status == OperationStatus.REFUSED:
            return "The worker records it as a fact at its next comparison; what came too late goes back by itself."
        if self.said_by is not None:
            return f"It stands in our books by the word of {self.said_by}: see at the gateway whether that holds."
        return "Look for the payment at the gateway and settle what differs there; then resolve the operation."

    def _money(self, amount: int) -> str:
        return f"{to_major(amount, currency=self.currency):,f} {self.currency}" if self.currency else str(amount)


@dataclass(frozen=True)
class Comparison:
    """Both books at one time: our operations that must stand in the ledger, the ledger, our operations after it."""

    before: Mapping[Key, Row[Any]]
    theirs: Mapping[Key, Posted]
    after: Mapping[Key, Row[Any]]
    known: frozenset[str]  # the references that are ours

    @property
    def differences(self) -> list[Difference]:
        """Tell all of them, in the order of their references."""
        found = {*self._missing_there(), *self._missing_here()}
        return sorted(found, key=lambda difference: (difference.reference, difference.kind))

    def _missing_there(self) -> Iterator[Difference]:
        for key, operation in self.before.items():
            if operation.status == OperationStatus.SUCCEEDED and not self._agrees(key, operation):
                yield self._difference(key, operation)

    def _missing_here(self) -> Iterator[Difference]:
        for key in self.theirs:
            operation = self.after.get(key)
            is_done = operation is not None and operation.status == OperationStatus.SUCCEEDED
            is_open = operation is not None and operation.resolved_at is None
            if not is_open and not (is_done and self._agrees(key, operation)):
                yield self._difference(key, operation)

    def _agrees(self, key: Key, operation: Any) -> bool:
        told = self.theirs.get(key)
        if told is None:
            return operation.kind == OperationKind.VOID and self._had_nothing_to_void(key[0], operation)
        return (told.amount, told.currency) == (operation.amount, operation.currency)

    def _had_nothing_to_void(self, reference: str, void: Row[Any]) -> bool:
        """An authorization that only waited, or had run out, leaves nothing behind in the ledger when it is voided."""
        return void.code == _EXPIRED or (reference, OperationKind.AUTHORIZE.value) not in self.theirs

    def _difference(self, key: Key, operation: Row[Any] | None) -> Difference:
        told = self.theirs.get(key)
        has = operation is not None and operation.status == OperationStatus.SUCCEEDED
        return Difference(
            *key,
            ours=operation.amount if operation is not None and has else 0,
            theirs=told.amount if told else 0,
            currency=told.currency if told else operation.currency if operation is not None else "",
            status=None if operation is None else operation.status,
            said_by=None if operation is None else operation.resolved_by,
            provider_reference=told.provider_reference if told else None,
            is_ours=key[0] in self.known,
        )


def find_differences(session: Session, *, since: datetime | None = None) -> list[Difference] | None:
    """Compare our operations with the gateway's ledger; None when the gateway shows none. Reads only.

    With `since`, what changed at the gateway at or after that moment, and what we asked for since.

    Raises:
        NoAnswer: when the ledger is out of reach.
    """
    comparison = compare(session, since=since)
    return None if comparison is None else comparison.differences


def compare(session: Session, *, since: datetime | None = None) -> Comparison | None:
    """Read both books; None when the gateway shows none. Reads only.

    Raises:
        NoAnswer: when the ledger is out of reach.
        DatabaseTrouble: when the database gives no answer.
    """
    gateway = runtime_of(session).gateway
    if not isinstance(gateway, KeepsLedger):
        return None
    before = _recent_operations(session, gateway.name, since=since and since + _CLOCKS_DIFFER)
    theirs = _sum_up(gateway.ledger(since) if since else gateway.ledger())
    references = sorted({reference for reference, _ in theirs})
    after = look(session, lambda reader: _operations_of(reader, gateway.name, references))
    known = look(session, lambda reader: _known_among(reader, references))
    return Comparison(before, theirs, after, known | {reference for reference, _ in before})


def _recent_operations(session: Session, provider: str, *, since: datetime | None) -> dict[Key, Row[Any]]:
    """Read a provider's operations from the newest back to a moment, or all."""
    found: dict[Key, Row[Any]] = {}
    last: int | None = None
    while some := look(session, partial(_before, operation_id=last)):
        recent = [row for row in some if since is None or row.created_at >= since]
        found |= _by_key(recent, provider)
        if not recent:  # ids and moments rise together, but for a transaction's length: a whole batch is older
            break
        last = some[-1].id
    return found


def _before(reader: Reader, *, operation_id: int | None) -> Sequence[Row[Any]]:
    earlier = () if operation_id is None else (operations.c.id < operation_id,)
    return reader.execute(_OPERATIONS.where(*earlier).order_by(operations.c.id.desc()).limit(_BATCH)).all()


def _operations_of(reader: Reader, provider: str, references: list[str]) -> dict[Key, Row[Any]]:
    found: dict[Key, Row[Any]] = {}
    for some in batches(references):
        found |= _by_key(reader.execute(_OPERATIONS.where(locks.c.reference.in_(some))), provider)
    return found


def _by_key(rows: Iterable[Row[Any]], provider: str) -> dict[Key, Row[Any]]:
    return {(row.reference, row.kind): row for row in rows if row.provider == provider and row.amount > 0}


def _known_among(reader: Reader, references: list[str]) -> frozenset[str]:
    found: set[str] = set()
    for some in batches(references):
        found |= set(reader.scalars(select(locks.c.reference).where(locks.c.reference.in_(some))))
    return frozenset(found)


def batches(references: list[str]) -> Iterator[list[str]]:
    """Give references in batches that one statement takes."""
    return (references[start : start + _BATCH] for start in range(0, len(references), _BATCH))


def _sum_up(ledger: Iterable[LedgerEntry]) -> dict[Key, Posted]:
    sums: dict[Key, Posted] = {}
    for entry, (kind, name) in product(ledger, _FIELDS.items()):
        amount = getattr(entry, name)
        if amount:
            key = (entry.lock_reference, kind.value)
            earlier = sums[key].amount if key in sums else 0
            sums[key] = Posted(earlier + amount, entry.currency, entry.provider_reference)
    return sums
