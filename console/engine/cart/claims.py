"""A cart known by the shop's own number: however often it is claimed, it is one cart, and bought once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, select
from sqlalchemy.orm import Session

from console.engine.cart.carts import NEXT_REVISION, Contents, hash_token, touch_cart, write_lines
from console.engine.driving.expiry import undo_if_due
from console.engine.driving.locks import read_lock
from console.engine.errors import CartOrdered, CheckoutInProgress, InvalidInput, LostRace
from console.engine.store.database import dialect_of, in_dialects, look, run, transact, until_won
from console.engine.store.objects import present
from console.engine.store.tables import cart_lines, carts, locks, orders, variants
from console.models import Cart
from console.models.text import in_nfc, is_text
from console.models.vocabulary import CartStatus

LONGEST_REFERENCE = 64
_BY_REFERENCE = select(carts).where(carts.c.shop_reference == bindparam("claimed"))
_HOLD = _BY_REFERENCE.with_for_update(key_share=True)
_INSERT = in_dialects(
    lambda insert: (
        insert(carts)
        .on_conflict_do_nothing(index_elements=["shop_reference"], index_where=carts.c.shop_reference.is_not(None))
        .returning(carts)
    )
)
_LINES = (
    select(variants.c.sku, *cart_lines.c["quantity", "agreed_unit_price"])
    .join(variants, variants.c.id == cart_lines.c.variant_id)
    .where(cart_lines.c.cart_id == bindparam("of_cart"))
)
_SOLD = (
    select(orders.c.number, *locks.c["id", "reference"])
    .join(locks, locks.c.id == orders.c.lock_id)
    .where(orders.c.cart_id == bindparam("of_cart"), orders.c.paid_at.is_not(None))
)


@dataclass(frozen=True)
class ClaimedCart:
    """The cart of a number, and whether this claim made it."""

    cart: Cart
    is_new: bool


def claim_cart(session: Session, shop_reference: str, wanted: Contents, *, token: str | None = None) -> ClaimedCart:
    """Give the cart that the shop's own number means, holding what is wanted. Own transactions.

    An unknown number makes a cart, reached by `token`. A free cart's content is replaced as a whole; the same content
    leaves it as it is, its revision too, and is the one thing that may be claimed while a checkout holds the cart. One
    that is due is expired first.

    Raises:
        InvalidInput: for a number that cannot be one, or an unknown SKU.
        CheckoutInProgress: when a checkout holds the cart with other content.
        CartOrdered: when it was bought, for ever.
    """
    number = _checked(shop_reference)

    def claim() -> ClaimedCart:
        known = look(session, lambda reader: reader.execute(_BY_REFERENCE, {"claimed": number}).one_or_none())
        if known is not None and known.lock_id is not None:
            undo_if_due(session, known.lock_id)
        return transact(session, lambda: _take(session, number, wanted, token))

    message = "This cart is changing too fast; try again."
    return until_won(claim, otherwise=lambda: CheckoutInProgress(message, shop_reference=number))


def _checked(reference: str) -> str:
    is_plain = is_text(reference) and in_nfc(reference) == reference and reference.strip() == reference
    if not (is_plain and 1 <= len(reference) <= LONGEST_REFERENCE):
        message = f"A shop's number has 1 to {LONGEST_REFERENCE} characters, in NFC, without blanks at its ends."
        raise InvalidInput(message, field="shop_reference")
    return reference


def _take(session: Session, number: str, wanted: Contents, token: str | None) -> ClaimedCart:
    """Make the cart, or hold its row and see what may become of it. Caller commits."""
    token_hash = hash_token(token) if token else None
    cart = run(session, _HOLD, {"claimed": number}).one_or_none()
    if cart is None:
        return ClaimedCart(_make(session, number, wanted, token_hash), is_new=True)
    if cart.status == CartStatus.ORDERED:
        raise _bought(session, cart)
    if _holds(session, cart, wanted):
        # A token of ours is on it when it was our own commit, whose confirmation was lost.
        return ClaimedCart(
            present(session, Cart, cart), is_new=token_hash is not None and cart.token_hash == token_hash
        )
    if cart.lock_id is not None:
        raise _held(session, cart)
    return ClaimedCart(_replace(session, cart, wanted), is_new=False)


def _make(session: Session, number: str, wanted: Contents, token_hash: str | None) -> Cart:
    row = {**wanted.details, "shop_reference": number, "token_hash": token_hash}
    cart = run(session, _INSERT[dialect_of(session)], row).one_or_none()
    if cart is None:
        raise LostRace(f"the number {number} was claimed meanwhile")
    write_lines(session, cart.id, wanted.lines)
    return present(session, Cart, cart)


def _replace(session: Session, cart: Row[Any], wanted: Contents) -> Cart:
    changed = touch_cart(session, cart.id, revision=NEXT_REVISION, **wanted.details)
    session.execute(delete(cart_lines).where(cart_lines.c.cart_id == cart.id))
    write_lines(session, cart.id, wanted.lines)
    return present(session, Cart, changed)


def _holds(session: Session, cart: Row[Any], wanted: Contents) -> bool:
    """Tell whether a cart holds what is wanted already, in whatever order."""
    if any(cart._mapping[name] != value for name, value in wanted.details.items()):
        return False
    lines = run(session, _LINES, {"of_cart": cart.id}).all()
    return Counter(map(tuple, lines)) == Counter(
        (line.sku, line.quantity, line.agreed_unit_price) for line in wanted.lines
    )


def _held(session: Session, cart: Row[Any]) -> CheckoutInProgress:
    lock = read_lock(session, cart.lock_id)
    message = "This cart is being bought, and its content is another."
    return CheckoutInProgress(message, cart_id=cart.id, lock_id=lock.id, reference=lock.reference)


def _bought(session: Session, cart: Row[Any]) -> CartOrdered:
    sold = run(session, _SOLD, {"of_cart": cart.id}).one()
    facts = {"lock_id": sold.id, "reference": sold.reference, "order_number": sold.number}
    return CartOrdered("This cart was bought already.", cart_id=cart.id, **facts)
