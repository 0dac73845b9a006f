"""The audit trail: a hash chain, each entry in the transaction of its action (invariant 15)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from console.engine.store.database import Reader
from console.engine.store.tables import audit_entries, audit_head
from console.models.types import clock

FIRST_HASH = "0" * 64
_HASHED = ("actor", "action", "object_type", "object_id", "reason", "origin", "before", "after", "created_at")


@dataclass(frozen=True)
class Actor:
    """Who acts (`ada@example.org`, `token:erp`, `cli:root`), and from where."""

    name: str
    origin: str | None = None

    @classmethod
    def of(cls, actor: Actor | str) -> Actor:
        """Take a bare name for somebody from nowhere in particular."""
        return actor if isinstance(actor, Actor) else cls(actor)


@dataclass(frozen=True)
class Entry:
    """What was done to which object (`subject`: its type and id), why, and how that object was and is."""

    action: str
    subject: tuple[str, int | str]
    reason: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def write_entry(session: Session, actor: Actor, entry: Entry) -> None:
    """Write who did what. Caller commits.

    The head's row, the last in the row order, keeps two writers from forking the chain.
    """
    held = update(audit_head).values(entries=audit_head.c.entries + 1)
    head = session.execute(held.returning(audit_head.c.hash, clock().label("now"))).one()
    object_type, object_id = entry.subject
    row = {
        "actor": actor.name,
        "action": entry.action,
        "object_type": object_type,
        "object_id": str(object_id),
        "reason": entry.reason,
        "origin": actor.origin,
        "before": entry.before,
        "after": entry.after,
        "created_at": head.now,
    }
    link = hash_entry(row, previous_hash=head.hash)
    session.execute(insert(audit_entries).values(**row, previous_hash=head.hash, hash=link))
    session.execute(update(audit_head).values(hash=link))


def hash_entry(entry: Mapping[str, Any], *, previous_hash: str) -> str:
    """Digest an entry with the link before it."""
    facts = [previous_hash, *(entry[name] for name in _HASHED[:-1]), entry["created_at"].isoformat()]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def broken_links(reader: Reader) -> Iterator[Row[Any]]:
    """Give the entries whose hash does not fit their facts or the link before them. Reads only."""
    previous = FIRST_HASH
    for row in reader.execute(select(audit_entries).order_by(audit_entries.c.id).execution_options(yield_per=1000)):
        if row.previous_hash != previous or row.hash != hash_entry(row._asdict(), previous_hash=previous):
            yield row
        previous = row.hash


def is_head_last(reader: Reader) -> bool:
    """Tell whether the head is the last entry: else entries were cut off. Reads only."""
    last = reader.scalar(select(audit_entries.c.hash).order_by(audit_entries.c.id.desc()).limit(1))
    return reader.scalar(select(audit_head.c.hash)) == (last or FIRST_HASH)
