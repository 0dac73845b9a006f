"""A gateway that says what a test tells it to say, and lets a test act while a call is under way."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest, NoAnswer

Line = Callable[[GatewayRequest], GatewayAnswer]


class ScriptedGateway:
    """Approves everything that no script was given for; a `PaymentGateway`.

    `calls` names what it was asked in its order (`authorize`, `find capture`), `requests` has what was asked except by
    `find`. What was answered, or done with the answer lost, is what `find` finds where it has no script of its own.
    """

    name = "scripted"

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.requests: list[GatewayRequest] = []
        self._script: dict[str, deque[Line]] = defaultdict(deque)
        self._done: dict[tuple[str, str], GatewayAnswer] = {}

    def script(self, kind: str, *lines: Line) -> None:
        """Say what the next calls of a kind get, one line each; `kind` may be `find`."""
        self._script[kind].extend(lines)

    def authorize(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Answer by the script."""
        self.calls.append(request.kind)
        self.requests.append(request)
        try:
            said = self._next_line(request.kind, otherwise=approve)(request)
        except AnswerLost as lost:
            self._done[request.reference, request.kind] = lost.answer
            raise
        self._done[request.reference, request.kind] = said
        return said

    capture = void = refund = authorize

    def find(self, reference: str, *, kind: OperationKind, timeout_seconds: float) -> GatewayAnswer | None:
        """Tell what was done, unless the script says otherwise."""
        self.calls.append(f"find {kind}")
        if not self._script["find"]:
            return self._done.get((reference, kind))
        asked = [each for each in self.requests if (each.reference, each.kind) == (reference, kind)]
        request = asked[-1] if asked else GatewayRequest(kind, reference, "", 0, "GBP")
        return self._next_line("find", otherwise=approve)(request)

    def _next_line(self, kind: str, *, otherwise: Line) -> Line:
        return self._script[kind].popleft() if self._script[kind] else otherwise


class AnswerLost(NoAnswer):
    """The gateway did as asked, and its answer never arrived."""

    def __init__(self, said: GatewayAnswer) -> None:
        super().__init__("the answer was lost")
        self.answer = said


def approve(request: GatewayRequest) -> GatewayAnswer:
    """Do as asked."""
    return answer(request, OperationStatus.SUCCEEDED)


def stay_silent(_request: GatewayRequest) -> GatewayAnswer:
    """Do nothing, and give no answer."""
    raise NoAnswer("the connection broke")


def lose_answer(request: GatewayRequest) -> GatewayAnswer:
    """Do as asked, and have the answer lost on its way."""
    raise AnswerLost(approve(request))


def wait_for_shopper(request: GatewayRequest) -> GatewayAnswer:
    """Want the shopper to confirm first."""
    action = {"type": "redirect", "url": "https://bank.example/3ds"}
    return answer(request, OperationStatus.WAITING, next_action=action)


def refuse(code: str) -> Line:
    """Refuse with a reason: `card_declined`."""
    return lambda request: answer(request, OperationStatus.REFUSED, code=code, message=code.replace("_", " "))


def after(deed: Callable[[], Any], line: Line = approve) -> Line:
    """Let something happen while the call is under way."""

    def act(request: GatewayRequest) -> GatewayAnswer:
        deed()
        return line(request)

    return act


def slow(seconds: float, line: Line = approve) -> Line:
    """Take so many seconds of real time for the answer."""
    return after(lambda: time.sleep(seconds), line)


def answer(request: GatewayRequest, status: OperationStatus, **facts: Any) -> GatewayAnswer:
    """Build an answer to a request; amount and currency are those asked for unless told otherwise."""
    amount, currency = facts.pop("amount_minor", request.amount_minor), facts.pop("currency", request.currency)
    return GatewayAnswer(status, f"py_{request.reference}", amount, currency, **facts)
