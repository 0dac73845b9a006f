"""The sandbox gateway as the engine calls it: five calls, each answered or met with silence; its webhooks; its page."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from console.engine.machine import OperationKind
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest, LedgerEntry, NoAnswer, PaymentNotice
from console.gateways.sandbox.challenges import Challenge, decide_challenge, find_challenge
from console.gateways.sandbox.database import UNREACHABLE, LedgerDatabase
from console.gateways.sandbox.delayed import do_delayed, due_payments
from console.gateways.sandbox.delivery import Delivery, Sender
from console.gateways.sandbox.ledger import list_entries
from console.gateways.sandbox.operations import GatewayReply, carry_out, find_due, look_up
from console.gateways.sandbox.tokens import SILENCE
from console.gateways.sandbox.webhooks import read_webhook

_LISTING_SECONDS = 30.0
_OUT_OF_REACH = "the sandbox ledger is out of reach"
_TOO_SLOW = "the gateway was too slow to answer"
_WRONG_KIND = "A request to {asked} was sent to {called}."


class SandboxGateway:
    """A payment gateway that needs no account and keeps its own ledger; the token decides what it does.

    Takes the ledger's database (a SQLite file or PostgreSQL), the address its pages are reached at, and the
    secret its webhooks are signed with. Every operation is one transaction of the ledger, committed before the
    answer goes out, so that it survives the death of any caller; no transaction is shared with the shop's.
    Safe to share between threads and to carry over a fork.
    Raises: UnsuitableLedgerError for a database it cannot use.
    """

    name = "sandbox"

    def __init__(self, database_url: str, *, public_url: str, webhook_secret: str) -> None:
        self._database = LedgerDatabase(database_url)
        self._public_url = public_url.rstrip("/")
        self._webhook_secret = webhook_secret
        self._sender = Sender(self._database, self._public_url, webhook_secret)

    def authorize(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Reserve the amount; raises NoAnswer on silence. Own transaction."""
        return self._operate(request, OperationKind.AUTHORIZE, timeout_seconds=timeout_seconds)

    def capture(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Take the authorized amount, or a part of it; raises NoAnswer on silence. Own transaction."""
        return self._operate(request, OperationKind.CAPTURE, timeout_seconds=timeout_seconds)

    def void(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Let the whole authorization go, whatever the amount; raises NoAnswer on silence. Own transaction."""
        return self._operate(request, OperationKind.VOID, timeout_seconds=timeout_seconds)

    def refund(self, request: GatewayRequest, *, timeout_seconds: float) -> GatewayAnswer:
        """Give captured money back, all or in parts; raises NoAnswer on silence. Own transaction."""
        return self._operate(request, OperationKind.REFUND, timeout_seconds=timeout_seconds)

    def find(self, reference: str, *, kind: OperationKind, timeout_seconds: float) -> GatewayAnswer | None:
        """Tell what became of the operation of this kind for our reference; raises NoAnswer on silence."""
        deadline = time.monotonic() + timeout_seconds
        with (
            _silence_when_unreachable(),
            self._database.reading(timeout_seconds=timeout_seconds) as connection,
        ):
            due = find_due(connection, reference)
            reply = GatewayReply() if due else look_up(connection, reference, kind=kind)
        if due:
            reply = self._look_after_delayed(due, reference, kind=kind, timeout_seconds=deadline - time.monotonic())
        return _give(reply, deadline=deadline)

    def _look_after_delayed(
        self, payment: str, reference: str, *, kind: OperationKind, timeout_seconds: float
    ) -> GatewayReply:
        with (
            _silence_when_unreachable(),
            self._database.writing(timeout_seconds=timeout_seconds) as connection,
        ):
            do_delayed(connection, payment)
            return look_up(connection, reference, kind=kind)

    def ledger(self, since: datetime | None = None) -> list[LedgerEntry]:
        """List the payments that changed at or after `since` (all when None), oldest first.

        A refused payment is listed with amounts of 0. Raises: NoAnswer when the ledger is out of reach.
        """
        self.do_what_is_due()
        with (
            _silence_when_unreachable(),
            self._database.reading(timeout_seconds=_LISTING_SECONDS) as connection,
        ):
            return list_entries(connection, since=since)

    def do_what_is_due(self) -> None:
        """Do to payments what the gateway does by itself by now, each in a transaction of its own.

        Raises: NoAnswer when the ledger is out of reach.
        """
        with _silence_when_unreachable():
            with self._database.reading(timeout_seconds=_LISTING_SECONDS) as connection:
                due = due_payments(connection)
            for payment in due:
                with self._database.writing(timeout_seconds=_LISTING_SECONDS) as connection:
                    do_delayed(connection, payment)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice:
        """Read a webhook of this gateway; raises InvalidWebhook when it is not signed by it, or makes no sense."""
        return read_webhook(body, headers, secret=self._webhook_secret)

    def send_webhooks(self, *, is_patient: bool = False) -> Iterator[Delivery]:
        """Send the webhooks that wait, the oldest first, and tell how each went; to be called outside transactions.

        A patient sender leaves out those that rest after a failure. Raises: NoAnswer when the ledger is out of reach.
        """
        self.do_what_is_due()
        with _silence_when_unreachable():
            for webhook_id in self._sender.waiting(is_patient=is_patient):
                delivery = self._sender.send(webhook_id, is_patient=is_patient)
                if delivery is not None:
                    yield delivery

    def find_challenge(self, challenge_id: str) -> Challenge | None:
        """Find what the 3-D Secure page of that id asks for; raises NoAnswer when the ledger is out of reach."""
        with (
            _silence_when_unreachable(),
            self._database.reading(timeout_seconds=_LISTING_SECONDS) as connection,
        ):
            return find_challenge(connection, challenge_id)

    def decide_challenge(self, challenge: Challenge, *, is_approved: bool) -> Challenge:
        """Take the shopper's word, the first one only, and give what counts; raises NoAnswer. Own transaction."""
        with (
            _silence_when_unreachable(),
            self._database.writing(timeout_seconds=_LISTING_SECONDS) as connection,
        ):
            return decide_challenge(connection, challenge, is_approved=is_approved)

    def close(self) -> None:
        """Close the connections that are not in use; a later call opens new ones."""
        self._database.close_idle_connections()

    def _operate(self, request: GatewayRequest, kind: OperationKind, *, timeout_seconds: float) -> GatewayAnswer:
        if request.kind is not kind:
            raise ValueError(_WRONG_KIND.format(asked=request.kind, called=kind))
        deadline = time.monotonic() + timeout_seconds
        with (
            _silence_when_unreachable(),
            self._database.writing(timeout_seconds=timeout_seconds) as connection,
        ):
            reply = carry_out(connection, request, public_url=self._public_url)
        answer = _give(reply, deadline=deadline)
        if answer is None:
            raise NoAnswer(SILENCE)
        return answer


@contextmanager
def _silence_when_unreachable() -> Iterator[None]:
    """Turn a ledger that is out of reach, or a COMMIT whose fate is unknown, into silence."""
    try:
        yield
    except UNREACHABLE as error:
        raise NoAnswer(_OUT_OF_REACH) from error


def _give(reply: GatewayReply, *, deadline: float) -> GatewayAnswer | None:
    """Hand the reply to the caller as the token wants it: late, or not at all."""
    if reply.silence:
        raise NoAnswer(reply.silence)
    patience_seconds = deadline - time.monotonic()
    if reply.delay_seconds > patience_seconds:
        time.sleep(max(0.0, patience_seconds))
        raise NoAnswer(_TOO_SLOW)
    if reply.delay_seconds:
        time.sleep(reply.delay_seconds)
    return reply.answer
