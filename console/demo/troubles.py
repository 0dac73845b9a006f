"""Checkouts that have not ended: with their shopper, or in real trouble that the worker or a human has to end."""

from __future__ import annotations

from contextlib import suppress

from console.demo.baskets import Basket
from console.demo.staging import Stage, WorkerDied, die, fall_silent
from console.demo.stories import begin, pay
from console.engine.checkout import advance, cancel
from console.engine.machine import OperationKind
from console.models import CheckoutLock

_SILENT = ("card", "tok_never_answers")
_SOON = 30  # seconds to fill the form in, at most: these are told to the minute


def waits_for_payment(stage: Stage, basket: Basket) -> None:
    """Leave a checkout where its shopper types a card number."""
    begin(stage, basket)


def waits_for_a_slow_shopper(stage: Stage, basket: Basket) -> None:
    """Leave a checkout whose shopper asked for all the time there is."""
    begin(stage, basket, ttl_minutes=stage.longest_minutes)


def waits_for_the_sweep(stage: Stage, basket: Basket) -> None:
    """Leave a checkout whose time has run out, and that nobody has swept up yet."""
    begin(stage, basket)


def waits_for_the_bank(stage: Stage, basket: Basket) -> None:
    """Leave a checkout whose shopper is at their bank, to say that it is they who pay (3-D Secure)."""
    pay(stage, begin(stage, basket), ("card", "tok_3ds"), most_seconds=_SOON)


def waits_for_the_money(stage: Stage, basket: Basket) -> None:
    """Leave a bank transfer under way: the gateway has taken it in, and tells the first worker that it has arrived."""
    pay(stage, begin(stage, basket), ("bank_transfer", "tok_async"), most_seconds=_SOON)


def waits_for_the_gateway(stage: Stage, basket: Basket) -> None:
    """Leave the authorization in doubt for good: this card's payments get no answer, ever."""
    lock = begin(stage, basket, ttl_minutes=stage.longest_minutes)
    pay(stage, lock, _SILENT, most_seconds=_SOON)
    _try_again(stage, lock, after_seconds=(6, 38, 145))


def waits_for_the_void(stage: Stage, basket: Basket) -> None:
    """Cancel while the authorization is in doubt: only the money is still to be settled."""
    lock = begin(stage, basket)
    pay(stage, lock, _SILENT, most_seconds=_SOON)
    stage.clock.let_pass(25)
    cancel(stage.session, lock)
    _try_again(stage, lock, after_seconds=(38,))


def waits_for_the_capture(stage: Stage, basket: Basket) -> None:
    """Take the money, and hear nothing of it: the next try is an hour away, *Retry* finds it at once."""
    lock = begin(stage, basket, ttl_minutes=stage.longest_minutes)
    with stage.gateway.during(OperationKind.CAPTURE, fall_silent):
        pay(stage, lock, basket.payment, most_seconds=_SOON)
        _try_again(stage, lock, after_seconds=(6, 38, 145, 740))


def _try_again(stage: Stage, lock: CheckoutLock, *, after_seconds: tuple[float, ...]) -> None:
    """Try again as the recovery does, each time after a longer wait."""
    for seconds in after_seconds:
        stage.clock.let_pass(seconds)
        advance(stage.session, lock)


def loses_its_worker(stage: Stage, basket: Basket) -> None:
    """Have the process die that waits for the authorization's answer: its lease lapses with the money reserved."""
    lock = begin(stage, basket)
    with suppress(WorkerDied), stage.gateway.during(OperationKind.AUTHORIZE, die):
        pay(stage, lock, basket.payment, most_seconds=_SOON)
