"""The sandbox ledger's tables. They are the gateway's own: no model, no migration of the shop knows them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from console.models.types import UtcDateTime

metadata = MetaData()

_Identity = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers only INTEGER keys by itself


charges = Table(
    "sandbox_charges",
    metadata,
    Column("id", _Identity, primary_key=True),
    Column("provider_reference", String(40), nullable=False, unique=True),
    Column("lock_reference", String(64), nullable=False, index=True),
    Column("token", Text, nullable=False),
    Column("method", Text),
    Column("authorized", BigInteger, nullable=False),
    Column("captured", BigInteger, nullable=False),
    Column("voided", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(24), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    CheckConstraint("captured BETWEEN 0 AND authorized", name="captured_within_authorized"),
    CheckConstraint("voided BETWEEN 0 AND authorized", name="voided_within_authorized"),
    CheckConstraint("refunded BETWEEN 0 AND captured", name="refunded_within_captured"),
)

calls = Table(
    "sandbox_calls",
    metadata,
    Column("idempotency_key", String(255), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("lock_reference", String(64), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("answer", JSON(none_as_null=True)),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_sandbox_calls_lock_reference_kind", "lock_reference", "kind"),
)

webhooks = Table(
    "sandbox_webhooks",
    metadata,
    Column("id", _Identity, primary_key=True),
    Column("body", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Index("ix_sandbox_webhooks_delivered_at_next_attempt_at", "delivered_at", "next_attempt_at"),
)

# A payment that waits for its shopper on the gateway's own page; `id` is in that page's address.
challenges = Table(
    "sandbox_challenges",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("provider_reference", String(40), nullable=False, unique=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("return_url", Text),
    Column("verdict", String(16)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
)

# What the gateway does to a payment later, by itself: one a payment.
delayed = Table(
    "sandbox_deeds",
    metadata,
    Column("provider_reference", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index("ix_sandbox_deeds_done_at_due_at", "done_at", "due_at"),
)
