"""Every table: columns, constraints and indexes, no behaviour."""

from console.models.access import ApiToken, User
from console.models.base import Base
from console.models.cart import Cart, CartLine
from console.models.catalog import (
    Coupon,
    CouponRedemption,
    CouponVariant,
    ExchangeRate,
    ShippingMethod,
    TaxRate,
    Variant,
    VariantPrice,
)
from console.models.checkout import CheckoutLock, CheckoutStep, IdempotencyKey, PriceSnapshot
from console.models.operations import AuditEntry, AuditHead, OutboxEvent, Tick, WorkerHeartbeat
from console.models.order import Order, OrderLine, PaymentOperation
from console.models.stock import StockLevel, StockMovement, StockReservation, Warehouse

__all__ = [
    "ApiToken",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Cart",
    "CartLine",
    "CheckoutLock",
    "CheckoutStep",
    "Coupon",
    "CouponRedemption",
    "CouponVariant",
    "ExchangeRate",
    "IdempotencyKey",
    "Order",
    "OrderLine",
    "OutboxEvent",
    "PaymentOperation",
    "PriceSnapshot",
    "ShippingMethod",
    "StockLevel",
    "StockMovement",
    "StockReservation",
    "TaxRate",
    "Tick",
    "User",
    "Variant",
    "VariantPrice",
    "Warehouse",
    "WorkerHeartbeat",
]
