"""Where things lie, how many, who holds them, and every movement that made it so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from console.models.base import Base, BigId, one_of
from console.models.types import UtcDateTime, clock
from console.models.vocabulary import MovementKind, ReservationStatus


class Warehouse(Base):
    """A place with stock; reservations take from the lowest `priority` number first."""

    __tablename__ = "warehouses"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    priority: Mapped[int] = mapped_column(default=0, server_default="0")
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class StockLevel(Base):
    """How many pieces of a variant are in a warehouse, and how many of them are reserved."""

    __tablename__ = "stock_levels"
    __table_args__ = (
        UniqueConstraint("variant_id", "warehouse_id"),
        CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved_within_on_hand"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    variant_id: Mapped[int] = mapped_column(BigId, ForeignKey("variants.id"))
    warehouse_id: Mapped[int] = mapped_column(BigId, ForeignKey("warehouses.id"), index=True)
    on_hand: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    reserved: Mapped[int] = mapped_column(BigId, default=0, server_default="0")


class StockReservation(Base):
    """Stock that one checkout took from one level. Held → pinned → committed, or held/pinned → released."""

    __tablename__ = "stock_reservations"
    __table_args__ = (
        one_of("status", ReservationStatus),
        UniqueConstraint("lock_id", "stock_level_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(status IN ('held', 'pinned')) = (resolved_at IS NULL)", name="resolved_at_when_resolved"),
        Index(
            "ix_stock_reservations_open",
            "stock_level_id",
            postgresql_where=text("status IN ('held', 'pinned')"),
            sqlite_where=text("status IN ('held', 'pinned')"),
        ),
        Index("ix_stock_reservations_status", "status", "id"),
        Index("ix_stock_reservations_variant", "variant_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lock_id: Mapped[int] = mapped_column(BigId, ForeignKey("checkout_locks.id"))
    stock_level_id: Mapped[int] = mapped_column(BigId, ForeignKey("stock_levels.id"))
    variant_id: Mapped[int] = mapped_column(BigId, ForeignKey("variants.id"))
    warehouse_id: Mapped[int] = mapped_column(BigId, ForeignKey("warehouses.id"))
    quantity: Mapped[int] = mapped_column(BigId)
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StockMovement(Base):
    """A change of stock on hand, signed; a level's `on_hand` is the sum of its movements (invariant 3)."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        one_of("kind", MovementKind),
        Index("ix_stock_movements_level", "variant_id", "warehouse_id", "id"),
        Index("ix_stock_movements_lock", "lock_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    variant_id: Mapped[int] = mapped_column(BigId, ForeignKey("variants.id"))
    warehouse_id: Mapped[int] = mapped_column(BigId, ForeignKey("warehouses.id"))
    lock_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("checkout_locks.id"))
    quantity: Mapped[int] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
