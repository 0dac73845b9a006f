"""Why a checkout is where it is, and what an action would do to it, in the words that support reads."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.casebook.cases import Checkout, read_checkout
from console.casebook.plans import plan
from console.engine import Payment, cancel, expire, process, release
from console.engine.errors import PaymentDeclined
from console.engine.machine import COMMITTED_STATES, ENDED
from console.engine.staff.allowed import Action, allowed_actions, why_not
from console.models import CheckoutLock, PaymentOperation
from console.models.types import clock
from console.testing.factories import VISA, Shop, make_driverless, make_due
from tests.support.web.rows import edit

pytestmark = pytest.mark.databases("sqlite")


def seen(session: Session, lock: CheckoutLock) -> Checkout:
    session.commit()
    checkout = read_checkout(session, lock.id, sweep_seconds=300)
    assert checkout is not None
    return checkout


def explained(session: Session, lock: CheckoutLock) -> str:
    return seen(session, lock).explanation.text


def effects(session: Session, lock: CheckoutLock, action: Action) -> dict[str, str]:
    return {effect.subject: effect.text for effect in plan(action, seen(session, lock).holdings).effects}


@pytest.fixture
def silent(session: Session, silent: CheckoutLock) -> CheckoutLock:
    """Give out a checkout whose gateway does not answer, and whose driver died."""
    make_driverless(session, silent)
    return silent


def test_a_checkout_that_waits_for_its_payment_says_when_it_expires(session: Session, shop: Shop) -> None:
    shop.sell()

    told = explained(session, shop.checkout())

    assert "has not paid yet; the cart is held" in told
    assert "charged nothing" in told
    assert "it expires in 14 min" in told


def test_a_due_checkout_waits_for_the_sweep(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    make_due(session, lock, by_seconds=120)

    told = seen(session, lock).explanation

    assert told.why.startswith("Its time ran out 2 min ago")
    assert told.next_step.startswith("The next sweep expires it and gives everything back,")
    assert told.next_at is not None
    assert round(told.next_at.timestamp(), 3) % 300 == 0


def test_a_silent_gateway_is_told_with_its_tries_and_the_next_one(session: Session, silent: CheckoutLock) -> None:
    edit(session, update(PaymentOperation).values(attempts=3, created_at=clock(-725), next_attempt_at=clock(45.5)))

    checkout = seen(session, silent)

    assert checkout.explanation.text == (
        "The gateway did not answer the authorization begun 12 min ago; asked 3 times. "
        "Whether 10.00 GBP are reserved is not known; the shopper has been charged nothing we know of. "
        "The worker asks the gateway again in 45 s."
    )
    assert checkout.explanation.next_at == checkout.operations[0].next_attempt_at


def test_a_capture_in_doubt_says_that_nobody_knows_whether_the_shopper_paid(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)
    doubt = {"status": "unknown", "resolved_at": None}
    edit(session, update(PaymentOperation).where(PaymentOperation.kind == "capture").values(doubt))

    assert "Whether the shopper was charged 10.00 GBP is not known yet." in explained(session, lock)


def test_what_people_are_needed_for_is_in_the_text(session: Session, silent: CheckoutLock) -> None:
    edit(session, update(CheckoutLock).values(needs_attention="Look at it."))

    assert "It needs somebody's attention: Look at it." in explained(session, silent)


def test_who_drives_it_is_told(session: Session, silent: CheckoutLock) -> None:
    edit(session, update(CheckoutLock).values(lease_owner="somebody", lease_until=clock(20)))

    assert "is being asked for the authorization right now" in explained(session, silent)
    assert "If its driver dies, the worker takes over in" in explained(session, silent)


def test_every_end_is_told_with_what_became_of_the_money(session: Session, shop: Shop) -> None:
    shop.sell()
    bought, declined, cancelled, released = [shop.checkout() for _ in range(4)]
    process(session, bought, payment=VISA)
    with pytest.raises(PaymentDeclined):
        process(session, declined, payment=Payment("card", "tok_capture_declined"))
    cancel(session, cancelled)
    release(session, released, actor="ada", reason="phoned", version=None)

    told = [explained(session, lock) for lock in (bought, declined, cancelled, released)]

    assert "The shopper was charged 10.00 GBP." in told[0]
    assert "The payment was declined (The gateway refused the capture)" in told[1]
    assert "The 10.00 GBP that were reserved are free again" in told[1]
    assert told[2].startswith("The shopper cancelled it; it ended just now. No payment was asked for")
    assert "Somebody in the console released it (phoned)" in told[3]
    assert all(text.endswith("Nothing more happens by itself.") for text in told)


def test_a_refused_void_is_for_somebody_to_settle_and_no_retry_is_promised(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=Payment("card", "tok_capture_declined"))
    edit(session, update(PaymentOperation).where(PaymentOperation.kind == "void").values(status="refused"))
    edit(
        session, update(CheckoutLock).values(state="rolling_back", needs_attention="The gateway refused the void: no.")
    )

    told = seen(session, lock).explanation

    assert told.why.endswith("cart and stock are free already. The gateway refused the void.")
    assert told.next_step == ("Nothing happens by itself: give the money back at the gateway, then resolve the void.")


def test_a_rollback_in_doubt_says_that_cart_and_stock_are_free(session: Session, silent: CheckoutLock) -> None:
    expire(session, silent, actor="ada", reason="test", version=None)
    make_driverless(session, silent)

    assert "Its time ran out (test); cart and stock are free already." in explained(session, silent)


def test_a_plan_names_the_stock_and_the_money_that_go_back(session: Session, shop: Shop, silent: CheckoutLock) -> None:
    told = effects(session, silent, Action.RELEASE)

    assert told["Stock"] == "1 piece of 1 SKU go back on sale: MUG."
    assert told["Payment"].startswith("Whether 10.00 GBP were authorized is not known")
    assert "Rolling Back until its money is settled" in told["Checkout"]


def test_what_was_planned_is_what_happens(session: Session, silent: CheckoutLock) -> None:
    planned = plan(Action.EXPIRE, seen(session, silent).holdings)

    expire(session, silent, actor="ada", reason="test", version=None)

    after = seen(session, silent)
    assert planned.refusal is None
    assert (after.lock.state, after.lock.holds_cart, after.order) == ("rolling_back", False, None)
    assert [row.status for row in after.reservations] == ["released"]


def test_the_plan_of_a_retry_follows_the_state(session: Session, shop: Shop, silent: CheckoutLock) -> None:
    asked = effects(session, silent, Action.RETRY)["Checkout"]
    make_due(session, silent)

    assert "asked now what became of the authorization of 10.00 GBP" in asked
    assert "it is expired now" in effects(session, silent, Action.RETRY)["Checkout"]


@pytest.mark.parametrize("state", COMMITTED_STATES)
@pytest.mark.parametrize("is_due", [False, True])
def test_an_action_is_refused_with_a_reason_exactly_when_it_is_not_allowed(*, state: str, is_due: bool) -> None:
    allowed = allowed_actions(state, is_due=is_due)

    refusals = {action: why_not(action, state, is_due=is_due) for action in Action}

    assert {action for action, refusal in refusals.items() if refusal is None} == set(allowed)
    assert (allowed == ()) == (state in ENDED)
