"""How a cart comes about: made anew, or claimed under the shop's own number."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, Unpack

from sqlalchemy import insert
from sqlalchemy.orm import Session

from console.engine.cart.carts import CartParts, Contents, as_contents, hash_token, new_token, write_lines
from console.engine.cart.claims import claim_cart
from console.engine.store.database import run, transact
from console.engine.store.objects import present
from console.engine.store.tables import carts
from console.models import Cart

Result = TypeVar("Result")
_NEW_CART = insert(carts).returning(carts)


def create_cart(
    session: Session, *, shop_reference: str | None = None, token: str | None = None, **parts: Unpack[CartParts]
) -> Cart:
    """Make a cart, copying in the lines of a shop that may have its own cart model.

    `parts` are those of `CartParts`: lines, e-mail, addresses, currency, coupon. `token` is what its owner shows to
    reach it over HTTP.

    With a `shop_reference` it is *the* cart of that number, as `claim_cart` has it: own transactions. Otherwise it is a
    new one, and the caller commits.

    Raises:
        InvalidInput: for an unknown currency or SKU, a quantity out of bounds, too many lines, or a bad reference.
        CartOrdered, CheckoutInProgress: as `claim_cart`, with a `shop_reference`.
    """
    wanted = as_contents(session, **parts)
    if shop_reference is not None:
        return claim_cart(session, shop_reference, wanted, token=token).cart
    return _insert(session, wanted, token_hash=hash_token(token) if token else None)


def create_callers_cart(
    session: Session,
    told: Callable[[Cart, str], Result],
    *,
    caller_reference: str | None = None,
    **parts: Unpack[CartParts],
) -> Result:
    """Make the cart of an anonymous caller, with a token that reaches it; give what is `told` of both. Own transaction.

    `caller_reference` is what the caller calls it; it stays on the cart.

    Raises:
        InvalidInput: as `create_cart`.
    """
    wanted = as_contents(session, **parts)

    def make() -> Result:
        token = new_token()  # anew at each try: one whose confirmation was lost may have used the last one up
        cart = _insert(session, wanted, token_hash=hash_token(token), caller_reference=caller_reference)
        return told(cart, token)

    return transact(session, make)


def _insert(session: Session, wanted: Contents, **columns: str | None) -> Cart:
    cart = run(session, _NEW_CART, {**wanted.details, **columns}).one()
    write_lines(session, cart.id, wanted.lines)
    return present(session, Cart, cart)
