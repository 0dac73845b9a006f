"""A cart as its owner sees it: its lines and what they come to, with the prices its checkout has frozen if it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from console.engine.database import Reader
from console.engine.errors import NotFound
from console.engine.locks import is_due
from console.engine.machine import State
from console.engine.pricing import price_cart, read_lines
from console.engine.tables import cart_lines, carts, locks, snapshots
from console.engine.totals import PricedLine
from console.models.types import clock
from console.web.api.answers import CartAnswer, LineAnswer, Money, TotalsAnswer

_FROZEN = (State.LOCKING_PRICES, State.AUTHORIZING, State.CAPTURING, State.COMPLETED)
_LOCK_COLUMNS = (
    "reference",
    "session_id",
    "state",
    "phase",
    "outcome",
    "failure_reason",
    "expires_at",
    "holds_cart",
)
_AMOUNTS = ("sub_total", "discount_total", "tax_total", "total")


def read_head(reader: Reader, cart_id: int, *, token_hash: str | None) -> Row[Any]:
    """Read a token's cart with its last checkout (`lock`, NULL without one), in one statement.

    The one that holds the cart is always the last: none can start before the one before has let go. Without a
    `token_hash` the caller answers for whose cart it is.

    Raises:
        NotFound: when there is no such cart for this token.
    """
    of_cart = locks.alias()
    last = select(func.max(of_cart.c.id)).where(of_cart.c.cart_id == carts.c.id).correlate(carts).scalar_subquery()
    has_lines = exists().where(cart_lines.c.cart_id == carts.c.id).correlate(carts)
    query = (
        select(
            carts,
            locks.c.id.label("last_lock_id"),
            *(locks.c[name] for name in _LOCK_COLUMNS),
            func.coalesce(is_due(), False).label("is_due"),
            clock().label("now"),
            has_lines.label("has_lines"),
        )
        .select_from(carts)
        .outerjoin(locks, locks.c.id == last)
        .where(carts.c.id == cart_id)
    )
    if token_hash is not None:
        query = query.where(carts.c.token_hash == token_hash)
    head = reader.execute(query).one_or_none()
    if head is None:
        raise NotFound("There is no such cart for this token.")
    return head


def is_locked(head: Row[Any]) -> bool:
    """Tell whether a checkout holds the cart whose time has not run out."""
    return head.lock_id is not None and not head.is_due


def view_cart(session: Session, head: Row[Any], *, token: str) -> CartAnswer:
    """Build a cart's answer. Reads only."""
    lines, totals = _frozen(session, head) if head.state in _FROZEN else _priced(session, head)
    return CartAnswer(
        id=head.id,
        token=token,
        status=head.status,
        currency=head.currency_code,
        email=head.email,
        coupon=head.coupon_code,
        external_reference=head.external_reference,
        shipping_address=head.shipping_address,
        billing_address=head.billing_address,
        lines=lines,
        totals=totals,
        locked=is_locked(head),
    )


def _priced(session: Session, head: Row[Any]) -> tuple[list[LineAnswer], TotalsAnswer]:
    """Price the cart at today's prices."""
    totals = price_cart(session, head, read_lines(session, head)).totals
    currency = head.currency_code
    return [_priced_line(each, currency) for each in totals.lines], totals_of(totals, currency=currency)


def _priced_line(priced: PricedLine, currency: str) -> LineAnswer:
    line = priced.line
    amounts = (line.sub_total, priced.discount_total, priced.tax_total, priced.total)
    return _line_answer(line, amounts, currency)


def _frozen(session: Session, head: Row[Any]) -> tuple[list[LineAnswer], TotalsAnswer]:
    """Take the prices from the checkout's snapshots."""
    query = select(snapshots).where(snapshots.c.checkout_lock_id == head.last_lock_id).order_by(snapshots.c.id)
    rows: Sequence[Row[Any]] = session.execute(query).all()
    (whole,) = (row for row in rows if row.cart_line_id is None)
    lines = [line_of(row, currency=whole.currency_code) for row in rows if row.cart_line_id is not None]
    return lines, totals_of(whole, currency=whole.currency_code)


def line_of(row: Any, *, currency: str) -> LineAnswer:
    """Build the answer for a line of a snapshot or an order."""
    return _line_answer(row, [getattr(row, name) for name in _AMOUNTS], currency)


def _line_answer(line: Any, amounts: Iterable[int], currency: str) -> LineAnswer:
    subtotal, discount, tax, total = (Money(amount=amount, currency=currency) for amount in amounts)
    return LineAnswer(
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_price=Money(amount=line.unit_price, currency=currency),
        subtotal=subtotal,
        discount=discount,
        tax=tax,
        total=total,
    )


def totals_of(whole: Any, *, currency: str) -> TotalsAnswer:
    """Build the answer for the totals of a cart, a snapshot or an order."""
    subtotal, discount, tax, total = (Money(amount=getattr(whole, name), currency=currency) for name in _AMOUNTS)
    shipping = Money(amount=whole.shipping_total, currency=currency)
    return TotalsAnswer(subtotal=subtotal, discount=discount, tax=tax, shipping=shipping, total=total)
