"""What a shopper wants to buy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from console.models.base import Base, BigId, one_of
from console.models.types import NullableJson, UtcDateTime, clock
from console.models.vocabulary import CartStatus

MAXIMUM_QUANTITY = 100_000
MAXIMUM_LINES = 2_000


class Cart(Base):
    """A cart. While `lock_id` is set a checkout holds it and nobody may change it.

    `lock_id` has no foreign key: the cycle with `checkout_locks.cart_id` is not worth it; invariant 5 watches it.
    `revision` rises with what is in the cart. `shop_reference` is the shop's own number, which means this cart and no
    other; `external_reference` is a note of the shop's, `caller_reference` one of an anonymous caller's: it stays here.
    """

    __tablename__ = "carts"
    __table_args__ = (
        one_of("status", CartStatus),
        CheckConstraint("lock_id IS NULL OR status = 'open'", name="held_only_while_open"),
        Index("ix_carts_status", "status", "id"),
        Index("ix_carts_external_reference", "external_reference"),
        Index(
            "uq_carts_shop_reference",
            "shop_reference",
            unique=True,
            postgresql_where=text("shop_reference IS NOT NULL"),
            sqlite_where=text("shop_reference IS NOT NULL"),
        ),
        Index(
            "ix_carts_lock_id",
            "lock_id",
            postgresql_where=text("lock_id IS NOT NULL"),
            sqlite_where=text("lock_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    lock_id: Mapped[int | None] = mapped_column(BigId)
    status: Mapped[str] = mapped_column(String(16), default=CartStatus.OPEN)
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    currency_code: Mapped[str] = mapped_column(String(3))
    email: Mapped[str | None] = mapped_column(String(255))
    coupon_code: Mapped[str | None] = mapped_column(String(64))
    shipping_address: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    billing_address: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    external_reference: Mapped[str | None] = mapped_column(String(64))
    shop_reference: Mapped[str | None] = mapped_column(String(64))
    caller_reference: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())


class CartLine(Base):
    """One line of a cart. A line with an agreed price stands beside others of its SKU; the rest are merged."""

    __tablename__ = "cart_lines"
    __table_args__ = (
        CheckConstraint(f"quantity BETWEEN 1 AND {MAXIMUM_QUANTITY}", name="quantity_in_bounds"),
        CheckConstraint("agreed_unit_price IS NULL OR agreed_unit_price >= 0", name="agreed_not_negative"),
        Index("ix_cart_lines_cart", "cart_id", "id"),
        Index(
            "uq_cart_lines_cart_variant",
            "cart_id",
            "variant_id",
            unique=True,
            postgresql_where=text("agreed_unit_price IS NULL"),
            sqlite_where=text("agreed_unit_price IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    cart_id: Mapped[int] = mapped_column(BigId, ForeignKey("carts.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(BigId, ForeignKey("variants.id"))
    quantity: Mapped[int]
    agreed_unit_price: Mapped[int | None] = mapped_column(BigId)
