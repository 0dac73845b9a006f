"""The search: whatever support is given, it finds the checkouts that are meant."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, select, union_all

from console.engine.driving.locks import normalise_reference
from console.engine.store.tables import carts, locks, operations, orders
from console.web.shared.listing.filters import Filter, email_is, is_storable, read_id

_REFERENCE_LETTERS = 8
HINT = "Reference, order, e-mail, payment, cart…"


def searches(lock_id: ColumnElement[int]) -> Filter:
    """Filter a list by the checkout that each of its rows belongs to."""
    return Filter("q", "Find", lambda words: _is_meant(lock_id, words))


def _is_meant(lock_id: ColumnElement[int], words: str) -> ColumnElement[bool]:
    """Build the condition that a row's checkout is what somebody calls so: each look is by an index."""
    if not is_storable(words):
        return false()
    claims = [
        select(locks.c.id).where(locks.c.session_id == words),
        select(orders.c.lock_id).where(orders.c.number.in_(sorted({words, words.upper()}))),
        select(locks.c.id).join(carts, carts.c.id == locks.c.cart_id).where(carts.c.shop_reference == words),
        select(operations.c.lock_id).where(operations.c.provider_reference == words),
        select(operations.c.lock_id).where(operations.c.idempotency_key == words),
    ]
    claims += [select(locks.c.id).where(claim) for claim in _of_the_lock(words)]
    return lock_id.in_(union_all(*claims))


def _of_the_lock(words: str) -> list[ColumnElement[bool]]:
    claims: list[ColumnElement[bool]] = []
    if sum(character.isalnum() for character in words) == _REFERENCE_LETTERS:
        claims.append(locks.c.reference == normalise_reference(words))
    if "@" in words:
        claims.append(email_is(locks.c.customer_email, words))
    number = read_id(words)
    if number is not None:
        claims += [locks.c.id == number, locks.c.cart_id == number]
    return claims
