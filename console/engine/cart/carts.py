"""Carts as they are made; `changes` has what may be done to them later."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Row, bindparam, insert, select
from sqlalchemy.orm import Session

from console.engine.errors import InvalidInput, LostRace, NotFound
from console.engine.prices.money import is_currency
from console.engine.runtime import runtime_of
from console.engine.store import signals
from console.engine.store.clauses import NOW, Clause, change_row, words
from console.engine.store.database import Reader, run, transact, write_later
from console.engine.store.objects import present
from console.engine.store.tables import cart_lines, carts, variants
from console.models import Cart
from console.models.cart import MAXIMUM_LINES, MAXIMUM_QUANTITY
from console.models.vocabulary import CartStatus

Result = TypeVar("Result")
_NEW_CART = insert(carts).returning(carts)
_NEW_LINES = insert(cart_lines)
_READ = select(carts).where(carts.c.id == bindparam("of_cart"))
_VARIANTS = select(*variants.c["sku", "id"]).where(
    variants.c.sku.in_(bindparam("skus", expanding=True)), variants.c.active
)
_FREE = Clause(carts.c.status.in_(words([CartStatus.OPEN])) & carts.c.lock_id.is_(None))
_NEXT_REVISION = Clause(carts.c.revision + 1)


@dataclass(frozen=True)
class LineRequest:
    """A line for a cart: `agreed_unit_price` in minor units holds whatever the catalogue says; such lines repeat."""

    sku: str
    quantity: int
    agreed_unit_price: int | None = None


@dataclass(frozen=True)
class Addresses:
    """Where a cart goes and who is billed; without `billing`, the shipping address is billed."""

    shipping: Mapping[str, Any] | None = None
    billing: Mapping[str, Any] | None = None


def hash_token(token: str) -> str:
    """Digest a cart's token; only this is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Make up a cart token."""
    return secrets.token_urlsafe(24)


def create_cart(  # noqa: PLR0913 - a cart has that many parts
    session: Session,
    *,
    lines: Iterable[LineRequest] = (),
    email: str | None = None,
    addresses: Addresses | None = None,
    currency: str | None = None,
    coupon_code: str | None = None,
    external_reference: str | None = None,
    token: str | None = None,
) -> Cart:
    """Make a cart, copying in the lines of a shop that may have its own cart model. Caller commits.

    `currency` is an ISO code, the shop's by default; `external_reference` is the shop's own number for it; `token` is
    what its owner shows to reach it over HTTP.

    Raises:
        InvalidInput: for an unknown currency or SKU, a quantity out of bounds, or too many lines.
    """
    addresses = addresses or Addresses()
    row = {
        "token_hash": hash_token(token) if token else None,
        "currency_code": checked_currency(session, currency),
        "email": email,
        "coupon_code": coupon_code,
        "shipping_address": addresses.shipping,
        "billing_address": addresses.billing,
        "external_reference": external_reference,
    }
    cart = run(session, _NEW_CART, row).one()
    _add_lines(session, cart.id, list(lines))
    return present(session, Cart, cart)


def create_owned_cart(session: Session, told: Callable[[Cart, str], Result], **contents: Any) -> Result:
    """Make a cart as `create_cart`, with a token that reaches it; give what is `told` of both. Own transaction."""

    def make() -> Result:
        token = new_token()  # anew at each try: one whose confirmation was lost may have used the last one up
        return told(create_cart(session, token=token, **contents), token)

    return transact(session, make)


def checked_currency(session: Session, currency: str | None) -> str:
    """Give a currency's ISO code, the shop's when none is named.

    Raises:
        InvalidInput: for an unknown one.
    """
    if currency is None:
        return runtime_of(session).config.currency
    if not is_currency(currency):
        raise InvalidInput(f"{currency} is no currency.", field="currency")
    return currency


def _add_lines(session: Session, cart_id: int, lines: list[LineRequest]) -> None:
    if not lines:
        return
    if len(lines) > MAXIMUM_LINES:
        raise InvalidInput(f"A cart has at most {MAXIMUM_LINES} lines.", field="lines")
    ids = variant_ids(session, {line.sku for line in lines})
    rows = [_line_row(cart_id, ids[line.sku], line) for line in _merge(lines)]
    write_later(session, _NEW_LINES, rows)


def _merge(lines: list[LineRequest]) -> list[LineRequest]:
    """Merge lines of the same SKU; lines with an agreed price stand by themselves."""
    merged: dict[Any, LineRequest] = {}
    for number, line in enumerate(lines):
        key = line.sku if line.agreed_unit_price is None else number
        so_far = merged[key].quantity if key in merged else 0
        merged[key] = LineRequest(line.sku, so_far + checked_quantity(line.quantity), line.agreed_unit_price)
    for line in merged.values():
        checked_quantity(line.quantity)
    return list(merged.values())


def checked_quantity(quantity: int) -> int:
    """Give a quantity that is in bounds.

    Raises:
        InvalidInput: when it is not.
    """
    if not 1 <= quantity <= MAXIMUM_QUANTITY:
        raise InvalidInput(f"A quantity is 1 to {MAXIMUM_QUANTITY}.", field="quantity")
    return quantity


def _line_row(cart_id: int, variant_id: int, line: LineRequest) -> dict[str, Any]:
    return {
        "cart_id": cart_id,
        "variant_id": variant_id,
        "quantity": line.quantity,
        "agreed_unit_price": line.agreed_unit_price,
    }


def variant_ids(session: Session, skus: set[str]) -> dict[str, int]:
    """Find the ids of the variants that are sold under these SKUs.

    Raises:
        InvalidInput: naming the SKUs there are none for.
    """
    ids = {row.sku: row.id for row in run(session, _VARIANTS, {"skus": list(skus)}).all()}
    unknown = sorted(skus - ids.keys())
    if unknown:
        raise InvalidInput(f"There is no product {', '.join(unknown)}.", field="sku", skus=unknown)
    return ids


def read_cart(reader: Reader, cart_id: int) -> Row[Any]:
    """Read a cart as it is now.

    Raises:
        NotFound: when there is no such cart.
    """
    cart = reader.execute(_READ, {"of_cart": cart_id}).one_or_none()
    if cart is None:
        raise NotFound(f"There is no cart {cart_id}.")
    return cart


def touch_cart(session: Session, cart_id: int, *conditions: Clause) -> Row[Any]:
    """Hold an open cart that no checkout holds, its row first of all. Caller commits.

    Raises:
        LostRace: when a checkout holds it, it was bought, there is none, or a condition does not hold.
    """
    statement = change_row(carts, cart_id, [_FREE, *conditions], {"revision": _NEXT_REVISION, "updated_at": NOW})
    cart = run(session, *statement).one_or_none()
    if cart is None:
        raise LostRace(f"cart {cart_id} is not free")
    signals.queue(session, signals.checkout_changed, cart_id=cart_id, lock_id=None)
    return cart
