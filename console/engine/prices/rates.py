"""Exchange rates: what one unit of a currency is worth in another, as the shop set it."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from console.engine.store.database import run
from console.engine.store.tables import exchange_rates

_RATE = select(exchange_rates.c.rate).where(
    exchange_rates.c.base_currency == bindparam("base"), exchange_rates.c.quote_currency == bindparam("quote")
)


def exchange_rate(session: Session, *, base: str, quote: str) -> Decimal | None:
    """Tell what one unit of `base` is worth in `quote`; None when the shop has no such rate."""
    if base == quote:
        return Decimal(1)
    rate: Decimal | None = run(session, _RATE, {"base": base, "quote": quote}).scalar_one_or_none()
    return rate
