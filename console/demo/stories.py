"""Checkouts that have ended, one of each kind, told through the engine's verbs: bought, refused, undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import Session

from console.demo import merchant
from console.demo.staging import Stage, fall_silent
from console.demo.wishes import DISCONTINUED, RARE, Wish, prices_by_sku
from console.engine import Payment
from console.engine.cart.carts import Addresses, LineRequest, create_cart
from console.engine.cart.changes import change_details
from console.engine.checkout import advance, cancel, process, start
from console.engine.errors import CheckoutError, InvalidCart
from console.engine.machine import OperationKind
from console.engine.staff.actions import release
from console.engine.store.database import look, transact
from console.engine.store.tables import operations, variant_prices, variants
from console.models import CheckoutLock
from console.models.types import clock

Story = Callable[[Stage, Wish], None]

_RELEASES = (
    ("mira.osei@example.com", "The shopper called: wrong delivery address, will order anew."),
    ("tom.lindqvist@example.com", "Same basket twice; the shopper wants to keep the other one."),
    ("mira.osei@example.com", "The shopper is at the shop's counter and pays there."),
    ("tom.lindqvist@example.com", "The shopper cannot get back to the page; freed the cart for another try."),
)
_REPRICED = ("CLK-01", "LAM-02", "BSK-02", "CUT-02")


def begin(
    stage: Stage, wish: Wish, *extra: LineRequest, coupon: str | None = None, ttl_minutes: int | None = None
) -> CheckoutLock:
    """Fill a cart, look around for a minute, and start its checkout. Own transactions."""
    lines, code = [*wish.lines, *extra], coupon or wish.coupon_code
    cart = transact(
        stage.session,
        lambda: create_cart(
            stage.session,
            lines=lines,
            email=wish.person.email,
            addresses=Addresses(wish.person.address),
            currency=wish.person.currency,
            coupon_code=code,
            external_reference=wish.reference,
        ),
    )
    stage.clock.let_pass(stage.chance.uniform(20, 90))
    session_id, ttl_minutes = stage.chance.randbytes(12).hex(), ttl_minutes or stage.ttl_minutes
    try:
        return start(stage.session, cart, session_id=session_id, ttl_minutes=ttl_minutes)
    except InvalidCart:  # a coupon that has run out or is used up: the shopper goes on without it
        change_details(stage.session, cart, coupon_code=None)
        return start(stage.session, cart, session_id=session_id, ttl_minutes=ttl_minutes)


def pay(stage: Stage, lock: CheckoutLock, payment: tuple[str, str], *, most_seconds: float = 540) -> None:
    """Take a while to fill the form in, then process; a refusal is part of the story. Own transactions."""
    stage.clock.let_pass(min(most_seconds, stage.chance.lognormvariate(4.3, 0.7)))
    with suppress(CheckoutError):
        process(stage.session, lock, payment=Payment(*payment))


def is_bought(stage: Stage, wish: Wish) -> None:
    """Go as it should."""
    pay(stage, begin(stage, wish), wish.payment)


def paid_with(token: str) -> Story:
    """Tell a checkout that is paid with a card of a certain behaviour."""

    def story(stage: Stage, wish: Wish) -> None:
        pay(stage, begin(stage, wish), ("card", token))

    return story


def is_approved_at_the_bank(stage: Stage, wish: Wish) -> None:
    """Have the bank ask the shopper first (3-D Secure), and the shopper approve."""
    lock = begin(stage, wish)
    pay(stage, lock, ("card", "tok_3ds"))
    stage.clock.let_pass(stage.chance.uniform(8, 25))
    query = select(operations.c.next_action).where(operations.c.lock_id == lock.id)
    asked = look(stage.session, lambda reader: reader.execute(query).scalar_one())
    stage.gateway.have_shopper_approve(asked["url"])
    advance(stage.session, lock)


def outlasts_an_outage(stage: Stage, wish: Wish) -> None:
    """Have the gateway fall silent, and be found to have authorized when it is back."""
    lock = begin(stage, wish)
    with stage.gateway.during(OperationKind.AUTHORIZE, fall_silent):
        pay(stage, lock, wish.payment)
    stage.clock.let_pass(stage.chance.uniform(5, 40))
    advance(stage.session, lock)


def sees_a_price_move(stage: Stage, wish: Wish) -> None:
    """Have the merchant change a price while the payment is under way: what was frozen is what is paid."""
    sku = stage.chance.choice(_REPRICED)
    lock = begin(stage, wish, LineRequest(sku, 1))
    with Session(stage.session.get_bind()) as merchants:
        price = _other_price(merchants, sku)
        with stage.gateway.during(OperationKind.AUTHORIZE, lambda: _reprice(merchants, sku, price)):
            pay(stage, lock, wish.payment)


def _other_price(session: Session, sku: str) -> int:
    """Give the price a product moves to: up by a twentieth, and from there back again."""
    first = prices_by_sku()[sku]
    today = session.scalar(select(variant_prices.c.unit_price).join(variants).where(variants.c.sku == sku))
    return first if today != first else 10 * round(first * 1.05 / 10)


def _reprice(session: Session, sku: str, price: int) -> None:
    of_sku = variant_prices.c.variant_id == select(variants.c.id).where(variants.c.sku == sku).scalar_subquery()
    change = update(variant_prices).where(of_sku).values(unit_price=price, updated_at=clock())
    transact(session, lambda: session.execute(change))


def finds_too_little_stock(stage: Stage, wish: Wish) -> None:
    """Ask for more of the rare print than there is."""
    pay(stage, begin(stage, wish, LineRequest(RARE, 3)), wish.payment)


def loses_a_product(stage: Stage, wish: Wish) -> None:
    """Have a product taken off sale between start and payment."""
    transact(stage.session, lambda: merchant.switch_product(stage.session, DISCONTINUED, is_on=True))
    lock = begin(stage, wish, LineRequest(DISCONTINUED, 1))
    transact(stage.session, lambda: merchant.switch_product(stage.session, DISCONTINUED, is_on=False))
    pay(stage, lock, wish.payment)


def loses_its_coupon(stage: Stage, wish: Wish) -> None:
    """Have a flash sale end between start and payment."""
    transact(stage.session, lambda: merchant.switch_coupon(stage.session, merchant.FLASH, is_on=True))
    lock = begin(stage, wish, coupon=merchant.FLASH)
    transact(stage.session, lambda: merchant.switch_coupon(stage.session, merchant.FLASH, is_on=False))
    pay(stage, lock, wish.payment)


def is_cancelled(stage: Stage, wish: Wish) -> None:
    """Let the shopper think again."""
    lock = begin(stage, wish)
    stage.clock.let_pass(stage.chance.uniform(30, 300))
    cancel(stage.session, lock)


def is_cancelled_while_paying(stage: Stage, wish: Wish) -> None:
    """Let the shopper lose patience with a silent gateway; what it had reserved is voided."""
    lock = begin(stage, wish)
    with stage.gateway.during(OperationKind.AUTHORIZE, fall_silent):
        pay(stage, lock, wish.payment)
        stage.clock.let_pass(stage.chance.uniform(10, 40))
        cancel(stage.session, lock)
    stage.clock.let_pass(stage.chance.uniform(5, 30))
    advance(stage.session, lock)


def runs_out_of_time(stage: Stage, wish: Wish) -> None:
    """Let the shopper walk away; a sweep ends it."""
    _let_time_run_out(stage, begin(stage, wish))


def runs_out_of_time_while_paying(stage: Stage, wish: Wish) -> None:
    """Have the gateway stay silent until the time is up; what it had reserved is voided."""
    lock = begin(stage, wish)
    with stage.gateway.during(OperationKind.AUTHORIZE, fall_silent):
        pay(stage, lock, wish.payment)
    _let_time_run_out(stage, lock)


def _let_time_run_out(stage: Stage, lock: CheckoutLock) -> None:
    stage.clock.let_pass(60 * stage.ttl_minutes + stage.chance.uniform(5, 290))
    advance(stage.session, lock)


def is_released(stage: Stage, wish: Wish) -> None:
    """Have support release it, at the shopper's wish."""
    lock = begin(stage, wish)
    stage.clock.let_pass(stage.chance.uniform(120, 600))
    actor, reason = stage.chance.choice(_RELEASES)
    release(stage.session, lock, actor=actor, reason=reason, version=None)


def meets_a_defect(stage: Stage, wish: Wish) -> None:
    """Have the order's creation fail by a defect: the authorization is voided, and the outcome is an error."""
    lock = begin(stage, wish)
    with _jammed_orders(stage.session.get_bind().engine):
        pay(stage, lock, wish.payment)


@contextmanager
def _jammed_orders(database: Engine) -> Iterator[None]:
    def jam(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO orders"):
            raise RuntimeError("the tax export rejects this address")

    event.listen(database, "before_cursor_execute", jam)
    try:
        yield
    finally:
        event.remove(database, "before_cursor_execute", jam)
