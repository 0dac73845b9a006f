"""Carts as they are made; `changes` has what may be done to them later."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from sqlalchemy import Row, bindparam, insert, select
from sqlalchemy.orm import Session

from console.engine.cart.addresses import read_email
from console.engine.errors import InvalidInput, LostRace, NotFound
from console.engine.prices.money import is_currency
from console.engine.runtime import runtime_of
from console.engine.store import signals
from console.engine.store.clauses import NOW, Clause, change_row, words
from console.engine.store.database import Reader, run, write_later
from console.engine.store.tables import cart_lines, carts, require_lengths, variants
from console.models.cart import MAXIMUM_LINES, MAXIMUM_QUANTITY
from console.models.vocabulary import CartStatus

_NEW_LINES = insert(cart_lines)
_READ = select(carts).where(carts.c.id == bindparam("of_cart"))
_VARIANTS = select(*variants.c["sku", "id"]).where(
    variants.c.sku.in_(bindparam("skus", expanding=True)), variants.c.active
)
_FREE = Clause(carts.c.status.in_(words([CartStatus.OPEN])) & carts.c.lock_id.is_(None))
NEXT_REVISION = Clause(carts.c.revision + 1)


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


@dataclass(frozen=True)
class Contents:
    """What a cart holds: its columns by name, and its lines."""

    details: Mapping[str, Any]
    lines: Sequence[LineRequest]


def hash_token(token: str) -> str:
    """Digest a cart's token; only this is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Make up a cart token."""
    return secrets.token_urlsafe(24)


class CartParts(TypedDict, total=False):
    """What a cart is made of: `currency` is an ISO code (the shop's by default), `external_reference` a note of the
    shop's.
    """

    lines: Iterable[LineRequest]
    email: str | None
    addresses: Addresses | None
    currency: str | None
    coupon_code: str | None
    external_reference: str | None


def as_contents(session: Session, **parts: Unpack[CartParts]) -> Contents:
    """Put together what a cart is to hold; the lines of one SKU are merged. Reads nothing.

    Raises:
        InvalidInput: for an unknown currency, an e-mail that is none, a text longer than its column, a quantity out of
            bounds, or too many lines.
    """
    addresses = parts.get("addresses") or Addresses()
    details = {
        "currency_code": checked_currency(session, parts.get("currency")),
        "email": checked_email(parts.get("email")),
        "coupon_code": parts.get("coupon_code"),
        "shipping_address": addresses.shipping,
        "billing_address": addresses.billing,
        "external_reference": parts.get("external_reference"),
    }
    require_lengths(carts, **details)
    return Contents(details, _merge(list(parts.get("lines", ()))))


def write_lines(session: Session, cart_id: int, lines: Sequence[LineRequest]) -> None:
    """Write the lines of a cart that has none. Caller commits.

    Raises:
        InvalidInput: for an unknown SKU.
    """
    if lines:
        ids = variant_ids(session, {line.sku for line in lines})
        write_later(session, _NEW_LINES, [_line_row(cart_id, ids[line.sku], line) for line in lines])


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


def checked_email(email: str | None) -> str | None:
    """Give an e-mail address as it was typed, without the blanks around it.

    Raises:
        InvalidInput: when it is none.
    """
    try:
        return None if email is None else read_email(email)
    except ValueError as error:
        raise InvalidInput(str(error), field="email") from None


def _merge(lines: list[LineRequest]) -> list[LineRequest]:
    """Merge lines of the same SKU; lines with an agreed price stand by themselves."""
    if len(lines) > MAXIMUM_LINES:
        raise InvalidInput(f"A cart has at most {MAXIMUM_LINES} lines.", field="lines")
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


def touch_cart(session: Session, cart_id: int, *conditions: Clause, **values: Any) -> Row[Any]:
    """Hold an open cart that no checkout holds, its row first of all, and change it. Caller commits.

    Whoever changes what is in it raises its revision, by `NEXT_REVISION`.

    Raises:
        LostRace: when a checkout holds it, it was bought, there is none, or a condition does not hold.
    """
    statement = change_row(carts, cart_id, [_FREE, *conditions], {"updated_at": NOW, **values})
    cart = run(session, *statement).one_or_none()
    if cart is None:
        raise LostRace(f"cart {cart_id} is not free")
    signals.queue(session, signals.checkout_changed, cart_id=cart_id, lock_id=None)
    return cart
