"""One invoice through the whole checkout: its cart is found or made, once, and driven to its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from console.engine import Payment
from console.engine.cart.carts import Addresses, LineRequest, create_cart
from console.engine.checkout import process, start
from console.engine.errors import CartOrdered, CheckoutError, Ended, InvalidInput
from console.engine.runtime import runtime_of
from console.engine.store.database import transact
from console.engine.store.tables import orders
from console.imports.replay.invoices import CURRENCY, Invoice, Skip
from console.imports.replay.shoppers import Shopper
from console.models import Cart, Order
from console.models.vocabulary import CartStatus, OrderStatus

CARD = Payment("card", "tok_visa")
INVALID = "invalid"  # what no cart takes: a quantity out of bounds, too many lines
_LOOK_AGAIN_SECONDS = 0.5


class Ending(StrEnum):
    """What became of an invoice."""

    BOUGHT = "bought"
    REFUSED = "refused"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Purchase:
    """What became of one invoice: `reason` is an outcome, or a `Skip`; `facts` are the shortages or the like."""

    number: str
    ending: Ending
    reason: str | None = None
    facts: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Failure:
    """An invoice on which something happened that should not."""

    number: str
    message: str


class WrongTotal(Exception):
    """An order's goods do not sum to what its invoice says."""


def buy(session: Session, invoice: Invoice) -> Purchase:
    """Buy what stands on an invoice at its prices, unless it was bought. Own transactions.

    Raises:
        WrongTotal: when the order's goods do not sum to the invoice's.
        CheckoutError: when it cannot be driven to an end.
    """
    began = time.monotonic()
    try:
        cart = transact(session, lambda: _claim_cart(session, invoice))
        if cart is None:
            return Purchase(invoice.number, Ending.SKIPPED, Skip.BOUGHT)
        order = _drive(session, cart, session_id=f"replay-{invoice.number}")
    except CartOrdered:
        return Purchase(invoice.number, Ending.SKIPPED, Skip.BOUGHT)
    except InvalidInput as error:
        return _not_a_cart(invoice, error)
    except Ended as error:
        facts = error.context.get("shortages") or error.context.get("reasons") or []
        return Purchase(invoice.number, Ending.REFUSED, error.outcome, facts)
    if order.sub_total != invoice.sub_total:
        raise WrongTotal(f"the invoice sums to {invoice.sub_total}, order {order.number} to {order.sub_total}")
    return Purchase(invoice.number, Ending.BOUGHT, seconds=time.monotonic() - began)


def _claim_cart(session: Session, invoice: Invoice) -> Cart | None:
    """Find the cart that an earlier replay made of the invoice, or make it; None when it was bought. Caller commits."""
    _hold_number(session, invoice.number)
    shopper = Shopper(invoice.customer, country=invoice.country)
    open_carts = select(Cart).where(
        Cart.external_reference == invoice.number, Cart.email == shopper.email, Cart.status == CartStatus.OPEN
    )
    left = session.scalars(open_carts.order_by(Cart.id).limit(1)).one_or_none()
    # Only now: a cart that another replay is buying is open, or its order is paid. Asked the other way round, the sale
    # could come between the two looks, and be seen by neither.
    paid = select(orders.c.id).where(orders.c.external_reference == invoice.number, orders.c.status == OrderStatus.PAID)
    if session.scalar(paid.limit(1)) is not None:
        return None
    return left or create_cart(
        session,
        lines=[LineRequest(line.sku, line.quantity, line.unit_price) for line in invoice.lines],
        email=shopper.email,
        addresses=Addresses(shopper.address),
        currency=CURRENCY,
        external_reference=invoice.number,
    )


def _hold_number(session: Session, number: str) -> None:
    """Keep a second replay of the same invoice out until the commit; on SQLite a writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(number, 0))))


def _drive(session: Session, cart: Cart, *, session_id: str) -> Order:
    """Check a cart out; wait for a driver that died or is at it, as long as its lease may last."""
    deadline = time.monotonic() + runtime_of(session).config.lease_seconds + 1
    while True:
        try:
            lock = start(session, cart, session_id=session_id)
            return process(session, lock, payment=CARD)
        except CheckoutError as error:
            if not error.retryable or time.monotonic() > deadline:
                raise
        time.sleep(_LOOK_AGAIN_SECONDS)


def _not_a_cart(invoice: Invoice, error: InvalidInput) -> Purchase:
    unknown = error.context.get("skus")
    if unknown:
        return Purchase(invoice.number, Ending.SKIPPED, Skip.UNKNOWN_SKU, [{"sku": sku} for sku in unknown])
    return Purchase(invoice.number, Ending.REFUSED, INVALID, [{"message": str(error)}])
