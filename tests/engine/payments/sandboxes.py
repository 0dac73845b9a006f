"""Sandbox gateways for the tests, and a look into their ledgers."""

from __future__ import annotations

from console.engine.payments.gateway import LedgerEntry
from console.engine.payments.sandbox import SandboxGateway


def open_sandbox(url: str) -> SandboxGateway:
    """Open a sandbox gateway on the ledger at that URL, as a fresh process would."""
    return SandboxGateway(url, public_url="http://shop.test", webhook_secret="secret")


def entry_of(sandbox: SandboxGateway, reference: str) -> LedgerEntry:
    """Find the one ledger entry of a payment; a second one would be a second charge."""
    (entry,) = [entry for entry in sandbox.ledger() if entry.lock_reference == reference]
    return entry
