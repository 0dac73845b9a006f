"""The tables as SQLAlchemy Core sees them: the engine's statements are Core, its rows immutable.

An ORM object changes under its reader's hands (a rollback expires it, a later read then sees other people's fence);
a row is what the database said at that moment.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from sqlalchemy import String, Table

from console import models
from console.engine.errors import InvalidInput


def _table(model: type[models.Base]) -> Table:
    return cast(Table, model.__table__)


audit_entries = _table(models.AuditEntry)
audit_head = _table(models.AuditHead)
cart_lines = _table(models.CartLine)
carts = _table(models.Cart)
coupon_redemptions = _table(models.CouponRedemption)
coupon_variants = _table(models.CouponVariant)
coupons = _table(models.Coupon)
events = _table(models.OutboxEvent)
exchange_rates = _table(models.ExchangeRate)
idempotency_keys = _table(models.IdempotencyKey)
locks = _table(models.CheckoutLock)
operations = _table(models.PaymentOperation)
order_lines = _table(models.OrderLine)
orders = _table(models.Order)
reservations = _table(models.StockReservation)
shipping_methods = _table(models.ShippingMethod)
snapshots = _table(models.PriceSnapshot)
steps = _table(models.CheckoutStep)
stock_levels = _table(models.StockLevel)
stock_movements = _table(models.StockMovement)
tax_rates = _table(models.TaxRate)
variant_prices = _table(models.VariantPrice)
variants = _table(models.Variant)
warehouses = _table(models.Warehouse)


@cache
def longest_texts(table: Table) -> dict[str, int]:
    """Tell how many characters each text of a table may have: PostgreSQL keeps to it, SQLite does not."""
    texts = ((column.name, column.type) for column in table.columns)
    return {name: kind.length for name, kind in texts if isinstance(kind, String) and kind.length}


def require_lengths(table: Table, **texts: Any) -> None:
    """See that each text fits its column, whether the database keeps to that or not; what is no text has no length.

    Raises:
        InvalidInput: for the first that does not.
    """
    longest = longest_texts(table)
    for name, text in texts.items():
        if isinstance(text, str) and len(text) > longest.get(name, len(text)):
            message = f"At most {longest[name]} characters go into {name.replace('_', ' ')}."
            raise InvalidInput(message, field=name)
