"""A shopper's payment as tests drive it at any gateway, and what they check of its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest, NoAnswer, PaymentGateway

TIMEOUT_SECONDS = 10.0


class TrialPayment:
    """One shopper's payment at a gateway, with a reference and idempotency keys of its own."""

    def __init__(self, gateway: PaymentGateway, token: str) -> None:
        self.gateway = gateway
        self.token = token
        self.reference = uuid4().hex[:9]
        self.authorization: str | None = None

    def request(self, kind: OperationKind, **changes: Any) -> GatewayRequest:
        """Build a request to this payment: 12.99 GBP under this kind's one key, unless told otherwise."""
        is_authorize = kind is OperationKind.AUTHORIZE
        request = GatewayRequest(
            kind=kind,
            reference=self.reference,
            idempotency_key=f"{self.reference}-{kind}",
            amount_minor=1299,
            currency="GBP",
            authorization=None if is_authorize else self.authorization,
            method="card" if is_authorize else None,
            token=self.token if is_authorize else None,
        )
        return replace(request, **changes)

    def send(self, kind: OperationKind, **changes: Any) -> GatewayAnswer:
        """Send one operation, and remember the authorization's own reference."""
        answer = send(self.gateway, self.request(kind, **changes))
        if kind is OperationKind.AUTHORIZE:
            self.authorization = answer.provider_reference
        return answer

    def authorize(self, **changes: Any) -> GatewayAnswer:
        """Reserve the amount."""
        return self.send(OperationKind.AUTHORIZE, **changes)

    def capture(self, **changes: Any) -> GatewayAnswer:
        """Take the amount."""
        return self.send(OperationKind.CAPTURE, **changes)

    def void(self, **changes: Any) -> GatewayAnswer:
        """Let the authorization go."""
        return self.send(OperationKind.VOID, **changes)

    def refund(self, **changes: Any) -> GatewayAnswer:
        """Give the amount back."""
        return self.send(OperationKind.REFUND, **changes)

    def find(self, kind: OperationKind) -> GatewayAnswer | None:
        """Ask what became of an operation."""
        return self.gateway.find(self.reference, kind=kind, timeout_seconds=TIMEOUT_SECONDS)


def any_key() -> str:
    """Make an idempotency key that nobody has used."""
    return uuid4().hex


def send(gateway: PaymentGateway, request: GatewayRequest) -> GatewayAnswer:
    """Send one request by the method of its kind."""
    answer: GatewayAnswer = getattr(gateway, request.kind.value)(request, timeout_seconds=TIMEOUT_SECONDS)
    return answer


def assert_succeeded(answer: GatewayAnswer | None, *, amount_minor: int = 1299) -> None:
    """Check a success, with the amount and currency it speaks of."""
    assert answer is not None
    assert (answer.status, answer.amount_minor, answer.currency) == (
        OperationStatus.SUCCEEDED,
        amount_minor,
        "GBP",
    )
    assert answer.provider_reference


def assert_refused(answer: GatewayAnswer | None, code: str) -> None:
    """Check a refusal with its code, and that it says something to people."""
    assert answer is not None
    assert (answer.status, answer.code) == (OperationStatus.REFUSED, code)
    assert answer.message


def assert_silent(call: Callable[[], object]) -> None:
    """Check that a call is met with silence."""
    try:
        said = call()
    except NoAnswer:
        return
    raise AssertionError(f"expected silence, and heard {said!r}")
