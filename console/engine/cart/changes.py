"""Changes of a cart: each competes with the start of a checkout for the cart's row, so neither slips past the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.orm import Session

from console.engine.cart.carts import (
    NEXT_REVISION,
    checked_currency,
    checked_email,
    checked_quantity,
    read_cart,
    touch_cart,
    variant_ids,
)
from console.engine.driving.expiry import undo_if_due
from console.engine.errors import CartLocked, CartOrdered, InvalidInput, LostRace, NotFound
from console.engine.store.database import insert_into, look, transact, until_won
from console.engine.store.tables import cart_lines, carts, require_lengths, variants
from console.models import Cart
from console.models.cart import MAXIMUM_LINES, MAXIMUM_QUANTITY
from console.models.vocabulary import CartStatus

Result = TypeVar("Result")
_UNPRICED = cart_lines.c.agreed_unit_price.is_(None)


def add_line(session: Session, cart: Cart, *, sku: str, quantity: int) -> None:
    """Put so many pieces more into a cart. Own transaction.

    Raises:
        InvalidInput: for an unknown SKU, a quantity out of bounds, or one line too many.
        CartLocked: while a checkout holds the cart.
        CartOrdered: once it was bought.
    """
    checked_quantity(quantity)
    _change(session, cart.id, lambda row: _add(session, row.id, sku=sku, quantity=quantity))


def _add(session: Session, cart_id: int, *, sku: str, quantity: int) -> None:
    variant_id = variant_ids(session, {sku})[sku]
    insert = insert_into(session, cart_lines).values(cart_id=cart_id, variant_id=variant_id, quantity=quantity)
    statement = insert.on_conflict_do_update(
        index_elements=["cart_id", "variant_id"],
        index_where=_UNPRICED,
        set_={"quantity": cart_lines.c.quantity + quantity},
        where=cart_lines.c.quantity + quantity <= MAXIMUM_QUANTITY,
    )
    if session.execute(statement.returning(cart_lines.c.id)).one_or_none() is None:
        raise InvalidInput(f"A quantity is 1 to {MAXIMUM_QUANTITY}.", field="quantity")
    count = select(func.count()).where(cart_lines.c.cart_id == cart_id)
    if session.execute(count).scalar_one() > MAXIMUM_LINES:
        raise InvalidInput(f"A cart has at most {MAXIMUM_LINES} lines.", field="lines")


def set_quantity(session: Session, cart: Cart, *, sku: str, quantity: int) -> None:
    """Set how many pieces of a SKU a cart has. Own transaction.

    Raises:
        NotFound: when the cart has no such line.
        InvalidInput, CartLocked, CartOrdered: as `add_line`.
    """
    checked_quantity(quantity)

    def change(row: Row[Any]) -> None:
        statement = update(cart_lines).where(*_line_of(row.id, sku)).values(quantity=quantity)
        _require_hit(session.execute(statement), sku)

    _change(session, cart.id, change)


def remove_line(session: Session, cart: Cart, *, sku: str) -> None:
    """Take a SKU out of a cart. Own transaction.

    Raises:
        NotFound: when the cart has no such line.
        CartLocked, CartOrdered: as `add_line`.
    """
    _change(
        session,
        cart.id,
        lambda row: _require_hit(session.execute(delete(cart_lines).where(*_line_of(row.id, sku))), sku),
    )


def _line_of(cart_id: int, sku: str) -> tuple[Any, ...]:
    variant = select(variants.c.id).where(variants.c.sku == sku).scalar_subquery()
    return (cart_lines.c.cart_id == cart_id, cart_lines.c.variant_id == variant, _UNPRICED)


def _require_hit(result: Any, sku: str) -> None:
    if result.rowcount == 0:
        raise NotFound(f"The cart has no {sku}.", sku=sku)


def change_details(session: Session, cart: Cart, **details: Any) -> None:
    """Change a cart's `email`, `currency`, `coupon_code`, `shipping_address` or `billing_address`. Own transaction.

    Raises:
        InvalidInput: for an unknown currency, another one on a cart with agreed prices, an e-mail that is none, or a
            text longer than its column.
        CartLocked, CartOrdered: as `add_line`.
    """
    if "currency" in details:
        details["currency_code"] = checked_currency(session, details.pop("currency"))
    if "email" in details:
        details["email"] = checked_email(details["email"])
    require_lengths(carts, **details)

    def change(row: Row[Any]) -> None:
        if details.get("currency_code", row.currency_code) != row.currency_code:
            _require_no_agreed_price(session, row)
        if details:
            session.execute(update(carts).where(carts.c.id == row.id).values(details))

    _change(session, cart.id, change)


def _require_no_agreed_price(session: Session, cart: Row[Any]) -> None:
    """Keep the currency of a cart whose prices were agreed in it: 255 pence are not 255 yen."""
    agreed = select(cart_lines.c.id).where(cart_lines.c.cart_id == cart.id, cart_lines.c.agreed_unit_price.is_not(None))
    if session.scalar(agreed.limit(1)) is not None:
        raise InvalidInput(f"The prices of this cart were agreed in {cart.currency_code}.", field="currency")


def _change(session: Session, cart_id: int, work: Callable[[Row[Any]], Result]) -> Result:
    """Run a change on a cart that is free; a due checkout in the way is expired on the spot."""

    def change() -> Result:
        try:
            # Not repeatable: pieces would be added twice.
            return transact(
                session, lambda: work(touch_cart(session, cart_id, revision=NEXT_REVISION)), is_repeatable=False
            )
        except LostRace:
            _make_way(session, cart_id)
            raise

    return until_won(change, otherwise=lambda: CartLocked("This cart is being bought; try again.", cart_id=cart_id))


def _make_way(session: Session, cart_id: int) -> None:
    """Expire what holds the cart if it is due; otherwise say why the cart cannot be changed.

    Whoever changes a cart waits for no gateway: the money of what stood in the way is the worker's.
    """
    cart = look(session, lambda reader: read_cart(reader, cart_id))
    if cart.status == CartStatus.ORDERED:
        raise CartOrdered("This cart was bought already.", cart_id=cart_id)
    if cart.lock_id is None:
        return
    lock = undo_if_due(session, cart.lock_id)
    if lock.holds_cart:
        raise CartLocked(
            "This cart is being bought and cannot be changed.",
            cart_id=cart_id,
            lock_id=lock.id,
            reference=lock.reference,
            state=lock.state,
        )
