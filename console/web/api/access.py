"""Who may reach what: a cart, its checkouts and its orders by the cart's token, those that the shop claimed by the
shop's own; to others they are not there.

Each `find_…` checks the token and reads the row in one statement, and leaves no transaction open.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import g, request
from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from console.engine.cart.carts import hash_token
from console.engine.errors import InvalidInput, NotFound
from console.engine.store.database import look, run
from console.engine.store.objects import present
from console.engine.store.tables import carts, locks, orders
from console.extensions import db
from console.models import Cart, CheckoutLock, Order
from console.models.vocabulary import TokenRole
from console.people.api_tokens import looks_like_api_token, recognise
from console.web.shared.ownership import LONGEST_KEY
from console.web.shared.rate_limiting import Attempt, tell_customer

SESSION_ID_HEADER = "X-Session-Id"
IDEMPOTENCY_KEY_HEADER = "Idempotency-Key"

Model = TypeVar("Model")

_NAMES: dict[type[Any], str] = {Cart: "cart", CheckoutLock: "checkout", Order: "order"}
_KEY: BindParameter[Any] = bindparam("row_key")
_CART = select(carts).where(carts.c.id == _KEY)
_CHECKOUT = select(locks).join(carts, carts.c.id == locks.c.cart_id).where(locks.c.id == _KEY)
_ORDER = select(orders).join(carts, carts.c.id == orders.c.cart_id).where(orders.c.number == _KEY)
_IS_OWN = carts.c.token_hash == bindparam("token_hash")
_IS_CLAIMED = carts.c.shop_reference.is_not(None)
# Built once: for a cart's token, and for the shop's own.
_QUERIES: dict[type[Any], dict[bool, Select[Any]]] = {
    model: {False: query.where(_IS_OWN), True: query.where(_IS_CLAIMED)}
    for model, query in ((Cart, _CART), (CheckoutLock, _CHECKOUT), (Order, _ORDER))
}


def cart_token() -> str:
    """Read the token that the request shows.

    Raises:
        Unauthorized: when it shows none.
    """
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _stranger("Show the cart's token: Authorization: Bearer <token>.")
    return token.strip()


def _stranger(message: str) -> Unauthorized:
    return Unauthorized(message, www_authenticate=WWWAuthenticate("bearer", {"realm": "cart"}))


@dataclass(frozen=True)
class Owner:
    """Whose carts a request may reach: the one of a cart's token, or by the shop's own token all that it claimed.

    `shop` is the name of that token.
    """

    token: str
    shop: str | None = None

    @property
    def token_hash(self) -> str | None:
        """Digest the cart's token, as the database knows it; None for the shop, which has none."""
        return hash_token(self.token) if self.shop is None else None

    @property
    def condition(self) -> ColumnElement[bool]:
        """Build the condition that a cart is the owner's."""
        return _IS_CLAIMED if self.shop is not None else carts.c.token_hash == self.token_hash


def owner() -> Owner:
    """Tell whose carts the request may reach, by the token that it shows.

    Raises:
        Unauthorized: when it shows none.
    """
    if "cart_owner" not in g:
        token = cart_token()
        g.cart_owner = Owner(token, _shop_of(token) if looks_like_api_token(token) else None)
    known: Owner = g.cart_owner
    return known


def _shop_of(token: str) -> str | None:
    """Name the shop's own token; None for an API token of another role, which reaches no cart."""
    row = recognise(db.session(), token)
    if row is None:
        raise _stranger("There is no such API token.")
    return row.name if row.role == TokenRole.SHOP else None


def session_id(*, is_needed: bool = False) -> str:
    """Tell which device asks: as it says, or as its token makes it known.

    Raises:
        InvalidInput: when it says something too long or unprintable, or, where `is_needed`, the shop asks for nobody.
    """
    told = read_header(SESSION_ID_HEADER)
    if told is None and is_needed and owner().shop is not None:
        raise InvalidInput(f"Name the shopper's device: {SESSION_ID_HEADER}.", field=SESSION_ID_HEADER)
    return told or hashlib.sha256(f"session:{cart_token()}".encode()).hexdigest()[:32]


def shop_device() -> str | None:
    """Tell whose calls of the shop's are counted together; None for everybody else."""
    try:
        shop = owner().shop
    except Unauthorized:  # the call itself says so
        return None
    return None if shop is None else f"shop:{shop}:{request.headers.get(SESSION_ID_HEADER, '')}"


tell_customer(shop_device)


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


def require_shop() -> None:
    """Let through the shop's own token only.

    Raises:
        Unauthorized: when no token is shown.
        Forbidden: for any other.
    """
    if owner().shop is None:
        raise Forbidden("Only an API token of the role shop claims a cart by the shop's own number.")


def require_claimed(cart_id: int) -> None:
    """Refuse the shop a cart that it did not claim; a cart's own token is asked for by whatever reads the cart.

    Raises:
        NotFound: when it is none of the shop's.
    """
    if owner().shop is not None:
        find_cart(cart_id)


def find_cart(cart_id: int) -> Cart:
    """Find the owner's cart.

    Raises:
        NotFound: when there is no such cart for this token.
    """
    return _find(Cart, cart_id)


def find_lock(lock_id: int) -> CheckoutLock:
    """Find a checkout of the owner's carts.

    Raises:
        NotFound: when there is no such checkout for this token.
    """
    return _find(CheckoutLock, lock_id)


def find_order(number: str) -> Order:
    """Find an order of the owner's carts.

    Raises:
        NotFound: when there is no such order for this token.
    """
    return _find(Order, number)


def _find(model: type[Model], key: int | str) -> Model:
    own = owner()
    query, values = _QUERIES[model][own.shop is not None], {"row_key": key, "token_hash": own.token_hash}
    session = db.session()
    row = look(session, lambda reader: run(reader, query, values).one_or_none())
    if row is None:
        raise NotFound(f"There is no such {_NAMES[model]} for this token.")
    return present(session, model, row)
