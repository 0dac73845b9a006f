"""Why a checkout is where it is, and what an action would do to it, in the words that support reads."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from console.casebook.cases import Checkout, read_checkout
from console.casebook.documents import describe
from console.casebook.plans import plan
from console.engine import Payment, cancel, expire, process, release, resolve
from console.engine.driving.recovery import find_interrupted
from console.engine.errors import Expired, PaymentDeclined
from console.engine.machine import COMMITTED_STATES, ENDED
from console.engine.staff.allowed import Action, allowed_actions, why_not
from console.engine.store.database import load
from console.jobs.heartbeat import beat
from console.models import CheckoutLock, PaymentOperation, WorkerHeartbeat
from console.models.types import clock
from console.testing.factories import VISA, Shop, make_driverless, make_due
from console.web.shared.status_words import message_of
from tests.support.engine.rows import read_one
from tests.support.web.rows import edit

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture(autouse=True)
def worker(session: Session) -> None:
    """Let a worker live, unless a test has it dead."""
    beat(session, "host:1:a")


def seen(session: Session, lock: CheckoutLock) -> Checkout:
    session.commit()
    checkout = read_checkout(session, lock.id, sweep_seconds=300)
    assert checkout is not None
    return checkout


def explained(session: Session, lock: CheckoutLock) -> str:
    return seen(session, lock).explanation.text


def effects(session: Session, lock: CheckoutLock, action: Action) -> dict[str, str]:
    return {effect.subject: effect.text for effect in plan(action, seen(session, lock).holdings).effects}


def test_a_checkout_that_waits_for_its_payment_says_when_it_expires(session: Session, shop: Shop) -> None:
    shop.sell()

    told = explained(session, shop.checkout())

    assert "has not paid yet. The cart is held." in told
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
        "The cart, its stock and its prices are held. "
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
    assert told[2].startswith("The shopper cancelled it; it ended just now. It holds neither cart nor stock any more.")
    assert "No payment was asked for: the shopper has been charged nothing." in told[2]
    assert "Somebody in the console released it (phoned)" in told[3]
    assert [text.endswith("Nothing more happens by itself.") for text in told] == [True, False, True, True]
    assert "Nothing more happens by itself unless the gateway has more to say" in told[1]


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

    assert told.why.endswith("The gateway refused the void. It holds neither cart nor stock any more.")
    assert told.next_step == ("Nothing happens by itself: give the money back at the gateway, then resolve the void.")


def test_a_rollback_in_doubt_says_why_and_that_cart_and_stock_are_free(session: Session, silent: CheckoutLock) -> None:
    expire(session, silent, actor="ada", reason="test", version=None)
    make_driverless(session, silent)

    told = explained(session, silent)
    assert told.startswith("Somebody in the console ended its time (test), and it is going back.")
    assert "It holds neither cart nor stock any more." in told


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


def stop_worker(session: Session, *, seconds_ago: float = 60) -> None:
    edit(session, update(WorkerHeartbeat).values(seen_at=clock(-seconds_ago)))


def test_a_dead_driver_is_taken_over_from_at_once_whenever_the_next_try_was_to_be(
    session: Session, silent: CheckoutLock
) -> None:
    make_driverless(session, silent)

    told = seen(session, silent)

    assert told.operations[0].next_attempt_at > told.now
    assert told.explanation.next_step == "The worker takes over from whoever drove it at once."


def test_a_worker_that_is_not_there_is_not_promised(session: Session, shop: Shop, silent: CheckoutLock) -> None:
    edit(session, update(PaymentOperation).values(next_attempt_at=None))
    due = shop.checkout()
    make_due(session, due)
    stop_worker(session)

    told = seen(session, silent).explanation

    assert told.next_step == (
        "Nothing happens by itself unless the gateway says more: no worker is running (the last was seen 1 min ago). "
        "The gateway is asked again once there is one, or somebody retries."
    )
    assert told.next_at is None
    assert "no worker is running" in seen(session, due).explanation.next_step
    assert "no worker is running" in seen(session, shop.checkout()).explanation.next_step


def test_a_worker_lives_for_15_seconds_after_its_last_beat(session: Session, silent: CheckoutLock) -> None:
    edit(session, update(PaymentOperation).values(next_attempt_at=None))

    stop_worker(session, seconds_ago=10)
    assert seen(session, silent).explanation.outlook[0].by_itself
    stop_worker(session, seconds_ago=16)
    assert not seen(session, silent).explanation.outlook[0].by_itself


def test_money_that_may_come_late_is_not_called_over_while_nobody_would_hear_of_it(
    session: Session, shop: Shop
) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=Payment("card", "tok_late_capture"))
    heard = seen(session, lock).explanation
    stop_worker(session)

    told = seen(session, lock).explanation

    for each in (heard, told):
        assert "the shopper has been charged nothing, as far as the gateway has told us" in each.money
        assert each.next_step.startswith("Nothing more happens by itself unless the gateway has more to say;")
    assert heard.next_step.endswith("the worker looks every hour into its ledger, where it shows one.")
    assert told.next_step.endswith("no worker is running (the last was seen 1 min ago) to look into its ledger.")


def test_a_humans_word_is_told_as_theirs(session: Session, silent: CheckoutLock) -> None:
    operation = read_one(session, PaymentOperation)
    resolve(session, operation, happened=False, actor="ada", reason="the bank says so", version=None)

    told = explained(session, silent)

    assert told.startswith("The payment did not go through (the authorization did not happen, says ada); it ended")
    assert "gateway refused" not in told


def test_the_reasons_of_staff_are_told_to_staff_alone(session: Session, shop: Shop) -> None:
    shop.sell()
    released, expired = shop.checkout(), shop.checkout()
    release(session, released, actor="ada", reason="a nuisance", version=None)
    expire(session, expired, actor="ada", reason="a nuisance", version=None)

    for lock, to_shopper in ((released, "The shop ended this checkout."), (expired, "The shop ended the time")):
        checkout = seen(session, lock)
        assert "(a nuisance)" in checkout.explanation.text
        assert message_of(checkout.lock, is_due=False).startswith(to_shopper)
        assert "nuisance" not in f"{lock.failure_reason}"


def test_what_an_earlier_version_kept_of_staffs_reasons_is_not_told_to_shoppers(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    expire(session, lock, actor="ada", reason="a nuisance", version=None)
    edit(session, update(CheckoutLock).values(failure_reason="Expired: a nuisance"))

    with pytest.raises(Expired, match=r"^The shop ended the time for this checkout\.$"):
        process(session, load(session, select(CheckoutLock)), payment=VISA)


def test_a_checkout_that_expires_by_itself_is_not_left_to_a_human(session: Session, silent: CheckoutLock) -> None:
    edit(session, update(PaymentOperation).values(status="succeeded", resolved_at=clock(), payment_token=None))
    edit(session, update(CheckoutLock).values(needs_attention="Look at it.", lease_until=None, lease_owner=None))

    assert seen(session, silent).explanation.next_step.startswith("Unless somebody retries, it expires in")


def test_each_sentence_comes_with_the_facts_that_it_claims(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)

    told = describe(seen(session, lock)).explanation

    assert [claim.about for claim in told.claims] == ["course", "held", "money", "next"]
    assert told.text == " ".join(claim.sentence for claim in told.claims)
    assert told.claims[2].facts == {
        "charged": 1000, "reserved": 0, "currency": "GBP", "is_hearsay": False, "said_by": None,
    }  # fmt: skip


def test_what_goes_on_though_a_human_is_called_for_something_else_is_said_to_go_on(
    session: Session, silent: CheckoutLock
) -> None:
    edit(session, update(PaymentOperation).values(status="succeeded", resolved_at=clock(), payment_token=None))
    called = {"needs_attention": "Look at it.", "extra": {"attention": {"mismatch:refund": "Look at it."}}}
    edit(session, update(CheckoutLock).values(lease_until=None, lease_owner=None, **called))

    told = seen(session, silent).explanation

    assert told.next_step == "The worker drives it on within seconds."
    assert find_interrupted(session, limit=9) == [silent.id]
