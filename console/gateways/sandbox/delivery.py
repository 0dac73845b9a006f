"""Sending webhooks to the shop, from outside any transaction."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from console.gateways.sandbox.database import LedgerDatabase
from console.gateways.sandbox.webhooks import (
    SIGNATURE_HEADER,
    Webhook,
    claim_webhook,
    close_webhook,
    due_webhooks,
    sign,
)

ENDPOINT_PATH = "/api/v1/webhooks/payments/sandbox"
ANSWER_SECONDS = 15.0
_LEASE_SECONDS = 2 * ANSWER_SECONDS
_LEDGER_SECONDS = 30.0


@dataclass(frozen=True)
class Delivery:
    """How one sending of a webhook went: `status` is the shop's answer, None where there was none, and then `error`."""

    webhook_id: int
    attempts: int
    status: int | None
    error: str | None = None

    @property
    def is_delivered(self) -> bool:
        """Tell whether the shop acknowledged it."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True)
class Sender:
    """Sends what the ledger has queued to the shop at `public_url`, signed with `secret`."""

    database: LedgerDatabase
    public_url: str
    secret: str

    def waiting(self, *, is_patient: bool) -> list[int]:
        """List the ids of the webhooks to send now; see `due_webhooks`."""
        with self.database.reading(timeout_seconds=_LEDGER_SECONDS) as connection:
            return due_webhooks(connection, is_patient=is_patient)

    def send(self, webhook_id: int, *, is_patient: bool) -> Delivery | None:
        """Send one webhook and note how it went; None when another sender was faster. Two transactions."""
        with self.database.writing(timeout_seconds=_LEDGER_SECONDS) as connection:
            webhook = claim_webhook(connection, webhook_id, lease_seconds=_LEASE_SECONDS, is_patient=is_patient)
        if webhook is None:
            return None
        delivery = self._post(webhook)
        with self.database.writing(timeout_seconds=_LEDGER_SECONDS) as connection:
            close_webhook(connection, webhook, is_delivered=delivery.is_delivered)
        return delivery

    def _post(self, webhook: Webhook) -> Delivery:
        body = webhook.body.encode()
        signature = sign(body, secret=self.secret, at=int(time.time()))
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: signature}
        url = urlsplit(self.public_url)
        connection = _connect(url)
        try:
            connection.request("POST", url.path + ENDPOINT_PATH, body=body, headers=headers)
            status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            return Delivery(webhook.id, webhook.attempts, None, f"{type(error).__name__}: {error}")
        finally:
            connection.close()
        return Delivery(webhook.id, webhook.attempts, status)


def _connect(url: SplitResult) -> HTTPConnection:
    """Connect without following redirects: a POST would come back from one as a GET."""
    host = url.hostname or ""
    if url.scheme == "https":
        return HTTPSConnection(host, url.port, timeout=ANSWER_SECONDS, context=ssl.create_default_context())
    return HTTPConnection(host, url.port, timeout=ANSWER_SECONDS)
