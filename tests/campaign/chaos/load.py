"""Trouble under load: shoppers buy while it strikes, then all is quiet, and every checkout is judged."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass

from sqlalchemy.orm import Session

from console.engine.machine import Outcome, State
from console.models import CheckoutLock, Order
from tests.campaign.chaos.settling import come_to_rest
from tests.campaign.chaos.shoppers import Diary, Told, shop_together
from tests.campaign.chaos.site import Site
from tests.campaign.chaos.troubles import Trouble
from tests.campaign.chaos.verdicts import Tally, judge_all

LAST_ANSWERS_SECONDS = 60
FINE = frozenset(
    {
        "200",
        "201",
        "202",
        "402 declined",
        "409 out_of_stock",
        "409 ended",
        "409 in_progress",
        "409 not_allowed",
        "410 expired",
        "422 invalid_cart",  # the coupon was used up meanwhile
    }
)
# What an answer to a payment says about the checkout's end: its state, and its outcome when it failed.
SAYS: dict[tuple[int, str | None], tuple[Outcome | None, ...]] = {
    (200, None): (None,),
    (201, None): (None,),
    (402, "declined"): (Outcome.DECLINED,),
    (409, "out_of_stock"): (Outcome.OUT_OF_STOCK,),
    (409, "ended"): (Outcome.CANCELLED, Outcome.RELEASED),
    (410, "expired"): (Outcome.EXPIRED,),
    (422, "invalid_cart"): (Outcome.INVALID_CART,),
}


@dataclass(frozen=True)
class Rush:
    """So many shoppers, for so many seconds of trouble, and on until they have paid so often (or have had a minute)."""

    shoppers: int
    seconds: float
    least_payments: int = 0


def endure(site: Site, trouble: Trouble, rush: Rush, *, dice: random.Random) -> tuple[Tally, Diary]:
    """Let shoppers buy while trouble strikes; then let the shop come to rest, and judge it."""
    diary, stop = Diary(), threading.Event()
    threads = shop_together(site.server, diary, shoppers=rush.shoppers, dice=dice, stop=stop)
    try:
        _strike(trouble, seconds=rush.seconds, dice=dice)
        _await_payments(diary, rush.least_payments)
    finally:
        stop.set()
        trouble.end()
        for thread in threads:
            thread.join(LAST_ANSWERS_SECONDS)
    if any(thread.is_alive() for thread in threads):
        diary.surprises.append("a shopper was left without an answer")
    with site.world.open() as (session, _engine, gateway):
        come_to_rest(session)
        tally = judge_all(session, gateway)
        tally.violations += [*_contradictions(session, diary.told), *diary.surprises, *site.defects()]
    tally.violations += [
        f"{number} times {status}" for status, number in diary.statuses.items() if not _is_fine(status, trouble)
    ]
    return tally, diary


def _strike(trouble: Trouble, *, seconds: float, dice: random.Random) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(min(dice.uniform(*trouble.pause_seconds), max(0.0, deadline - time.monotonic())))
        trouble.strike()


def _await_payments(diary: Diary, number: int) -> None:
    deadline = time.monotonic() + LAST_ANSWERS_SECONDS
    while sum(told.order is not None for told in diary.told) < number and time.monotonic() < deadline:
        time.sleep(0.1)


def _is_fine(status: str, trouble: Trouble) -> bool:
    return status in FINE or status in trouble.answers


def _contradictions(session: Session, told: list[Told]) -> list[str]:
    """Compare what shoppers were told with what became of their checkouts."""
    locks = {lock.id: lock for lock in session.query(CheckoutLock)}
    numbers = {order.lock_id: order.number for order in session.query(Order)}
    session.commit()
    return [
        f"{locks[each.lock_id].reference}: told {each.status} {each.error}, is {locks[each.lock_id].outcome}"
        for each in told
        if not is_true(each, locks[each.lock_id], numbers.get(each.lock_id))
    ]


def is_true(told: Told, lock: CheckoutLock, number: str | None) -> bool:
    """Tell whether an answer agrees with the end of its checkout, whose order has this number."""
    outcomes = SAYS.get((told.status, told.error))
    if outcomes is None:
        return True  # it promised nothing
    if lock.outcome not in outcomes:
        return False
    return lock.outcome is not None or (lock.state == State.COMPLETED and told.order == number)
