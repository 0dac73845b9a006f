"""The search: whatever support is given, it finds the checkouts that are meant."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, false, select, union_all

from console.engine.store.tables import carts, locks, operations, orders
from console.web.shared.listing.filters import Filter, email_is, read_id
from console.web.shared.listing.pasted import meanings, references_in

HINT = "Reference, order, e-mail, payment, cart…"


def searches(lock_id: ColumnElement[int]) -> Filter:
    """Filter a list by the checkout that each of its rows belongs to."""
    return Filter("q", "Find", lambda words: _is_meant(lock_id, words))


def _is_meant(lock_id: ColumnElement[int], words: str) -> ColumnElement[bool]:
    """Build the condition that a row's checkout is what somebody calls so: each look is by an index."""
    meant = meanings(words)
    if not meant:
        return false()
    claims = [
        select(locks.c.id).where(locks.c.session_id.in_(meant)),
        select(orders.c.lock_id).where(orders.c.number.in_([*meant, *map(str.upper, meant)])),
        select(locks.c.id).join(carts, carts.c.id == locks.c.cart_id).where(carts.c.shop_reference.in_(meant)),
        select(operations.c.lock_id).where(operations.c.provider_reference.in_(meant)),
        select(operations.c.lock_id).where(operations.c.idempotency_key.in_(meant)),
    ]
    claims += [select(locks.c.id).where(claim) for claim in _of_the_lock(words, meant)]
    return lock_id.in_(union_all(*claims))


def _of_the_lock(words: str, meant: list[str]) -> Iterator[ColumnElement[bool]]:
    yield locks.c.reference.in_(references_in(words))
    yield email_is(locks.c.customer_email, words)
    numbers = [number for number in map(read_id, meant) if number is not None]
    yield locks.c.id.in_(numbers)
    yield locks.c.cart_id.in_(numbers)
