"""The sandbox's webhooks: queued in the ledger with what they tell, signed anew whenever they are sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from console.engine.errors import InvalidWebhook
from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, PaymentNotice
from console.gateways.sandbox.tables import webhooks

SIGNATURE_HEADER = "Sandbox-Signature"
LONGEST_PAUSE_SECONDS = 3600
MOST_DIGITS = 12
MOST_AMOUNT = 10**15


@dataclass(frozen=True)
class Webhook:
    """One webhook that waits for its 2xx; `attempts` counts its deliveries, the one under way included."""

    id: int
    body: str
    attempts: int


def add_webhook(connection: Connection, *, reference: str, kind: OperationKind, answer: GatewayAnswer) -> None:
    """Queue a webhook that tells what became of an operation. Caller commits."""
    now = datetime.now(UTC)
    told = {
        "id": f"evt_{secrets.token_hex(12)}",
        "created_at": now.isoformat(),
        "reference": reference,
        "kind": kind.value,
        "status": answer.status.value,
        "provider_reference": answer.provider_reference,
        "amount": answer.amount_minor,
        "currency": answer.currency,
        "code": answer.code,
        "message": answer.message,
    }
    row = {"body": json.dumps(told), "due_at": now, "attempts": 0, "next_attempt_at": now}
    connection.execute(_ADD, row)


def due_webhooks(connection: Connection, *, is_patient: bool) -> list[int]:
    """List the ids of the webhooks to send now, the oldest first; an impatient caller waits for no pause."""
    query = _UNDELIVERED.where(webhooks.c.next_attempt_at <= bindparam("now")) if is_patient else _UNDELIVERED
    return list(connection.scalars(query, {"now": datetime.now(UTC)} if is_patient else {}))


def claim_webhook(connection: Connection, webhook_id: int, *, lease_seconds: float, is_patient: bool) -> Webhook | None:
    """Take a webhook to send it; None when another sender was faster. Caller commits, then sends.

    If the sender dies, others may send it once the lease has run out: at least once, then.
    """
    now = datetime.now(UTC)
    claim = _CLAIM.where(webhooks.c.next_attempt_at <= now) if is_patient else _CLAIM
    values = {"webhook": webhook_id, "lease": now + timedelta(seconds=lease_seconds)}
    row = connection.execute(claim, values).one_or_none()
    return None if row is None else Webhook(**row._mapping)


def close_webhook(connection: Connection, webhook: Webhook, *, is_delivered: bool) -> None:
    """Write down how a delivery went: done, or to be tried again after a pause that doubles. Caller commits."""
    now = datetime.now(UTC)
    pause = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(webhook.attempts, 20))
    values = {"delivered_at": now} if is_delivered else {"next_attempt_at": now + timedelta(seconds=pause)}
    mine = (webhooks.c.id == webhook.id, webhooks.c.delivered_at.is_(None))
    connection.execute(update(webhooks).where(*mine).values(values))


def sign(body: bytes, *, secret: str, at: int) -> str:
    """Build the signature's header for a body sent at that time, in seconds since 1970."""
    return f"t={at},v1={_digest(body, secret=secret, at=str(at))}"


def read_webhook(body: bytes, headers: Mapping[str, str], *, secret: str) -> PaymentNotice:
    """Check a webhook's signature and read what it tells.

    Raises:
        InvalidWebhook: when it is not signed with the secret, or makes no sense.
    """
    signed_at = _check_signature(body, headers, secret=secret)
    try:
        return _read_notice(json.loads(body), signed_at)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidWebhook(f"The webhook's body cannot be understood: {error}") from error


def _check_signature(body: bytes, headers: Mapping[str, str], *, secret: str) -> datetime:
    header = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE_HEADER.lower(), "")
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    at, given = parts.get("t", ""), parts.get("v1", "")
    if not (at.isascii() and at.isdecimal() and len(at) <= MOST_DIGITS):
        raise InvalidWebhook(f"The webhook has no valid {SIGNATURE_HEADER} header.")
    if not hmac.compare_digest(given.encode(), _digest(body, secret=secret, at=at).encode()):
        raise InvalidWebhook("The webhook's signature is wrong.")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(at))


def _digest(body: bytes, *, secret: str, at: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _read_notice(told: dict[str, Any], signed_at: datetime) -> PaymentNotice:
    amount = told["amount"]
    texts = [told["reference"], told["currency"]]
    texts += [told[name] for name in ("provider_reference", "code", "message") if told[name] is not None]
    if type(amount) is not int or not 0 <= amount <= MOST_AMOUNT or not all(isinstance(text, str) for text in texts):
        raise ValueError("the amount is a whole number of minor units, and all else is text")
    if len(told["currency"]) != len("GBP"):
        raise ValueError("the currency has three letters")
    answer = GatewayAnswer(
        status=OperationStatus(told["status"]),
        provider_reference=told["provider_reference"],
        amount_minor=amount,
        currency=told["currency"],
        code=told["code"],
        message=told["message"],
        raw=told,
    )
    return PaymentNotice(told["reference"], OperationKind(told["kind"]), answer, signed_at)


_ADD = insert(webhooks)
_UNDELIVERED = select(webhooks.c.id).where(webhooks.c.delivered_at.is_(None)).order_by(webhooks.c.id)
_CLAIM = (
    update(webhooks)
    .where(webhooks.c.id == bindparam("webhook"), webhooks.c.delivered_at.is_(None))
    .values(attempts=webhooks.c.attempts + 1, next_attempt_at=bindparam("lease"))
    .returning(webhooks.c.id, webhooks.c.body, webhooks.c.attempts)
)
