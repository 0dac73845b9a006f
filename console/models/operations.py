"""What keeps the house running: events to deliver, the audit trail, ticks, heartbeats."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from console.models.base import Base, BigId
from console.models.types import JsonDocument, NullableJson, UtcDateTime, clock

_TERMINAL = text("is_terminal")
_UNDELIVERED = text("delivered_at IS NULL")


class OutboxEvent(Base):
    """Something that became true, written in the transaction that made it so, delivered afterwards at least once."""

    __tablename__ = "outbox_events"
    __table_args__ = (
        Index(
            "uq_outbox_events_terminal",
            "lock_id",
            unique=True,
            postgresql_where=_TERMINAL,
            sqlite_where=_TERMINAL,
        ),
        Index("ix_outbox_events_lock", "lock_id", "id"),
        Index("ix_outbox_events_undelivered", "id", postgresql_where=_UNDELIVERED, sqlite_where=_UNDELIVERED),
        Index("ix_outbox_events_topic", "topic", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lock_id: Mapped[int] = mapped_column(BigId, ForeignKey("checkout_locks.id"))
    topic: Mapped[str] = mapped_column(String(64))
    is_terminal: Mapped[bool]
    payload: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """One action of a human, in the transaction of the action; the rows are a hash chain.

    `hash` is SHA-256 over `previous_hash` and this row's facts, so that a change or a gap shows.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("previous_hash"),  # a chain, never a tree
        Index("ix_audit_entries_object", "object_type", "object_id", "id"),
        Index("ix_audit_entries_actor", "actor", "id"),
        Index("ix_audit_entries_action", "action", "id"),
        Index("ix_audit_entries_created_at", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    actor: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(64))
    object_id: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    origin: Mapped[str | None] = mapped_column(String(255))
    before: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    after: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class AuditHead(Base):
    """The last link of the audit chain: one row, which every writer updates, so that the chain never forks."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))
    entries: Mapped[int] = mapped_column(BigId)


class Tick(Base):
    """A slot of a periodic job that somebody has taken: the primary key makes every tick happen once."""

    __tablename__ = "ticks"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[int] = mapped_column(BigId, primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())


class WorkerHeartbeat(Base):
    """When a worker was last seen."""

    __tablename__ = "worker_heartbeats"

    worker_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
