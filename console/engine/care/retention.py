"""What need not be kept for ever: the history of ended checkouts that never had to do with money.

Of a checkout that failed long ago, without any payment operation and without an order, go its steps, its price
snapshots and its events. The lock itself stays, so do its reservations, its coupon use and everything audited; of a
checkout with an operation nothing goes. Its terminal event stays too (invariant 13), and so does an event that somebody
who listens was not told of yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from console.engine.errors import InvalidInput
from console.engine.machine import State
from console.engine.record.audit import Actor, Entry, write_entry
from console.engine.store.database import Reader, look, run, transact
from console.engine.store.moments import moment_ago
from console.engine.store.tables import events, locks, operations, orders, snapshots, steps

SHORTEST_SECONDS = 24 * 3600  # as long as a request may be repeated under its key: the answer is read from the steps
LONGEST_SECONDS = 100 * 365 * 24 * 3600
AT_ONCE = 500  # checkouts


@dataclass(frozen=True)
class Pruned:
    """How much was deleted, or would be: of how many checkouts, and which rows."""

    checkouts: int = 0
    steps: int = 0
    events: int = 0
    snapshots: int = 0

    def __add__(self, other: Pruned) -> Pruned:
        """Add what another batch deleted."""
        mine, theirs = asdict(self), asdict(other)
        return Pruned(**{name: mine[name] + theirs[name] for name in mine})


@dataclass(frozen=True)
class Cut:
    """What is to go: of checkouts that ended before a moment; `heard` names the topics that somebody listens to."""

    before: datetime
    heard: Collection[str]

    @property
    def has_failed(self) -> ColumnElement[bool]:
        """Build the condition that a checkout failed before it."""
        return and_(locks.c.state == State.FAILED, locks.c.failed_at < self.before)

    @property
    def is_old(self) -> ColumnElement[bool]:
        """Build the condition that a checkout failed before it, needs nobody, and no money was ever asked for."""
        has_operation = exists().where(operations.c.lock_id == locks.c.id)
        has_order = exists().where(orders.c.lock_id == locks.c.id)
        return and_(self.has_failed, locks.c.needs_attention.is_(None), ~has_operation, ~has_order)

    @property
    def is_told(self) -> ColumnElement[bool]:
        """Build the condition that an event may go."""
        return and_(~events.c.is_terminal, or_(events.c.delivered_at.is_not(None), events.c.topic.not_in(self.heard)))


def prune_history(
    session: Session,
    *,
    older_than_seconds: float,
    actor: Actor | str,
    heard: Collection[str] = (),
    is_dry: bool = False,
    on_progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> tuple[Pruned, datetime]:
    """Delete the history of checkouts that ended so long ago without money; tell how much, and before which moment.

    `is_dry` only counts. Own transactions, one a batch, each with its audit entry: it may be interrupted at any time.

    Raises:
        InvalidInput: when it is younger than a request may be repeated.
    """
    if not SHORTEST_SECONDS <= older_than_seconds <= LONGEST_SECONDS:
        told = "Only what ended at least a day ago, and at most a century, can be pruned."
        raise InvalidInput(told, field="older_than")
    cut = Cut(moment_ago(session, older_than_seconds), heard)
    last, total = look(session, lambda reader: _last_id(reader, cut)), Pruned()
    for ids in _batches(session, cut):
        if some := look(session, partial(_having_history, cut=cut, ids=ids)):
            total += _count(session, cut, some) if is_dry else _prune(session, cut, some, actor)
        on_progress(ids[-1], last)
    return total, cut.before


def _last_id(reader: Reader, cut: Cut) -> int:
    return reader.execute(select(func.max(locks.c.id)).where(cut.has_failed)).scalar_one() or 0


def _batches(session: Session, cut: Cut) -> Iterator[Sequence[int]]:
    """Go through the old checkouts, those pruned before too: looking for the few others in one go could take long."""
    done = 0
    while ids := look(session, partial(_next_ids, cut=cut, after=done)):
        yield ids
        done = ids[-1]


def _next_ids(reader: Reader, *, cut: Cut, after: int) -> Sequence[int]:
    query = select(locks.c.id).where(locks.c.id > after, cut.is_old).order_by(locks.c.id).limit(AT_ONCE)
    return reader.execute(query).scalars().all()


def _having_history(reader: Reader, *, cut: Cut, ids: Sequence[int]) -> Sequence[int]:
    """Find those that something can be deleted of."""
    parts = _parts(cut, lambda column: column == locks.c.id)
    has_any = or_(*(exists().where(goes) for _, goes in parts))
    return reader.execute(select(locks.c.id).where(locks.c.id.in_(ids), has_any).order_by(locks.c.id)).scalars().all()


def _parts(cut: Cut, is_of: Callable[[Any], ColumnElement[bool]]) -> tuple[tuple[Any, ColumnElement[bool]], ...]:
    """Give each table with the condition for its rows that go, of the checkouts that `is_of` says of a column."""
    return (
        (steps, is_of(steps.c.lock_id)),
        (events, and_(is_of(events.c.lock_id), cut.is_told)),
        (snapshots, is_of(snapshots.c.checkout_lock_id)),
    )


def _count(session: Session, cut: Cut, ids: Sequence[int]) -> Pruned:
    def read(reader: Reader) -> Pruned:
        return Pruned(len(ids), *(_rows(reader, *part) for part in _parts(cut, lambda column: column.in_(ids))))

    return look(session, read)


def _rows(reader: Reader, table: Any, goes: ColumnElement[bool]) -> int:
    return int(reader.execute(select(func.count()).select_from(table).where(goes)).scalar_one())


def _prune(session: Session, cut: Cut, ids: Sequence[int], actor: Actor | str) -> Pruned:
    parts = _parts(cut, lambda column: column.in_(ids))

    def work() -> Pruned:
        counts = [run(session, delete(table).where(goes)).rowcount for table, goes in parts]
        pruned = Pruned(len(ids), *counts)
        if any(counts):  # nothing is left when the batch was deleted and only its confirmation lost
            facts = asdict(pruned) | {"ended_before": cut.before.isoformat()}
            entry = Entry("prune", ("checkout_locks", f"{ids[0]}-{ids[-1]}"), after=facts)
            write_entry(session, Actor.of(actor), entry)
        return pruned

    return transact(session, work)
