"""Who may reach what: a cart, its checkouts and its orders by the cart's token; to others they are not there.

Each `find_…` checks the token and reads the row in one statement, and leaves no transaction open.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from flask import request
from sqlalchemy import BindParameter, Select, bindparam, select
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from console.engine.cart.carts import hash_token
from console.engine.errors import InvalidInput, NotFound
from console.engine.store.database import look, run
from console.engine.store.objects import present
from console.engine.store.tables import carts, locks, orders
from console.extensions import db
from console.models import Cart, CheckoutLock, Order
from console.web.shared.limits import Attempt
from console.web.shared.ownership import LONGEST_KEY

SESSION_ID_HEADER = "X-Session-Id"
IDEMPOTENCY_KEY_HEADER = "Idempotency-Key"

Model = TypeVar("Model")

_NAMES: dict[type[Any], str] = {Cart: "cart", CheckoutLock: "checkout", Order: "order"}
_KEY: BindParameter[Any] = bindparam("row_key")
_IS_OWN = carts.c.token_hash == bindparam("token_hash")
_CART = select(carts).where(carts.c.id == _KEY, _IS_OWN)
_CHECKOUT = select(locks).join(carts, carts.c.id == locks.c.cart_id).where(locks.c.id == _KEY, _IS_OWN)
_ORDER = select(orders).join(carts, carts.c.id == orders.c.cart_id).where(orders.c.number == _KEY, _IS_OWN)


def cart_token() -> str:
    """Read the token that the request shows.

    Raises:
        Unauthorized: when it shows none.
    """
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        challenge = WWWAuthenticate("bearer", {"realm": "cart"})
        raise Unauthorized("Show the cart's token: Authorization: Bearer <token>.", www_authenticate=challenge)
    return token.strip()


def token_hash() -> str:
    """Digest the token that the request shows, as the database knows it."""
    return hash_token(cart_token())


def session_id() -> str:
    """Tell which device asks: as it says, or as its token makes it known.

    Raises:
        InvalidInput: when it says something too long or unprintable.
    """
    derived = hashlib.sha256(f"session:{cart_token()}".encode()).hexdigest()[:32]
    return read_header(SESSION_ID_HEADER) or derived


def read_header(name: str) -> str | None:
    """Read an optional header; an empty one counts as absent.

    Raises:
        InvalidInput: when it is longer than 255 characters or unprintable.
    """
    value = request.headers.get(name, "")
    if len(value) > LONGEST_KEY or not value.isprintable():
        raise InvalidInput(f"{name} has at most {LONGEST_KEY} printable characters.", field=name)
    return value or None


def attempted() -> Attempt:
    """Read which attempt a call makes: at the checkout in its URL, under the key in its header."""
    return (request.view_args or {}).get("lock_id"), request.headers.get(IDEMPOTENCY_KEY_HEADER)


def find_cart(cart_id: int) -> Cart:
    """Find the token's cart.

    Raises:
        NotFound: when there is no such cart for this token.
    """
    return _find(Cart, _CART, cart_id)


def find_lock(lock_id: int) -> CheckoutLock:
    """Find a checkout of the token's cart.

    Raises:
        NotFound: when there is no such checkout for this token.
    """
    return _find(CheckoutLock, _CHECKOUT, lock_id)


def find_order(number: str) -> Order:
    """Find an order of the token's cart.

    Raises:
        NotFound: when there is no such order for this token.
    """
    return _find(Order, _ORDER, number)


def _find(model: type[Model], query: Select[Any], key: int | str) -> Model:
    session, values = db.session(), {"row_key": key, "token_hash": token_hash()}
    row = look(session, lambda reader: run(reader, query, values).one_or_none())
    if row is None:
        raise NotFound(f"There is no such {_NAMES[model]} for this token.")
    return present(session, model, row)
