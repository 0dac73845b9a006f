"""Invariants 12, 13 and 15: the history of each checkout, its end, and the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select

from console.engine.care.invariants.rule import Invariant
from console.engine.machine import ENDED, PHASE_STATES, Phase
from console.engine.record.audit import broken_links, is_head_last
from console.engine.store.database import Reader
from console.engine.store.tables import audit_entries, events, locks, operations, steps

_PHASE_ORDER = {phase: number for number, phase in enumerate(Phase)}


def _steps_out_of_order(reader: Reader) -> Iterator[dict[str, Any]]:
    """Walk each checkout's history: phases forwards in their order, fences never falling."""
    query = select(steps).order_by(steps.c.lock_id, steps.c.id).execution_options(yield_per=1000)
    last: Any = None
    for row in reader.execute(query):
        if last is not None and last.lock_id == row.lock_id and not _may_follow(last, row):
            yield {"lock_id": row.lock_id, "phase": row.phase, "after": last.phase, "fence": row.fence}
        if row.state != PHASE_STATES[Phase(row.phase)]:
            yield {"lock_id": row.lock_id, "phase": row.phase, "state": row.state}
        last = row


def _may_follow(last: Any, row: Any) -> bool:
    if row.fence < last.fence or (last.is_compensation and not row.is_compensation):
        return False
    return row.is_compensation or _PHASE_ORDER[row.phase] == _PHASE_ORDER[last.phase] + 1


def _ended_but_unfinished() -> Select[Any]:
    unresolved = exists().where(operations.c.lock_id == locks.c.id, operations.c.resolved_at.is_(None))
    ended = locks.c.state.in_(ENDED)
    has_lease = or_(locks.c.lease_owner.is_not(None), locks.c.lease_until.is_not(None))
    return select(*locks.c["id", "reference", "state"]).where(ended, or_(unresolved, has_lease))


def _terminal_events_differ() -> Select[Any]:
    """A lock that ended has one terminal event; one that late money brought back has it already."""
    mine = and_(events.c.lock_id == locks.c.id, events.c.is_terminal)
    count = func.count(events.c.id)
    has_ended = or_(locks.c.completed_at.is_not(None), locks.c.failed_at.is_not(None))
    expected = case((has_ended, literal(1)), else_=0)
    return (
        select(*locks.c["id", "reference", "state"], count.label("events"))
        .outerjoin(events, mine)
        .group_by(locks.c.id, locks.c.reference, locks.c.state, locks.c.completed_at, locks.c.failed_at)
        .having(count != expected)
    )


def _audit_without_actor() -> Select[Any]:
    needs_reason = audit_entries.c.action.in_(("release", "expire", "resolve"))
    unsaid = and_(needs_reason, func.coalesce(audit_entries.c.reason, "") == "")
    return select(*audit_entries.c["id", "action", "actor"]).where(or_(audit_entries.c.actor == "", unsaid))


def _audit_chain_broken(reader: Reader) -> Iterator[dict[str, Any]]:
    for row in broken_links(reader):
        yield {"entry": row.id, "action": row.action}
    if not is_head_last(reader):
        yield {"entry": None, "action": "the newest entries are missing"}


INVARIANTS = (
    Invariant(12, "phases follow each other and fences never fall", walk=_steps_out_of_order),
    Invariant(13, "an ended checkout is finished and said so once", (_ended_but_unfinished, _terminal_events_differ)),
    Invariant(15, "every admin action is in the audit trail", (_audit_without_actor,), walk=_audit_chain_broken),
)
