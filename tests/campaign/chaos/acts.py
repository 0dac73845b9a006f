"""What the processes of the campaign do with a checkout, and what others do to it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, advance, cancel, expire, process, release
from console.engine.driving.expiry import expire_due
from console.engine.driving.recovery import recover
from console.engine.runtime import attach, runtime_of
from console.engine.store.database import load
from console.models import CheckoutLock
from console.models.types import clock
from tests.campaign.chaos.kills import Act

ACTOR = "chaos"


def pay(token: str) -> Act:
    """Give the act of a shopper who pays with this token."""

    def act(session: Session, lock_id: int) -> None:
        process(session, find(session, lock_id), payment=Payment("card", token), idempotency_key="once")

    return act


def interrupted(act: Act, *, by: Act, is_done_first: bool) -> Act:
    """Give an act during whose authorization somebody else acts: before the gateway does it, or before it answers."""

    def acts(session: Session, lock_id: int) -> None:
        def interrupt() -> None:
            with Session(session.get_bind(), expire_on_commit=False) as other, suppress(CheckoutError):
                by(other, lock_id)

        runtime = runtime_of(session)
        busy = BusyGateway(runtime.gateway, interrupt, is_done_first=is_done_first)
        attach(session.get_bind().engine, config=runtime.config, gateway=busy)
        act(session, lock_id)

    return acts


class BusyGateway:
    """A gateway during whose first authorization something else happens."""

    def __init__(self, gateway: Any, interrupt: Callable[[], None], *, is_done_first: bool) -> None:
        self.name = gateway.name
        self._gateway = gateway
        self._interrupts = [interrupt]
        self._is_done_first = is_done_first

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def authorize(self, request: Any, *, timeout_seconds: float) -> Any:
        if not self._is_done_first:
            self._interrupt()
        try:
            return self._gateway.authorize(request, timeout_seconds=timeout_seconds)
        finally:
            self._interrupt()

    def _interrupt(self) -> None:
        if self._interrupts:
            self._interrupts.pop()()


def recover_all(session: Session, _lock_id: int) -> None:
    """Do what the worker does with what it finds interrupted."""
    recover(session)


def go_on(session: Session, lock_id: int) -> None:
    """Go on with it, as a returning shopper does."""
    advance(session, find(session, lock_id))


def give_up(session: Session, lock_id: int) -> None:
    """Cancel it, as its shopper does."""
    cancel(session, find(session, lock_id))


def take_off(session: Session, lock_id: int) -> None:
    """Release it, as support does."""
    release(session, find(session, lock_id), actor=ACTOR, reason="It is in the way.", version=None)


def end_its_time(session: Session, lock_id: int) -> None:
    """Expire it, as support does."""
    expire(session, find(session, lock_id), actor=ACTOR, reason="It takes too long.", version=None)


def run_out(session: Session, lock_id: int) -> None:
    """Let its time run out, and the sweep come."""
    session.execute(update(CheckoutLock).where(CheckoutLock.id == lock_id).values(expires_at=clock(-1)))
    session.commit()
    expire_due(session)


def find(session: Session, lock_id: int) -> CheckoutLock:
    """Load a checkout as it is now."""
    return load(session, select(CheckoutLock).where(CheckoutLock.id == lock_id))
