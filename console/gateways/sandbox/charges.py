"""What an operation may do to a payment: pure rules, from the payment as it is to the payment as it will be."""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest
from console.gateways.sandbox.tokens import AS_USUAL, Manner, behaviour_of

NEW = "new"  # never stored: a payment before its authorization was judged
WAITING = "waiting"  # for the shopper
AUTHORIZED = "authorized"
CAPTURING = "capturing"  # as good as captured: it only takes a while
CAPTURED = "captured"
VOIDED = "voided"
PARTIALLY_REFUNDED = "partially_refunded"
REFUNDED = "refunded"
REFUSED = "refused"
UNANSWERED = "unanswered"  # of a silent token: remembered, but nothing ever happened

MESSAGES = {
    "already_captured": "The payment was captured already.",
    "already_refunded": "The whole captured amount was refunded already.",
    "already_voided": "The authorization was voided already.",
    "amount_too_large": "The amount is larger than what is left of the payment.",
    "authentication_failed": "The shopper did not approve the payment.",
    "capture_in_progress": "The payment is being captured.",
    "card_declined": "The card was declined.",
    "currency_mismatch": "The payment is in another currency.",
    "idempotency_key_reused": "This idempotency key was used for another request.",
    "insufficient_funds": "There is not enough money on the card.",
    "invalid_amount": "The amount must be above zero.",
    "invalid_token": "A payment token is tok_ and then letters, digits, dots, dashes or underscores.",
    "no_such_authorization": "There is no authorization for this reference.",
    "not_authorized": "The payment is not authorized.",
    "not_captured": "The payment was not captured: there is nothing to refund.",
}


@dataclass(frozen=True)
class Charge:
    """One payment of the ledger; amounts in minor units of `currency`."""

    provider_reference: str
    lock_reference: str
    token: str
    method: str | None
    authorized: int
    captured: int
    voided: int
    refunded: int
    currency: str
    status: str

    def done(self, kind: OperationKind) -> int:
        """Tell the amount that operations of this kind have moved, in minor units; 0 when none has."""
        return {
            OperationKind.AUTHORIZE: self.authorized,
            OperationKind.CAPTURE: self.captured,
            OperationKind.VOID: self.voided,
            OperationKind.REFUND: self.refunded,
        }[kind]


@dataclass(frozen=True)
class ChargeResult:
    """The answer to one operation, and the payment after it; `is_open` when this was not the gateway's last word."""

    answer: GatewayAnswer
    charge: Charge
    is_open: bool = False


def refusal(request: GatewayRequest, code: str, *, provider_reference: str | None = None) -> GatewayAnswer:
    """Build a refusal; it names the amount that was asked for, in minor units, since nothing moved."""
    return GatewayAnswer(
        status=OperationStatus.REFUSED,
        provider_reference=provider_reference,
        amount_minor=request.amount_minor,
        currency=request.currency,
        code=code,
        message=MESSAGES[code],
    )


def success(charge: Charge, amount_minor: int) -> GatewayAnswer:
    """Build the answer that an operation on a payment succeeded, of an amount in minor units."""
    return _say(OperationStatus.SUCCEEDED, charge, amount_minor)


def _say(status: OperationStatus, charge: Charge, amount_minor: int) -> GatewayAnswer:
    return GatewayAnswer(
        status=status,
        provider_reference=charge.provider_reference,
        amount_minor=amount_minor,
        currency=charge.currency,
    )


def judge(charge: Charge, request: GatewayRequest, *, manner: Manner = AS_USUAL) -> ChargeResult:
    """Decide one operation on a payment, in its token's manner where the rules allow it at all."""
    code = _PROBLEMS[request.kind](charge, request)
    if code in _ALREADY_DONE:
        return ChargeResult(_already_done(charge, code), charge)
    is_open = code is None and (manner.asks_shopper or manner.settles_after_seconds is not None)
    code = code or manner.refusal
    if code:
        answer = refusal(request, code, provider_reference=charge.provider_reference)
        return ChargeResult(answer, replace(charge, status=REFUSED) if charge.status == NEW else charge, is_open)
    if is_open:
        waiting = replace(charge, status=WAITING if manner.asks_shopper else CAPTURING)
        return ChargeResult(_say(OperationStatus.WAITING, charge, request.amount_minor), waiting, is_open)
    if charge.status == WAITING:  # of which only a void is let through: there is no amount to let go yet
        return ChargeResult(success(charge, request.amount_minor), replace(charge, status=VOIDED))
    after = change(charge, request.kind, amount_minor=request.amount_minor)
    moved = after.done(request.kind) - charge.done(request.kind)
    return ChargeResult(success(after, moved), after)


def change(charge: Charge, kind: OperationKind, *, amount_minor: int) -> Charge:
    """Give the payment as it is once an operation was done to it, of an amount in minor units."""
    return _CHANGES[kind](charge, amount_minor)


def _authorize_problem(_charge: Charge, request: GatewayRequest) -> str | None:
    return "invalid_amount" if request.amount_minor <= 0 else None


def _capture_problem(charge: Charge, request: GatewayRequest) -> str | None:
    if charge.captured:
        return "already_captured"
    if charge.voided or charge.status == VOIDED:
        return "already_voided"
    if not charge.authorized:
        return "not_authorized"
    return _amount_problem(charge, request, left_minor=charge.authorized)


def _void_problem(charge: Charge, _request: GatewayRequest) -> str | None:
    if charge.captured:
        return "already_captured"
    if charge.status == CAPTURING:
        return "capture_in_progress"
    if charge.voided or charge.status == VOIDED or _failed_with_shopper(charge):
        return "already_voided"
    return None if charge.authorized or charge.status == WAITING else "not_authorized"


def _failed_with_shopper(charge: Charge) -> bool:
    """Tell whether the shopper refused the payment: it ended as by a void, and nothing is left to let go."""
    return charge.status == REFUSED and behaviour_of(charge.token).asks_shopper


def _refund_problem(charge: Charge, request: GatewayRequest) -> str | None:
    if not charge.captured:
        return "not_captured"
    if charge.refunded == charge.captured:
        return "already_refunded"
    return _amount_problem(charge, request, left_minor=charge.captured - charge.refunded)


def _amount_problem(charge: Charge, request: GatewayRequest, *, left_minor: int) -> str | None:
    if request.currency != charge.currency:
        return "currency_mismatch"
    if request.amount_minor <= 0:
        return "invalid_amount"
    return "amount_too_large" if request.amount_minor > left_minor else None


def _already_done(charge: Charge, code: str) -> GatewayAnswer:
    """Refuse what was done before, with the amount that was done: a fact the caller may have missed."""
    return GatewayAnswer(
        status=OperationStatus.REFUSED,
        provider_reference=charge.provider_reference,
        amount_minor=charge.done(_ALREADY_DONE[code]),
        currency=charge.currency,
        code=code,
        message=MESSAGES[code],
    )


def _authorized(charge: Charge, amount_minor: int) -> Charge:
    return replace(charge, authorized=amount_minor, status=AUTHORIZED)


def _captured(charge: Charge, amount_minor: int) -> Charge:
    return replace(charge, captured=amount_minor, status=CAPTURED)


def _voided(charge: Charge, _amount_minor: int) -> Charge:
    return replace(charge, voided=charge.authorized, status=VOIDED)


def _refunded(charge: Charge, amount_minor: int) -> Charge:
    refunded = charge.refunded + amount_minor
    status = REFUNDED if refunded == charge.captured else PARTIALLY_REFUNDED
    return replace(charge, refunded=refunded, status=status)


_PROBLEMS = {
    OperationKind.AUTHORIZE: _authorize_problem,
    OperationKind.CAPTURE: _capture_problem,
    OperationKind.VOID: _void_problem,
    OperationKind.REFUND: _refund_problem,
}
_CHANGES = {
    OperationKind.AUTHORIZE: _authorized,
    OperationKind.CAPTURE: _captured,
    OperationKind.VOID: _voided,
    OperationKind.REFUND: _refunded,
}
_ALREADY_DONE = {
    "already_captured": OperationKind.CAPTURE,
    "already_voided": OperationKind.VOID,
    "already_refunded": OperationKind.REFUND,
}
