"""One checkout of each kind, told through the engine's verbs: bought, refused, undone, or still waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, update
from sqlalchemy.orm import ORMExecuteState, Session

from console.engine.actions import release
from console.engine.carts import Addresses, LineRequest, create_cart
from console.engine.checkout import advance, cancel, process, start
from console.engine.database import transact
from console.engine.errors import CheckoutError
from console.engine.phases.leg import Payment
from console.engine.replay.shoppers import Shopper
from console.engine.runtime import runtime_of
from console.engine.tables import locks, orders, variants
from console.models import CheckoutLock
from console.models.types import clock

RARE, DISCONTINUED = "RAR-01", "OLD-01"
_SILENT = "tok_never_answers"


@dataclass(frozen=True)
class Wish:
    """What somebody wants to buy: which cart, and by which name of ours."""

    reference: str
    shopper: Shopper
    lines: tuple[LineRequest, ...]
    currency: str = "GBP"
    coupon_code: str | None = None


Story = Callable[[Session, Wish], None]


def begin(session: Session, wish: Wish, *extra: LineRequest, ttl_minutes: int | None = None) -> CheckoutLock:
    """Fill a cart and start its checkout. Own transactions."""
    cart = transact(
        session,
        lambda: create_cart(
            session,
            lines=[*wish.lines, *extra],
            email=wish.shopper.email,
            addresses=Addresses(wish.shopper.address),
            currency=wish.currency,
            coupon_code=wish.coupon_code,
            external_reference=wish.reference,
        ),
    )
    return start(session, cart, session_id=f"demo-{wish.reference}", ttl_minutes=ttl_minutes)


def pay(session: Session, lock: CheckoutLock, token: str) -> None:
    """Process a checkout; a refusal is part of its story. Own transactions."""
    with suppress(CheckoutError):
        process(session, lock, payment=Payment("card", token))


def paid_with(token: str) -> Story:
    """Tell a checkout that is processed with a token."""

    def story(session: Session, wish: Wish) -> None:
        pay(session, begin(session, wish), token)

    return story


def finds_too_little_stock(session: Session, wish: Wish) -> None:
    """Ask for more of the rare print than there is."""
    pay(session, begin(session, wish, LineRequest(RARE, 3)), "tok_visa")


def loses_a_product(session: Session, wish: Wish) -> None:
    """Have a product taken off sale between start and payment."""
    _put_on_sale(session, DISCONTINUED, is_sold=True)
    lock = begin(session, wish, LineRequest(DISCONTINUED, 1))
    _put_on_sale(session, DISCONTINUED, is_sold=False)
    pay(session, lock, "tok_visa")


def _put_on_sale(session: Session, sku: str, *, is_sold: bool) -> None:
    change = update(variants).where(variants.c.sku == sku).values(active=is_sold)
    transact(session, lambda: session.execute(change))


def is_cancelled(session: Session, wish: Wish) -> None:
    """Let the shopper think again."""
    cancel(session, begin(session, wish))


def runs_out_of_time(session: Session, wish: Wish) -> None:
    """Let the time run out: the deadline is moved, since nobody waits for it here."""
    lock = begin(session, wish)
    deadline = update(locks).where(locks.c.id == lock.id).values(expires_at=clock(-1))
    transact(session, lambda: session.execute(deadline))
    advance(session, lock)


def is_released(session: Session, wish: Wish) -> None:
    """Have support release it, at the shopper's wish."""
    lock = begin(session, wish)
    release(session, lock, actor="support@example.com", reason="The shopper called: wrong address.", version=None)


def meets_a_defect(session: Session, wish: Wish) -> None:
    """Have the order's creation fail by a defect: the authorization is voided, and the outcome is an error."""
    lock = begin(session, wish)
    with _jammed_orders(session):
        pay(session, lock, "tok_visa")


@contextmanager
def _jammed_orders(session: Session) -> Iterator[None]:
    def jam(state: ORMExecuteState) -> None:
        statement: Any = state.statement
        if state.is_insert and statement.table is orders:
            raise RuntimeError("the demo's order numbers are jammed")

    event.listen(session, "do_orm_execute", jam)
    try:
        yield
    finally:
        event.remove(session, "do_orm_execute", jam)


def _longest(session: Session) -> int:
    return runtime_of(session).config.max_ttl_minutes


def waits_for_payment(session: Session, wish: Wish) -> None:
    """Leave a checkout where its shopper types a card number."""
    begin(session, wish, ttl_minutes=_longest(session))


def waits_for_the_gateway(session: Session, wish: Wish) -> None:
    """Leave the authorization in doubt."""
    pay(session, begin(session, wish, ttl_minutes=_longest(session)), _SILENT)


def waits_for_the_void(session: Session, wish: Wish) -> None:
    """Cancel while the authorization is in doubt: only the money is still to be settled."""
    lock = begin(session, wish)
    pay(session, lock, _SILENT)
    cancel(session, lock)
