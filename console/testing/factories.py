"""Factories: a shop with goods, carts and checkouts, each with sensible defaults that a test overrides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from console.engine import Addresses, LineRequest, Payment, create_cart, start
from console.engine.inventory import correct_stock
from console.models import Cart, CheckoutLock, StockLevel, Variant, VariantPrice, Warehouse
from console.models.types import clock
from console.models.vocabulary import MovementKind

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "line_one": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
}
VISA = Payment("card", "tok_visa")
_numbers = count(1)


@dataclass(frozen=True)
class Shop:
    """A shop on a session's database. Everything it makes is committed."""

    session: Session

    def sell(
        self, sku: str = "MUG", *, price: int = 1000, stock: int = 10, currency: str = "GBP", **fields: Any
    ) -> Variant:
        """Put a variant on sale: `price` in minor units, `stock` pieces in the main warehouse."""
        variant = Variant(sku=sku, name=fields.pop("name", f"The {sku}"), **fields)
        self.session.add(variant)
        self.session.flush()
        self.session.add(VariantPrice(variant_id=variant.id, currency_code=currency, unit_price=price))
        self.stock(variant, stock)
        return variant

    def stock(self, variant: Variant, pieces: int, *, warehouse: str = "main") -> StockLevel:
        """Receive so many pieces of a variant in a warehouse."""
        place = self.session.scalars(select(Warehouse).where(Warehouse.code == warehouse)).one()
        level = StockLevel(variant_id=variant.id, warehouse_id=place.id, on_hand=0, reserved=0)
        self.session.add(level)
        self.session.flush()
        if pieces:
            correct_stock(self.session, level.id, change=pieces, kind=MovementKind.RECEIPT, note="delivery")
        self.session.commit()
        self.session.refresh(level)
        return level

    def warehouse(self, code: str, *, priority: int = 0) -> Warehouse:
        """Open a warehouse."""
        place = Warehouse(code=code, name=code.title(), priority=priority)
        self.session.add(place)
        self.session.commit()
        return place

    def reprice(self, variant: Variant, price: int, *, currency: str = "GBP") -> None:
        """Change today's price of a variant, in minor units."""
        self.session.get_one(VariantPrice, (variant.id, currency)).unit_price = price
        self.session.commit()

    def cart(self, *lines: tuple[str, int], agreed: Sequence[tuple[str, int, int]] = (), **details: Any) -> Cart:
        """Make a cart that can be bought: lines as (SKU, quantity), or with agreed prices; one mug by default."""
        details.setdefault("email", "ada@example.org")
        details.setdefault("addresses", Addresses(ADDRESS))
        details.setdefault("token", f"cart-{next(_numbers)}")
        plain = lines or (() if agreed else (("MUG", 1),))
        requests = [LineRequest(sku, quantity) for sku, quantity in plain] + [LineRequest(*line) for line in agreed]
        cart = create_cart(self.session, lines=requests, **details)
        self.session.commit()
        return cart

    def checkout(self, *lines: tuple[str, int], session_id: str = "phone", **details: Any) -> CheckoutLock:
        """Start a checkout of a new cart."""
        return start(self.session, self.cart(*lines, **details), session_id=session_id)


def make_due(session: Session, lock: CheckoutLock, *, by_seconds: float = 1) -> None:
    """Let a checkout's time run out."""
    _move(session, lock, expires_at=clock(-by_seconds))


def make_driverless(session: Session, lock: CheckoutLock) -> None:
    """Let a driver's lease run out, as if it had died."""
    _move(session, lock, lease_until=clock(-1))


def _move(session: Session, lock: CheckoutLock, **times: Any) -> None:
    session.execute(update(CheckoutLock).where(CheckoutLock.id == lock.id).values(times))
    session.commit()
