"""Sandbox gateways for the tests, and a look into their ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, create_engine, select, update

from console.engine.payments.gateway import LedgerEntry
from console.gateways.sandbox import SandboxGateway
from console.gateways.sandbox.tables import delayed, webhooks


def open_sandbox(url: str) -> SandboxGateway:
    """Open a sandbox gateway on the ledger at that URL, as a fresh process would."""
    return SandboxGateway(url, public_url="http://shop.test", webhook_secret="secret")


def entry_of(sandbox: SandboxGateway, reference: str) -> LedgerEntry:
    """Find the one ledger entry of a payment; a second one would be a second charge."""
    (entry,) = [entry for entry in sandbox.ledger() if entry.lock_reference == reference]
    return entry


def let_delayed_come_due(url: str) -> None:
    """Let the time come for everything that the gateway is to do by itself."""
    with _ledger(url) as connection:
        connection.execute(update(delayed).values(due_at=datetime.now(UTC) - timedelta(seconds=1)))


def queued_bodies(url: str, reference: str) -> list[str]:
    """Give the bodies of the webhooks of a payment that nobody has acknowledged, in their order."""
    query = select(webhooks.c.body).where(webhooks.c.delivered_at.is_(None), webhooks.c.body.contains(reference))
    with _ledger(url) as connection:
        return list(connection.scalars(query.order_by(webhooks.c.id)))


def end_pauses(url: str) -> None:
    """Let no webhook rest any longer."""
    with _ledger(url) as connection:
        connection.execute(update(webhooks).values(next_attempt_at=datetime.now(UTC) - timedelta(seconds=1)))


@contextmanager
def _ledger(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
