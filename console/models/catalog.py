"""What the shop sells, and at which price, tax, rate and shipping."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from console.models.base import Base, BigId, lower_index, one_of
from console.models.types import ExactDecimal, UtcDateTime, clock
from console.models.vocabulary import CouponKind, RedemptionStatus


class Variant(Base):
    """A thing one can buy, by its SKU (case-sensitive)."""

    __tablename__ = "variants"
    __table_args__ = (Index("ix_variants_active_name", "active", "name", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sku: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    tax_class: Mapped[str] = mapped_column(String(32), default="standard", server_default="standard")
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())


class VariantPrice(Base):
    """The price of one piece in one currency, in minor units."""

    __tablename__ = "variant_prices"
    __table_args__ = (CheckConstraint("unit_price >= 0", name="not_negative"),)

    variant_id: Mapped[int] = mapped_column(BigId, ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True)
    currency_code: Mapped[str] = mapped_column(String(3), primary_key=True)
    unit_price: Mapped[int] = mapped_column(BigId)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())


class TaxRate(Base):
    """The tax on one class of goods in one country; `rate` 0.2 is 20 %."""

    __tablename__ = "tax_rates"
    __table_args__ = (UniqueConstraint("country", "tax_class"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    country: Mapped[str] = mapped_column(String(2))
    tax_class: Mapped[str] = mapped_column(String(32), default="standard", server_default="standard")
    name: Mapped[str] = mapped_column(String(64))
    rate: Mapped[Decimal] = mapped_column(ExactDecimal)


class ExchangeRate(Base):
    """How much of `quote_currency` one unit of `base_currency` buys, in major units."""

    __tablename__ = "exchange_rates"
    __table_args__ = (UniqueConstraint("base_currency", "quote_currency"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    base_currency: Mapped[str] = mapped_column(String(3))
    quote_currency: Mapped[str] = mapped_column(String(3))
    rate: Mapped[Decimal] = mapped_column(ExactDecimal)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())


class ShippingMethod(Base):
    """A way to ship at a flat price, free from a subtotal on.

    `country` NULL serves all countries, `tax_class` NULL is not taxed.
    """

    __tablename__ = "shipping_methods"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("free_above IS NULL OR free_above >= 0", name="free_above_not_negative"),
        Index("ix_shipping_methods_country", "active", "country", "priority", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    country: Mapped[str | None] = mapped_column(String(2))
    currency_code: Mapped[str] = mapped_column(String(3))
    price: Mapped[int] = mapped_column(BigId)
    free_above: Mapped[int | None] = mapped_column(BigId)
    tax_class: Mapped[str | None] = mapped_column(String(32))
    priority: Mapped[int] = mapped_column(default=0, server_default="0")
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class Coupon(Base):
    """A discount by code. `value` is percent, or an amount in minor units of `currency_code`.

    `minimum_amount` is in minor units of `currency_code`, or of the shop's currency where the coupon has none.

    `uses` counts the locks that hold a use and the final redemptions (invariant 14); a use is taken by a conditional
    update, so that the last one goes to one cart.
    """

    __tablename__ = "coupons"
    __table_args__ = (
        one_of("kind", CouponKind),
        CheckConstraint("uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)", name="uses_within_limit"),
        CheckConstraint("kind <> 'fixed' OR currency_code IS NOT NULL", name="fixed_has_currency"),
        lower_index("ix_coupons_lower_code", "code"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    kind: Mapped[str] = mapped_column(String(16))
    value: Mapped[Decimal] = mapped_column(ExactDecimal)
    currency_code: Mapped[str | None] = mapped_column(String(3))
    minimum_amount: Mapped[int | None] = mapped_column(BigId)
    valid_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    max_uses: Mapped[int | None]
    max_uses_per_cart: Mapped[int | None]
    uses: Mapped[int] = mapped_column(default=0, server_default="0")
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class CouponVariant(Base):
    """A variant that a coupon is limited to; a coupon without any applies to everything."""

    __tablename__ = "coupon_variants"

    coupon_id: Mapped[int] = mapped_column(BigId, ForeignKey("coupons.id", ondelete="CASCADE"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(BigId, ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True)


class CouponRedemption(Base):
    """One use of a coupon by one checkout."""

    __tablename__ = "coupon_redemptions"
    __table_args__ = (
        one_of("status", RedemptionStatus),
        UniqueConstraint("lock_id"),
        Index("ix_coupon_redemptions_coupon_cart", "coupon_id", "cart_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    coupon_id: Mapped[int] = mapped_column(BigId, ForeignKey("coupons.id"))
    lock_id: Mapped[int] = mapped_column(BigId, ForeignKey("checkout_locks.id"))
    cart_id: Mapped[int] = mapped_column(BigId, ForeignKey("carts.id"))
    status: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock())
