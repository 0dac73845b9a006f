"""Payments that wait for their shopper: opened by an authorization, ended on the sandbox's own page or by a void."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest
from console.gateways.sandbox.charges import MESSAGES, REFUSED, Charge, change
from console.gateways.sandbox.ledger import change_charge, hold_payment
from console.gateways.sandbox.tables import challenges, charges
from console.gateways.sandbox.webhooks import add_webhook

PAGE_PATH = "/sandbox/3ds"


class ShopperVerdict(StrEnum):
    """How the waiting of a payment for its shopper ended."""

    APPROVED = "approved"
    REFUSED = "refused"
    VOIDED = "voided"


@dataclass(frozen=True)
class Challenge:
    """What a payment asks its shopper: to approve an amount in minor units; `verdict` is None while it waits."""

    id: str
    provider_reference: str
    lock_reference: str
    amount_minor: int
    currency: str
    return_url: str | None
    verdict: str | None


def open_challenge(
    connection: Connection, request: GatewayRequest, *, answer: GatewayAnswer, public_url: str
) -> GatewayAnswer:
    """Make a payment wait for its shopper; give the answer with the page's address in it. Caller commits."""
    challenge_id = secrets.token_urlsafe(24)
    connection.execute(
        _OPEN,
        {
            "id": challenge_id,
            "provider_reference": answer.provider_reference,
            "amount_minor": request.amount_minor,
            "return_url": request.return_url,
            "created_at": datetime.now(UTC),
        },
    )
    url = f"{public_url}{PAGE_PATH}/{challenge_id}"
    return replace(answer, next_action={"type": "redirect", "url": url})


def find_challenge(connection: Connection, challenge_id: str) -> Challenge | None:
    """Find what a page's address asks for."""
    return _challenge(connection.execute(_FIND, {"challenge": challenge_id}).one_or_none())


def decide_challenge(connection: Connection, challenge: Challenge, *, is_approved: bool) -> Challenge:
    """Take the shopper's word, the first one only, and queue its webhook; give the challenge as it is. Caller commits.

    The payment's row is held first, as by every operation: a void at the same time comes before or after.
    """
    charge = hold_payment(connection, challenge.provider_reference)
    verdict = ShopperVerdict.APPROVED if is_approved else ShopperVerdict.REFUSED
    if not _close(connection, challenge.provider_reference, verdict):
        return find_challenge(connection, challenge.id) or challenge
    after = _after(charge, challenge.amount_minor, is_approved=is_approved)
    change_charge(connection, after)
    answer = _answer(verdict, charge, challenge.amount_minor)
    add_webhook(connection, reference=charge.lock_reference, kind=OperationKind.AUTHORIZE, answer=answer)
    return replace(challenge, verdict=verdict)


def void_challenge(connection: Connection, charge: Charge) -> None:
    """End the waiting of a payment that was voided. Caller commits, and holds the payment's row."""
    _close(connection, charge.provider_reference, ShopperVerdict.VOIDED)


def challenge_answer(connection: Connection, charge: Charge) -> GatewayAnswer | None:
    """Tell what the waiting for the shopper came to, as the authorization's answer; None while it goes on."""
    row = connection.execute(_OF_PAYMENT, {"payment": charge.provider_reference}).one_or_none()
    if row is None or row.verdict is None:
        return None
    return _answer(ShopperVerdict(row.verdict), charge, row.amount_minor)


def _close(connection: Connection, provider_reference: str, verdict: ShopperVerdict) -> bool:
    """Write down how the waiting ended; False when it had ended before."""
    values = {"payment": provider_reference, "verdict": verdict.value, "decided_at": datetime.now(UTC)}
    return bool(connection.execute(_CLOSE, values).rowcount)


def _after(charge: Charge, amount_minor: int, *, is_approved: bool) -> Charge:
    if is_approved:
        return change(charge, OperationKind.AUTHORIZE, amount_minor=amount_minor)
    return replace(charge, status=REFUSED)


def _answer(verdict: ShopperVerdict, charge: Charge, amount_minor: int) -> GatewayAnswer:
    code = _CODES.get(verdict)
    return GatewayAnswer(
        status=OperationStatus.REFUSED if code else OperationStatus.SUCCEEDED,
        provider_reference=charge.provider_reference,
        amount_minor=amount_minor,
        currency=charge.currency,
        code=code,
        message=MESSAGES[code] if code else None,
    )


def _challenge(row: Row[Any] | None) -> Challenge | None:
    return None if row is None else Challenge(**row._mapping)


_CODES = {ShopperVerdict.REFUSED: "authentication_failed", ShopperVerdict.VOIDED: "already_voided"}
_OPEN = insert(challenges)
_FIND = (
    select(
        *challenges.c["id", "provider_reference", "amount_minor", "return_url", "verdict"],
        *charges.c["lock_reference", "currency"],
    )
    .join(charges, charges.c.provider_reference == challenges.c.provider_reference)
    .where(challenges.c.id == bindparam("challenge"))
)
_OF_PAYMENT = select(*challenges.c["verdict", "amount_minor"]).where(
    challenges.c.provider_reference == bindparam("payment")
)
_CLOSE = (
    update(challenges)
    .where(challenges.c.provider_reference == bindparam("payment"), challenges.c.verdict.is_(None))
    .values(verdict=bindparam("verdict"), decided_at=bindparam("decided_at"))
)
