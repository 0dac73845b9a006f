"""Killed anywhere, before and after every commit and every gateway call: finished or undone afterwards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, process
from console.engine.database import load
from console.engine.invariants import check_all
from console.engine.payments.sandbox import SandboxGateway
from console.engine.recovery import recover
from console.models import CheckoutLock, PaymentOperation
from console.models.types import clock
from tests.engine.rows import read, read_one
from tests.engine.worlds import World
from tests.factories import Shop

KILLED = 86
MOST_POINTS = 40


class Countdown:
    """Ends the process, as a kill would, at the n-th point it is asked about."""

    def __init__(self, points: int) -> None:
        self.left = points
        self.is_committing = False

    def point(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os._exit(KILLED)

    def commits(self, *_: Any) -> None:
        self.is_committing = True
        self.point()

    def has_committed(self, *_: Any) -> None:
        if self.is_committing:  # a session without a connection commits nothing
            self.is_committing = False
            self.point()


class FatalGateway:
    """The sandbox, with a point to be killed at before and after each call."""

    def __init__(self, gateway: SandboxGateway, countdown: Countdown) -> None:
        self.name = gateway.name
        self._gateway = gateway
        self._countdown = countdown

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._countdown.point()
            answer = getattr(self._gateway, name)(*args, **kwargs)
            self._countdown.point()
            return answer

        return call


def run_with_countdown(world: World, lock_id: int, token: str | None, points: int) -> None:
    """Process a checkout, or recover it when there is no token; killed at the given point."""
    countdown = Countdown(points)
    with world.open(wrap=lambda gateway: FatalGateway(gateway, countdown)) as (session, engine, _gateway):
        event.listen(engine, "commit", countdown.commits)
        event.listen(Session, "after_commit", countdown.has_committed)
        try:
            if token is None:
                recover(session)
            else:
                lock = load(session, select(CheckoutLock).where(CheckoutLock.id == lock_id))
                process(session, lock, payment=Payment("card", token), idempotency_key="once")
        except CheckoutError:
            pass


def is_killed_at(point: int, world: World, lock_id: int, token: str | None) -> bool:
    """Run it in a process of its own, which inherits nothing it uses: it connects for itself."""
    victim = os.fork()
    if victim == 0:
        try:
            run_with_countdown(world, lock_id, token, point)
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def let_time_pass(session: Session) -> None:
    """Let the dead driver's lease and every back-off run out."""
    session.execute(update(CheckoutLock).where(CheckoutLock.lease_until.is_not(None)).values(lease_until=clock(-1)))
    session.execute(update(PaymentOperation).where(PaymentOperation.resolved_at.is_(None)).values(next_attempt_at=None))
    session.commit()


@pytest.fixture
def world(database_url: str, tmp_path: Path, gateway: SandboxGateway) -> World:
    return World(database_url, f"sqlite:///{tmp_path}/sandbox.sqlite3")


def assert_agrees(session: Session, gateway: SandboxGateway) -> None:
    """Paid and captured once, or undone with nothing kept; never started is fine too."""
    assert check_all(session) == []
    charges = {charge.lock_reference: charge for charge in gateway.ledger()}
    for lock in read(session, CheckoutLock):
        charge = charges.get(lock.reference)
        kept = charge.captured - charge.refunded if charge else 0
        assert lock.state in ("completed", "failed", "pending")
        assert kept == (1000 if lock.state == "completed" else 0)
        assert charge is None or lock.state == "completed" or charge.authorized in (0, charge.voided)


# The points, in this order, are: around a commit, around a gateway call, around a commit, …
HAPPY, DECLINED, ROLLBACK = "tok_visa", "tok_declined", "tok_capture_declined"


@pytest.mark.parametrize("token", [HAPPY, DECLINED, ROLLBACK])
def test_a_checkout_killed_anywhere_is_recovered_to_an_end(
    session: Session, shop: Shop, world: World, gateway: SandboxGateway, token: str
) -> None:
    shop.sell(stock=1000)

    for point in range(1, MOST_POINTS):
        lock = shop.checkout()
        was_killed = is_killed_at(point, world, lock.id, token)
        let_time_pass(session)
        recover(session)
        assert_agrees(session, gateway)
        if not was_killed:
            break

    assert not was_killed
    assert point > 8


def test_a_recovery_killed_anywhere_is_recovered_itself(
    session: Session, shop: Shop, world: World, gateway: SandboxGateway
) -> None:
    shop.sell(stock=1000)

    for point in range(1, MOST_POINTS):
        lock = shop.checkout()
        assert is_killed_at(4, world, lock.id, HAPPY)
        let_time_pass(session)
        was_killed = is_killed_at(point, world, lock.id, None)
        let_time_pass(session)
        recover(session)
        assert_agrees(session, gateway)
        assert read_one(session, CheckoutLock, id=lock.id).state == "completed"
        if not was_killed:
            break

    assert not was_killed
    assert point > 4
