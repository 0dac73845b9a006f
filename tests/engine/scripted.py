"""A gateway that says what a test tells it to say, and lets a test act while a call is under way."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest, NoAnswer

Line = Callable[[GatewayRequest], GatewayAnswer]


class ScriptedGateway:
    """Approves everything that no script was given for; `calls` are the requests in their order."""

    name = "scripted"

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._script: dict[str, deque[Line]] = defaultdict(deque)

    def script(self, kind: str, *lines: Line) -> None:
        """Say what the next calls of a kind get; `kind` may be `find`."""
        self._script[kind].extend(lines)

    def _answer(self, request: GatewayRequest) -> GatewayAnswer:
        self.calls.append(request.kind)
        line = self._script[request.kind].popleft() if self._script[request.kind] else approve
        return line(request)

    def authorize(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        return self._answer(request)

    capture = void = refund = authorize

    def find(self, reference: str, *, kind: OperationKind, timeout_seconds: float) -> GatewayAnswer | None:
        self.calls.append(f"find {kind}")
        if not self._script["find"]:
            return None
        line = self._script["find"].popleft()
        return line(GatewayRequest(kind, reference, "", 0, "GBP"))


def approve(request: GatewayRequest) -> GatewayAnswer:
    """Do as asked."""
    return answer(request, OperationStatus.SUCCEEDED)


def stay_silent(_request: GatewayRequest) -> GatewayAnswer:
    """Give no answer."""
    raise NoAnswer("the connection broke")


def refuse(code: str) -> Line:
    """Refuse with a reason."""
    return lambda request: answer(request, OperationStatus.REFUSED, code=code, message=code.replace("_", " "))


def wait_for_shopper(request: GatewayRequest) -> GatewayAnswer:
    """Want the shopper to confirm first."""
    action = {"type": "redirect", "url": "https://bank.example/3ds"}
    return answer(request, OperationStatus.WAITING, next_action=action)


def after(deed: Callable[[], Any], line: Line = approve) -> Line:
    """Let something happen while the call is under way."""

    def act(request: GatewayRequest) -> GatewayAnswer:
        deed()
        return line(request)

    return act


def answer(request: GatewayRequest, status: OperationStatus, **facts: Any) -> GatewayAnswer:
    """Build an answer to a request; amount and currency are those asked for unless told otherwise."""
    amount, currency = facts.pop("amount_minor", request.amount_minor), facts.pop("currency", request.currency)
    return GatewayAnswer(status, f"py_{request.reference}", amount, currency, **facts)
