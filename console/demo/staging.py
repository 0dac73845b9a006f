"""The gateway as the demo's past had it: every call takes its time, and some meet with what a story sets."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from console.demo.past import PastClock
from console.engine.machine import OperationKind
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest, NoAnswer
from console.gateways.sandbox import SandboxGateway

_USUAL_SECONDS = {OperationKind.AUTHORIZE: 1.4, OperationKind.CAPTURE: 0.9}
_OTHER_SECONDS = 0.6
_SLOW_SHARE, _SLOWER = 0.04, 9.0


class WorkerDied(BaseException):
    """The process is gone in the middle of a call: nothing of ours runs after it, no `except Exception` either."""


def fall_silent() -> None:
    """Lose the answer of a call."""
    raise NoAnswer("the connection broke before the answer arrived")


def die() -> None:
    """Lose the process that waits for the answer."""
    raise WorkerDied


@dataclass
class StagedGateway:
    """The sandbox gateway, its calls taking time on the demo's clock.

    `after` is what happens, by kind of operation, between the gateway's doing and our hearing of it.
    """

    sandbox: SandboxGateway
    clock: PastClock
    chance: random.Random
    after: dict[OperationKind, Callable[[], None]] = field(default_factory=dict)
    name: str = SandboxGateway.name

    @contextmanager
    def during(self, kind: OperationKind, act: Callable[[], None]) -> Iterator[None]:
        """Have something happen during each call about operations of a kind."""
        self.after[kind] = act
        try:
            yield
        finally:
            del self.after[kind]

    def authorize(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Reserve the amount."""
        return self._heard(request.kind, self.sandbox.authorize(request, timeout_seconds=timeout_seconds))

    def capture(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Take the authorized amount."""
        return self._heard(request.kind, self.sandbox.capture(request, timeout_seconds=timeout_seconds))

    def void(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Let an authorization go."""
        return self._heard(request.kind, self.sandbox.void(request, timeout_seconds=timeout_seconds))

    def refund(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Give a captured amount back."""
        return self._heard(request.kind, self.sandbox.refund(request, timeout_seconds=timeout_seconds))

    def find(self, reference: str, *, kind: OperationKind, timeout_seconds: float) -> GatewayAnswer | None:
        """Tell what became of an operation."""
        answer = self.sandbox.find(reference, kind=kind, timeout_seconds=timeout_seconds)
        self._pass_time(kind)
        return answer

    def have_shopper_approve(self, page: str) -> None:
        """Approve a payment as its shopper, on the bank's page of that address."""
        challenge = self.sandbox.find_challenge(page.rsplit("/", 1)[-1])
        assert challenge is not None, "the sandbox has just opened it"
        self.sandbox.decide_challenge(challenge, is_approved=True)

    def _heard(self, kind: OperationKind, answer: GatewayAnswer) -> GatewayAnswer:
        self._pass_time(kind)
        return answer

    def _pass_time(self, kind: OperationKind) -> None:
        slower = _SLOWER if self.chance.random() < _SLOW_SHARE else 1.0
        self.clock.let_pass(_USUAL_SECONDS.get(kind, _OTHER_SECONDS) * slower * self.chance.lognormvariate(0.0, 0.45))
        self.after.get(kind, _nothing)()


def _nothing() -> None:
    pass


@dataclass
class Stage:
    """Where stories happen: the shop's database, its clock and its gateway, and the chance that decides the details."""

    session: Session
    clock: PastClock
    gateway: StagedGateway
    ttl_minutes: int
    longest_minutes: int

    @property
    def chance(self) -> random.Random:
        """Give the chance that decides."""
        return self.gateway.chance

    def begin_scene(self, name: str, *, seconds_ago: float) -> None:
        """Go to a moment before now; what happens from there on is the same for the same name always."""
        self.chance.seed(name)
        self.clock.go_back(seconds_ago)
