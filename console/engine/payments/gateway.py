"""The payment gateway's side of a checkout: what the engine asks, and what may come back.

A gateway answers (`GatewayAnswer`), or it does not (`NoAnswer`). Nothing else leaves an adapter: a time-out, a
broken connection and a 5xx are all silence, and silence is never taken for a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from console.engine.machine import OperationKind, OperationStatus


@dataclass(frozen=True)
class GatewayRequest:
    """One operation as the gateway is asked for it.

    `reference` is the checkout's own reference, by which `find` finds it again. `amount_minor` is in minor units of
    `currency`. `token` and `method` are given for an authorization only; `authorization` is the gateway's
    reference of the authorization that a capture, void or refund acts on (None when its answer was lost:
    the gateway then goes by `reference`). `return_url` is where a shopper comes back to from 3-D Secure.
    """

    kind: OperationKind
    reference: str
    idempotency_key: str
    amount_minor: int
    currency: str
    authorization: str | None = None
    method: str | None = None
    token: str | None = field(default=None, repr=False)
    return_url: str | None = None


@dataclass(frozen=True)
class GatewayAnswer:
    """What the gateway says of one operation: the fact, with the amount it acted on.

    `code` is the gateway's reason in one slug (`card_declined`, `already_captured`, `already_voided`,
    `authorization_expired`), `message` the same for people. `next_action` tells what the shopper must do while the
    operation is waiting: `{"type": "redirect", "url": …}`.
    """

    status: OperationStatus
    provider_reference: str | None
    amount_minor: int
    currency: str
    code: str | None = None
    message: str | None = None
    next_action: Mapping[str, str] | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


class NoAnswer(Exception):
    """The gateway gave no answer: a time-out, a broken connection or a 5xx. The operation may have happened."""


@dataclass(frozen=True)
class LedgerEntry:
    """One payment as the gateway's own ledger has it; amounts in minor units."""

    provider_reference: str
    lock_reference: str
    authorized: int
    captured: int
    voided: int
    refunded: int
    currency: str
    status: str


class PaymentGateway(Protocol):
    """The five calls the engine makes; each takes at most `timeout_seconds` and raises `NoAnswer` on silence.

    The four operations honour `idempotency_key`: the same key gets the same answer and never acts twice.
    `find` answers what the gateway knows of the operation of this kind for our reference, or None; None proves
    nothing. Its answer speaks of the operation, so a `find` for a void that was never asked for is None.
    """

    name: str

    def authorize(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Reserve the amount on the shopper's payment method."""

    def capture(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Take the authorized amount."""

    def void(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Let an authorization go that was not captured."""

    def refund(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Give a captured amount back."""

    def find(self, reference: str, *, kind: OperationKind, timeout_seconds: float) -> GatewayAnswer | None:
        """Tell what became of the operation of this kind for our reference."""


@dataclass(frozen=True)
class PaymentNotice:
    """What a gateway tells by itself of an operation, found by our own `reference`.

    `signed_at` is when it was sent, by the gateway's signature; the engine refuses a stale one.
    """

    reference: str
    kind: OperationKind
    answer: GatewayAnswer
    signed_at: datetime


@runtime_checkable
class SendsWebhooks(Protocol):
    """A gateway that tells by itself what becomes of operations, by webhooks to `/api/v1/webhooks/payments/<name>`."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice | None:
        """Check a webhook's signature and read what it tells; None for one that speaks of no operation.

        Header names may come in any case. Raises `console.engine.errors.InvalidWebhook` for one that this gateway
        did not sign, or that makes no sense.
        """
