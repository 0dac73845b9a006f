"""Actions whose outcome is not known yet: kept on the lock while the checkout is driven, then entered in the trail.

A retry or a word about a payment changes little by itself; what matters is what came of it. The entry is written once
that is known, by whoever knows it first: a process that dies in between loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.driving.locks import at_revision, change, read_lock
from console.engine.errors import InProgress
from console.engine.record.audit import Actor, Entry, write_entry
from console.engine.store.database import transact, until_won

_KEPT = "open_action"
_SHOWN = ("state", "outcome", "expires_at", "revision", "needs_attention")


def shown(row: Row[Any]) -> dict[str, Any]:
    """Pick out of a lock's row what the audit trail shows of it."""
    facts = {name: row._mapping[name] for name in _SHOWN}
    return facts | {"expires_at": row.expires_at.isoformat()}


def open_action(session: Session, lock: Row[Any], actor: Actor, entry: Entry) -> Row[Any]:
    """Keep on a lock what somebody begins to do to it. Caller holds the lock row, commits.

    `entry.after` is what is known of it besides how the lock will be. One that was left open is entered first.
    """
    _enter(session, lock)
    facts = {"action": entry.action, "reason": entry.reason, "before": entry.before, "after": entry.after}
    kept = {"actor": actor.name, "origin": actor.origin, **facts}
    return change(session, lock.id, metadata={**lock.metadata, _KEPT: kept})


def is_action_open(lock: Any) -> bool:
    """Tell whether something was begun whose outcome is not in the trail yet."""
    return _KEPT in lock.metadata


def close_action(session: Session, lock_id: int) -> Row[Any]:
    """Enter in the trail what came of the action that is open, if one is; give the lock. Own transaction."""

    def close() -> Row[Any]:
        lock = read_lock(session, lock_id)
        if not is_action_open(lock):
            return lock
        left = {name: value for name, value in lock.metadata.items() if name != _KEPT}
        closed = change(session, lock_id, at_revision(lock.revision), metadata=left)
        _enter(session, lock)
        return closed

    return until_won(
        lambda: transact(session, close),
        otherwise=lambda: InProgress("This checkout is changing too fast; look again."),
    )


def _enter(session: Session, lock: Row[Any]) -> None:
    kept: Mapping[str, Any] | None = lock.metadata.get(_KEPT)
    if kept is None:
        return
    after = {**shown(lock), **(kept["after"] or {})}
    subject = ("checkout_lock", lock.id)
    entry = Entry(kept["action"], subject, kept["reason"], before=kept["before"], after=after)
    write_entry(session, Actor(kept["actor"], kept["origin"]), entry)
