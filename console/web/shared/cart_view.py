"""A cart as its owner sees it: its lines and what they come to, with the prices its checkout has frozen if it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, exists, func, select
from sqlalchemy.orm import Session

from console.engine.driving.locks import is_due
from console.engine.errors import NotFound
from console.engine.machine import OperationStatus, State
from console.engine.prices.lines import PricedLine, read_lines
from console.engine.prices.pricing import price_cart
from console.engine.store.database import Reader, run
from console.engine.store.tables import cart_lines, carts, locks, operations, snapshots
from console.models.types import clock
from console.web.shared.resources import CartAnswer, LineAnswer, Money, TotalsAnswer

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


def _head() -> Select[Any]:
    of_cart = locks.alias()
    last = select(func.max(of_cart.c.id)).where(of_cart.c.cart_id == carts.c.id).correlate(carts).scalar_subquery()
    has_lines = exists().where(cart_lines.c.cart_id == carts.c.id).correlate(carts)
    is_open = (operations.c.lock_id == locks.c.id, operations.c.status == OperationStatus.WAITING)
    next_action = select(operations.c.next_action).where(*is_open, operations.c.next_action.is_not(None)).limit(1)
    return (
        select(
            carts,
            locks.c.id.label("last_lock_id"),
            exists().where(*is_open).correlate(locks).label("is_waiting"),
            next_action.correlate(locks).scalar_subquery().label("next_action"),
            *(locks.c[name] for name in _LOCK_COLUMNS),
            func.coalesce(is_due(), False).label("is_due"),
            clock().label("now"),
            has_lines.label("has_lines"),
        )
        .select_from(carts)
        .outerjoin(locks, locks.c.id == last)
        .where(carts.c.id == bindparam("of_cart"))
    )


_HEAD = _head()
_OWN_HEAD = _HEAD.where(carts.c.token_hash == bindparam("token_hash"))
_SNAPSHOTS = select(snapshots).where(snapshots.c.checkout_lock_id == bindparam("of_lock")).order_by(snapshots.c.id)


def read_head(reader: Reader, cart_id: int, *, token_hash: str | None) -> Row[Any]:
    """Read a token's cart with its last checkout (`lock`, NULL without one), in one statement.

    The one that holds the cart is always the last: none can start before the one before has let go. Without a
    `token_hash` the caller answers for whose cart it is.

    Raises:
        NotFound: when there is no such cart for this token.
    """
    query = _HEAD if token_hash is None else _OWN_HEAD
    head = reader.execute(query, {"of_cart": cart_id, "token_hash": token_hash}).one_or_none()
    if head is None:
        raise NotFound("There is no such cart for this token.")
    return head


def is_locked(head: Row[Any]) -> bool:
    """Tell whether a checkout holds the cart whose time has not run out."""
    return head.lock_id is not None and not head.is_due


def view_cart(session: Session, head: Row[Any], *, token: str | None) -> CartAnswer:
    """Build a cart's answer. Reads only."""
    priced = _frozen(session, head) if head.state in _FROZEN else _priced(session, head)
    return _answer(head, priced, token=token, locked=is_locked(head))


def view_new_cart(session: Session, cart: Any, *, token: str | None) -> CartAnswer:
    """Build the answer for a cart that had no checkout yet. Reads only."""
    return _answer(cart, _priced(session, cart), token=token, locked=False)


def _answer(cart: Any, priced: tuple[list[LineAnswer], TotalsAnswer], *, token: str | None, locked: bool) -> CartAnswer:
    lines, totals = priced
    return CartAnswer(
        id=cart.id,
        token=token,
        revision=cart.revision,
        status=cart.status,
        currency=cart.currency_code,
        email=cart.email,
        coupon=cart.coupon_code,
        external_reference=cart.external_reference or cart.caller_reference,
        shop_reference=cart.shop_reference,
        shipping_address=cart.shipping_address,
        billing_address=cart.billing_address,
        lines=lines,
        totals=totals,
        locked=locked,
    )


def _priced(session: Session, cart: Any) -> tuple[list[LineAnswer], TotalsAnswer]:
    """Price the cart at today's prices."""
    totals = price_cart(session, cart, read_lines(session, cart)).totals
    currency = cart.currency_code
    return [_priced_line(each, currency) for each in totals.lines], totals_of(totals, currency=currency)


def _priced_line(priced: PricedLine, currency: str) -> LineAnswer:
    line = priced.line
    amounts = (line.sub_total, priced.discount_total, priced.tax_total, priced.total)
    return _line_answer(line, amounts, currency)


def _frozen(session: Session, head: Row[Any]) -> tuple[list[LineAnswer], TotalsAnswer]:
    """Take the prices from the checkout's snapshots."""
    rows: Sequence[Row[Any]] = run(session, _SNAPSHOTS, {"of_lock": head.last_lock_id}).all()
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
