"""The shopper behind a browser's session: their device, their cart, and the carts they bought.

The cart is made when something is first put into it. The session keeps its token, and is signed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import session
from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.exc import NoResultFound

from console.engine import LineRequest
from console.engine.cart.carts import hash_token
from console.engine.cart.creation import create_callers_cart
from console.engine.errors import NotFound
from console.engine.store.database import load, look
from console.engine.store.tables import cart_lines, carts, orders
from console.extensions import db
from console.models import Cart, CheckoutLock, Order
from console.models.vocabulary import CartStatus
from console.web.shared.cart_protection import CurrentCart
from console.web.shared.cart_view import read_head

CART, BOUGHT, LAST, DEVICE = "shop_cart", "shop_bought", "shop_last", "shop_device"
MOST_REMEMBERED = 10


@dataclass(frozen=True)
class KnownCart:
    """A cart that the session knows by its token."""

    id: int
    token: str

    @property
    def token_hash(self) -> str:
        """Digest the token, as the database knows it."""
        return hash_token(self.token)


def device_id() -> str:
    """Name the shopper's device, made up when first asked for."""
    if DEVICE not in session:
        session[DEVICE] = secrets.token_hex(16)
    name: str = session[DEVICE]
    return name


def known_cart() -> KnownCart | None:
    """Tell which cart the session has, whatever became of it; None without one."""
    return KnownCart(*session[CART]) if CART in session else None


def current_cart() -> CurrentCart | None:
    """Tell the protection kit which cart the request is about: without one at hand, the one that was bought last."""
    known = known_cart() or (KnownCart(*session[LAST]) if LAST in session else None)
    return None if known is None else CurrentCart(known.id, device_id(), known.token_hash)


def read_cart() -> Row[Any] | None:
    """Read the session's cart with its last checkout, bought ones too; None without one. One statement."""
    known = known_cart()
    if known is None:
        return None
    try:
        return look(db.session(), lambda reader: read_head(reader, known.id, token_hash=known.token_hash))
    except NotFound:  # the shop's database was set up anew
        session.pop(CART)
        return None


def load_cart() -> Cart | None:
    """Load the session's cart to change it; None without one."""
    known = known_cart()
    if known is None:
        return None
    try:
        return load(db.session(), select(Cart).where(Cart.id == known.id, Cart.token_hash == known.token_hash))
    except NoResultFound:
        session.pop(CART)
        return None


def make_cart(*, sku: str, quantity: int) -> None:
    """Make a cart with its first line, and remember it. Own transaction.

    Raises:
        InvalidInput: for an unknown SKU, or a quantity out of bounds; no cart is made then.
    """
    session[CART] = create_callers_cart(
        db.session(), lambda cart, token: [cart.id, token], lines=[LineRequest(sku, quantity)]
    )
    device_id()


def put_away_cart(cart_id: int) -> None:
    """Let go of a cart that was bought, if it is the session's; its order stays reachable from here."""
    known = known_cart()
    if known is not None and known.id == cart_id:
        session[BOUGHT] = [known.token, *session.get(BOUGHT, ())][:MOST_REMEMBERED]
        session[LAST] = session[CART]
        session.pop(CART)


def load_lock(lock_id: int) -> CheckoutLock:
    """Load a checkout of a cart that this session has or had.

    Raises:
        NotFound: when it is none of theirs.
    """
    lock: CheckoutLock = _load_mine(
        CheckoutLock, CheckoutLock.id == lock_id, missing="There is no such checkout of this cart."
    )
    return lock


def find_last_lock() -> CheckoutLock | None:
    """Find the last checkout of the session's cart; None without one."""
    head = read_cart()
    return None if head is None or head.last_lock_id is None else load_lock(head.last_lock_id)


def find_lock(reference: str) -> CheckoutLock | None:
    """Find a checkout by its reference, whosever it is; None without one."""
    try:
        return load(db.session(), select(CheckoutLock).where(CheckoutLock.reference == reference))
    except NoResultFound:
        return None


def is_own(cart_id: int) -> bool:
    """Tell whether a cart is one that this session has or had."""
    query = select(carts.c.id).where(carts.c.id == cart_id, _is_mine())
    return look(db.session(), lambda reader: reader.scalar(query)) is not None


def load_order(number: str) -> Order:
    """Load an order of a cart that this session has or had.

    Raises:
        NotFound: when it is none of theirs.
    """
    missing = "There is no such order, or it was not made in this browser."
    order: Order = _load_mine(Order, Order.number == number, missing=missing)
    return order


def _load_mine(model: type[Any], condition: ColumnElement[bool], *, missing: str) -> Any:
    """Load what belongs to a cart that this session has or had."""
    query = select(model).join(carts, carts.c.id == model.cart_id).where(condition, _is_mine())
    try:
        return load(db.session(), query)
    except NoResultFound:
        raise NotFound(missing) from None


def _is_mine() -> ColumnElement[bool]:
    """Build the condition that a cart is one that this session has or had."""
    known = known_cart()
    tokens = [*session.get(BOUGHT, ()), *([] if known is None else [known.token])]
    return carts.c.token_hash.in_([hash_token(token) for token in tokens])


def find_order_number(cart_id: int) -> str | None:
    """Find the number of the order that a cart of this session became; None while it is not bought."""
    bought = (carts.c.id == cart_id, carts.c.status == CartStatus.ORDERED, _is_mine())
    query = select(orders.c.number).join(carts, carts.c.id == orders.c.cart_id).where(*bought)
    query = query.order_by(orders.c.id.desc()).limit(1)  # a sale is the last: what came before it was cancelled
    number: str | None = look(db.session(), lambda reader: reader.scalar(query))
    return number


def find_last_order() -> str | None:
    """Find the number of the order that a session without a cart made last; None with a cart, or without an order."""
    if CART in session or LAST not in session:
        return None
    return find_order_number(session[LAST][0])


def count_pieces() -> int:
    """Count the pieces in the session's open cart. One statement, none without a cart."""
    known = known_cart()
    if known is None:
        return 0
    open_cart = (carts.c.id == known.id, carts.c.token_hash == known.token_hash, carts.c.status == CartStatus.OPEN)
    query = select(func.coalesce(func.sum(cart_lines.c.quantity), 0)).join(carts, carts.c.id == cart_lines.c.cart_id)
    return int(look(db.session(), lambda reader: reader.execute(query.where(*open_cart)).scalar_one()))
