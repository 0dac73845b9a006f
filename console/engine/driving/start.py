"""The start of a checkout: hold the cart, and nothing else, unless stock is reserved at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, insert, update
from sqlalchemy.orm import Session

from console.engine.cart.carts import read_cart, touch_cart
from console.engine.driving.expiry import undo_if_due
from console.engine.driving.legs import run_leg_one
from console.engine.driving.locks import change, new_reference
from console.engine.errors import CartChanged, CartOrdered, CheckoutInProgress, InvalidInput, LostRace, NotFound
from console.engine.machine import Phase, State
from console.engine.phases import RESERVING_PHASES
from console.engine.phases.cart_validation import require_valid
from console.engine.phases.phase import Leg
from console.engine.prices.lines import read_lines
from console.engine.record import events
from console.engine.record.answers import answer_of
from console.engine.record.history import History
from console.engine.runtime import runtime_of
from console.engine.store.clauses import Clause, after
from console.engine.store.database import look, run, transact, until_won, write_later
from console.engine.store.objects import present
from console.engine.store.tables import carts, locks, require_lengths
from console.models import Cart, CheckoutLock
from console.models.vocabulary import CartStatus

_TOKEN = carts.c.token_hash == bindparam("own_token_hash")
_REVISION = carts.c.revision == bindparam("seen_cart_revision")
_NEW_LOCK = insert(locks).values(state=State.PENDING, holds_cart=True, expires_at=after(0).sql).returning(locks)
_HOLD = update(carts).where(carts.c.id == bindparam("of_cart")).values(lock_id=bindparam("new_lock"))


@dataclass(frozen=True)
class _Request:
    """Who wants to hold which cart for how long; a `token_hash` must be the cart's, and so must a revision."""

    cart_id: int
    session_id: str
    ttl_seconds: int
    token_hash: str | None
    cart_revision: int | None


def start(
    session: Session, cart: Cart, *, session_id: str, ttl_minutes: int | None = None, cart_revision: int | None = None
) -> CheckoutLock:
    """Hold a cart for a checkout, or give back the live lock that this session already has on it. Own transactions.

    `ttl_minutes` is how long the shopper has until the capture begins. `cart_revision` is the cart's `revision` with
    what is to be bought.

    Raises:
        CartChanged: when the cart's revision is another by now.
        InvalidInput: when the TTL is out of bounds.
        InvalidCart: when the cart cannot be bought as it is, with every reason.
        CheckoutInProgress: when another session holds the cart.
        CartOrdered: when it was bought.
        OutOfStock: with all shortages, when stock is reserved at the start.
    """
    return start_or_join(session, cart.id, session_id=session_id, ttl_minutes=ttl_minutes, cart_revision=cart_revision)[
        0
    ]


def start_or_join(
    session: Session,
    cart_id: int,
    *,
    session_id: str,
    ttl_minutes: int | None = None,
    token_hash: str | None = None,
    cart_revision: int | None = None,
) -> tuple[CheckoutLock, bool]:
    """Do as `start`, and tell whether the lock is new; with a `token_hash` only for the cart's owner.

    Raises:
        NotFound: when there is no such cart, or its token is another.
        CheckoutError: as `start`.
    """
    require_lengths(locks, session_id=session_id)
    asked = _Request(cart_id, session_id, 60 * _checked_ttl(session, ttl_minutes), token_hash, cart_revision)
    message = "This cart's checkout is changing too fast; try again."
    return until_won(
        lambda: _start_or_join(session, asked), otherwise=lambda: CheckoutInProgress(message, cart_id=cart_id)
    )


def _start_or_join(session: Session, asked: _Request) -> tuple[CheckoutLock, bool]:
    try:
        row = transact(session, lambda: _hold(session, asked))
    except LostRace:
        holder = _find_holder(session, asked)
        if holder is None:  # by now nobody holds the cart: try again
            raise
        return holder, False
    lock = present(session, CheckoutLock, row)
    if row.outcome is not None:
        answer_of(session, lock, row)  # raises what was refused
    return lock, True


def _checked_ttl(session: Session, ttl_minutes: int | None) -> int:
    config = runtime_of(session).config
    ttl = config.ttl_minutes if ttl_minutes is None else ttl_minutes
    if not 1 <= ttl <= config.max_ttl_minutes:
        raise InvalidInput(f"A checkout lasts 1 to {config.max_ttl_minutes} minutes.", field="ttl_minutes")
    return ttl


def _hold(session: Session, asked: _Request) -> Row[Any]:
    conditions = [] if asked.token_hash is None else [Clause(_TOKEN, {"own_token_hash": asked.token_hash})]
    if asked.cart_revision is not None:
        conditions.append(Clause(_REVISION, {"seen_cart_revision": asked.cart_revision}))
    cart = touch_cart(session, asked.cart_id, *conditions)
    require_valid(session, cart, read_lines(session, cart))
    row = {
        "reference": new_reference(),
        "cart_id": cart.id,
        "session_id": asked.session_id,
        "customer_email": cart.email,
    }
    lock = run(session, _NEW_LOCK, {**row, **after(asked.ttl_seconds).values}).one()
    write_later(session, _HOLD, {"of_cart": cart.id, "new_lock": lock.id})
    events.write_event(session, lock, topic=events.STARTED)
    return _reserve(session, lock, cart) if runtime_of(session).config.reserve_on_start else lock


def _reserve(session: Session, lock: Row[Any], cart: Row[Any]) -> Row[Any]:
    """Take leg 1 without the authorization; a refusal ends the checkout at its start."""
    lock = change(session, lock.id, state=State.LOCKING_PRICES, phase=Phase.PRICE_LOCK)
    return run_leg_one(Leg(session, lock, History(lock), cart=cart), RESERVING_PHASES).lock


def _find_holder(session: Session, asked: _Request) -> CheckoutLock | None:
    """Find the lock that holds the cart, if this session may have it; None when the cart is free by now."""
    cart_id = asked.cart_id
    cart = look(session, lambda reader: read_cart(reader, cart_id))
    if asked.token_hash not in (None, cart.token_hash):
        raise NotFound("There is no such cart for this token.")
    if cart.status == CartStatus.ORDERED:
        raise CartOrdered("This cart was bought already.", cart_id=cart_id)
    if cart.lock_id is None:
        _require_revision(asked, cart)
        return None
    holder = undo_if_due(session, cart.lock_id)  # its money is the worker's: nobody waits here
    if not holder.holds_cart:
        return None
    lock = present(session, CheckoutLock, holder)
    if lock.session_id != asked.session_id and runtime_of(session).config.prevent_concurrent:
        raise CheckoutInProgress("Another session is buying this cart.", cart_id=cart_id, expires_at=lock.expires_at)
    _require_revision(asked, cart)
    return lock


def _require_revision(asked: _Request, cart: Row[Any]) -> None:
    """Refuse a cart whose content is not the one that was seen; while a checkout holds it, it cannot change."""
    if asked.cart_revision not in (None, cart.revision):
        raise CartChanged(
            "This cart holds something else by now.", cart_id=cart.id, seen=asked.cart_revision, now=cart.revision
        )
