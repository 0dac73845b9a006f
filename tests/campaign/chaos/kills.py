"""Killed at a chosen point: the process ends, as by a kill, around a commit or around a call to the gateway."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from console.engine import CheckoutError
from console.engine.runtime import attach, runtime_of

KILLED = 86
GATEWAY_CALLS = ("authorize", "capture", "void", "refund", "find")

Act = Callable[[Session, int], None]  # what a process does with a checkout, given its id


class Countdown:
    """Ends the process, as a kill would, at the n-th point it is asked about; without a number it only counts."""

    def __init__(self, end_at: int | None = None) -> None:
        self.passed = 0
        self._end_at = end_at
        self.is_committing = False

    def point(self, *_: Any) -> None:
        self.passed += 1
        if self.passed == self._end_at:
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

    def __init__(self, gateway: Any, countdown: Countdown) -> None:
        self.name = gateway.name
        self._gateway = gateway
        self._countdown = countdown

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._gateway, name)
        if name not in GATEWAY_CALLS:
            return asked

        def call(*args: Any, **kwargs: Any) -> Any:
            self._countdown.point()
            answer = asked(*args, **kwargs)
            self._countdown.point()
            return answer

        return call


def count_points(database: Engine, lock_id: int, act: Act) -> int:
    """Do an act in this process without a kill, and tell how many points it has."""
    countdown = Countdown()
    with _watched_by(database, countdown):
        _do(database, lock_id, act)
    return countdown.passed


def is_killed_at(point: int, database: Engine, lock_id: int, act: Act) -> bool:
    """Do an act in a process of its own and kill it at a point; False when it has fewer.

    No connection is carried over the fork: each process makes its own.
    """
    database.dispose()
    victim = os.fork()
    if victim == 0:
        try:
            with _watched_by(database, Countdown(point)):
                _do(database, lock_id, act)
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1])
    if code not in (0, KILLED):
        raise AssertionError(f"the process of checkout {lock_id} failed by itself at point {point}")
    return code == KILLED


@contextmanager
def _watched_by(database: Engine, countdown: Countdown) -> Iterator[None]:
    """Tell the countdown of every commit and every call to the gateway."""
    with Session(database) as session:
        runtime = runtime_of(session)
    event.listen(database, "commit", countdown.commits)
    event.listen(Session, "after_commit", countdown.has_committed)
    attach(database, config=runtime.config, gateway=FatalGateway(runtime.gateway, countdown))
    try:
        yield
    finally:
        attach(database, config=runtime.config, gateway=runtime.gateway)
        event.remove(Session, "after_commit", countdown.has_committed)
        event.remove(database, "commit", countdown.commits)


def _do(database: Engine, lock_id: int, act: Act) -> None:
    """Do an act on a session of its own; what the shop refuses is an end like any other."""
    with Session(database, expire_on_commit=False) as session, suppress(CheckoutError):
        act(session, lock_id)
