"""What was bought, and every call to the payment gateway."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from console.models.base import Base, BigId, lower_index, one_of
from console.models.types import NullableJson, UtcDateTime, clock
from console.models.vocabulary import OperationKind, OperationStatus, OrderStatus


class Order(Base):
    """An order, copied from the price snapshots of its checkout; amounts in minor units."""

    __tablename__ = "orders"
    __table_args__ = (
        one_of("status", OrderStatus),
        UniqueConstraint("lock_id"),
        CheckConstraint("total >= 0", name="total_not_negative"),
        CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name="paid_at_when_paid"),
        Index("ix_orders_status", "status", "id"),
        lower_index("ix_orders_lower_email", "customer_email", "id"),
        Index("ix_orders_created_at", "created_at", "id"),
        Index("ix_orders_external_reference", "external_reference"),
        Index(
            "ix_orders_shop_reference",
            "shop_reference",
            postgresql_where=text("shop_reference IS NOT NULL"),
            sqlite_where=text("shop_reference IS NOT NULL"),
        ),
        Index("ix_orders_cart", "cart_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    lock_id: Mapped[int] = mapped_column(BigId, ForeignKey("checkout_locks.id"))
    cart_id: Mapped[int] = mapped_column(BigId, ForeignKey("carts.id"))
    status: Mapped[str] = mapped_column(String(16))
    customer_email: Mapped[str | None] = mapped_column(String(255))
    sub_total: Mapped[int] = mapped_column(BigId)
    discount_total: Mapped[int] = mapped_column(BigId)
    tax_total: Mapped[int] = mapped_column(BigId)
    shipping_total: Mapped[int] = mapped_column(BigId)
    total: Mapped[int] = mapped_column(BigId)
    currency: Mapped[str] = mapped_column(String(3))
    coupon_code: Mapped[str | None] = mapped_column(String(64))
    external_reference: Mapped[str | None] = mapped_column(String(64))
    shop_reference: Mapped[str | None] = mapped_column(String(64))
    shipping_address: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    billing_address: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrderLine(Base):
    """One line of an order; amounts in minor units."""

    __tablename__ = "order_lines"
    __table_args__ = (Index("ix_order_lines_order", "order_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("orders.id"))
    variant_id: Mapped[int] = mapped_column(BigId, ForeignKey("variants.id"))
    sku: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    quantity: Mapped[int] = mapped_column(BigId)
    unit_price: Mapped[int] = mapped_column(BigId)
    sub_total: Mapped[int] = mapped_column(BigId)
    discount_total: Mapped[int] = mapped_column(BigId)
    tax_total: Mapped[int] = mapped_column(BigId)
    total: Mapped[int] = mapped_column(BigId)


class PaymentOperation(Base):
    """One call to the payment gateway, written before the call and resolved after it.

    `payment_token` is needed until the authorization is resolved and erased then; `attempts` counts the sends,
    `next_attempt_at` is when the machine asks or sends again.
    """

    __tablename__ = "payment_operations"
    __table_args__ = (
        one_of("kind", OperationKind),
        one_of("status", OperationStatus),
        UniqueConstraint("lock_id", "kind"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("(status IN ('refused', 'succeeded')) = (resolved_at IS NOT NULL)", name="resolved_at_set"),
        CheckConstraint("resolved_at IS NULL OR payment_token IS NULL", name="token_erased"),
        Index(
            "ix_payment_operations_open",
            "next_attempt_at",
            postgresql_where=text("resolved_at IS NULL"),
            sqlite_where=text("resolved_at IS NULL"),
        ),
        Index("ix_payment_operations_status", "status", "id"),
        Index("ix_payment_operations_kind", "kind", "id"),
        Index("ix_payment_operations_provider_reference", "provider_reference"),
        Index("ix_payment_operations_created_at", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lock_id: Mapped[int] = mapped_column(BigId, ForeignKey("checkout_locks.id"))
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int] = mapped_column(BigId)
    currency: Mapped[str] = mapped_column(String(3))
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    provider: Mapped[str] = mapped_column(String(32))
    provider_reference: Mapped[str | None] = mapped_column(String(255))
    payment_method: Mapped[str | None] = mapped_column(String(32))
    payment_token: Mapped[str | None] = mapped_column(String(255))
    next_action: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    code: Mapped[str | None] = mapped_column(String(64))
    message: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by: Mapped[str | None] = mapped_column(String(255))
