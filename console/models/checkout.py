"""One attempt to buy one cart: the lock, its history, its frozen prices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from console.models.base import Base, BigId, lower_index, one_of
from console.models.types import ExactDecimal, JsonDocument, NullableJson, UtcDateTime, clock
from console.models.vocabulary import Outcome, Phase, State, StepStatus

COMMITTED = (
    State.PENDING,
    State.LOCKING_PRICES,
    State.AUTHORIZING,
    State.CAPTURING,
    State.COMPLETED,
    State.ROLLING_BACK,
    State.FAILED,
)
_HOLDS = text("holds_cart")
_DUE = text("state IN ('pending', 'locking_prices', 'authorizing')")
_DRIVEN = text("state IN ('authorizing', 'capturing', 'rolling_back')")
_TROUBLED = text("needs_attention IS NOT NULL")


class CheckoutLock(Base):
    """One attempt to buy one cart (docs/engine.md, "Words").

    `fence` rises when a driver takes the lock over, `revision` with every change that an onlooker could see.
    `lease_owner` and `lease_until` say who drives it and until when; `processed_at` is the first `process`.
    """

    __tablename__ = "checkout_locks"
    __table_args__ = (
        one_of("state", COMMITTED),
        one_of("phase", Phase, nullable=True),
        one_of("outcome", Outcome, nullable=True),
        CheckConstraint("(state IN ('rolling_back', 'failed')) = (outcome IS NOT NULL)", name="outcome_when_undone"),
        CheckConstraint(
            "holds_cart = (state IN ('pending', 'locking_prices', 'authorizing', 'capturing'))",
            name="holds_cart_until_decided",
        ),
        CheckConstraint("(state = 'completed') = (completed_at IS NOT NULL)", name="completed_at_set"),
        CheckConstraint(
            "state NOT IN ('completed', 'failed') OR (lease_owner IS NULL AND lease_until IS NULL)",
            name="no_lease_at_the_end",
        ),
        Index(
            "uq_checkout_locks_holds_cart",
            "cart_id",
            unique=True,
            postgresql_where=_HOLDS,
            sqlite_where=_HOLDS,
        ),
        Index("ix_checkout_locks_due", "expires_at", postgresql_where=_DUE, sqlite_where=_DUE),
        Index("ix_checkout_locks_driven", "lease_until", postgresql_where=_DRIVEN, sqlite_where=_DRIVEN),
        Index("ix_checkout_locks_troubled", "id", postgresql_where=_TROUBLED, sqlite_where=_TROUBLED),
        Index("ix_checkout_locks_cart", "cart_id", "id"),
        Index("ix_checkout_locks_state", "state", "id"),
        Index("ix_checkout_locks_phase", "phase", "id"),
        Index("ix_checkout_locks_outcome", "outcome", "id"),
        lower_index("ix_checkout_locks_lower_email", "customer_email", "id"),
        Index("ix_checkout_locks_session", "session_id", "id"),
        Index("ix_checkout_locks_locked_at", "locked_at", "id"),
        Index("ix_checkout_locks_completed_at", "completed_at", "id"),
        Index("ix_checkout_locks_failed_at", "failed_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(9), unique=True)
    cart_id: Mapped[int] = mapped_column(BigId, ForeignKey("carts.id"))
    session_id: Mapped[str] = mapped_column(String(255))
    customer_email: Mapped[str | None] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16))
    phase: Mapped[str | None] = mapped_column(String(32))
    outcome: Mapped[str | None] = mapped_column(String(16))
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    holds_cart: Mapped[bool] = mapped_column(default=True, server_default=false())
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    needs_attention: Mapped[str | None] = mapped_column(Text)
    locked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    processed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    extra: Mapped[dict[str, Any]] = mapped_column("metadata", JsonDocument, default=dict)


class CheckoutStep(Base):
    """How one phase of one checkout went: one row forwards and one for the way back.

    A row is opened by the leg that begins the phase and closed by the one that learns its end; the phases around a
    gateway call span two legs.
    """

    __tablename__ = "checkout_steps"
    __table_args__ = (
        one_of("phase", Phase),
        one_of("state", State),
        one_of("status", StepStatus),
        UniqueConstraint("lock_id", "phase", "is_compensation"),
        CheckConstraint("is_compensation = (status IN ('compensating', 'compensated'))", name="direction_fits_status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lock_id: Mapped[int] = mapped_column(BigId, ForeignKey("checkout_locks.id"))
    phase: Mapped[str] = mapped_column(String(32))
    is_compensation: Mapped[bool] = mapped_column(default=False, server_default=false())
    state: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    fence: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    detail: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)


class PriceSnapshot(Base):
    """The frozen prices of a checkout: one row for the cart (`cart_line_id` NULL) and one per line.

    Amounts are in minor units of `currency_code`. `exchange_rate` is what one unit of `compare_currency_code`, the
    currency the prices are kept in, was worth.
    """

    __tablename__ = "price_snapshots"
    __table_args__ = (
        UniqueConstraint("checkout_lock_id", "cart_line_id"),
        Index(
            "uq_price_snapshots_cart",
            "checkout_lock_id",
            unique=True,
            postgresql_where=text("cart_line_id IS NULL"),
            sqlite_where=text("cart_line_id IS NULL"),
        ),
        Index("ix_price_snapshots_cart", "cart_id", "id"),
        Index("ix_price_snapshots_snapshot_at", "snapshot_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    checkout_lock_id: Mapped[int] = mapped_column(BigId, ForeignKey("checkout_locks.id"))
    cart_id: Mapped[int] = mapped_column(BigId, ForeignKey("carts.id"))
    cart_line_id: Mapped[int | None] = mapped_column(BigId)
    variant_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("variants.id"))
    sku: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(String(255))
    quantity: Mapped[int | None] = mapped_column(BigId)
    unit_price: Mapped[int | None] = mapped_column(BigId)
    sub_total: Mapped[int] = mapped_column(BigId)
    discount_total: Mapped[int] = mapped_column(BigId)
    tax_total: Mapped[int] = mapped_column(BigId)
    shipping_total: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    total: Mapped[int] = mapped_column(BigId)
    prices_include_tax: Mapped[bool]
    discount_breakdown: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument, default=list)
    applied_discounts: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument, default=list)
    tax_breakdown: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument, default=list)
    tax_rate: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    shipping_method: Mapped[str | None] = mapped_column(String(255))
    currency_code: Mapped[str] = mapped_column(String(3))
    compare_currency_code: Mapped[str] = mapped_column(String(3))
    exchange_rate: Mapped[Decimal] = mapped_column(ExactDecimal)
    coupon_code: Mapped[str | None] = mapped_column(String(64))
    promotion_details: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    snapshot_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())


class IdempotencyKey(Base):
    """A request's `Idempotency-Key`, scoped to one call on one lock; kept 24 h. No answer is stored."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("lock_id", "call", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lock_id: Mapped[int] = mapped_column(BigId, ForeignKey("checkout_locks.id"))
    call: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock(), index=True)
