"""The sandbox gateway: the gateway contract on both databases, and what its ledger adds."""

from __future__ import annotations

import multiprocessing
import os
import time
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from multiprocessing.process import BaseProcess

import pytest

from console.engine.machine import OperationKind
from console.engine.payments.gateway import LedgerEntry
from console.gateways.sandbox import SandboxGateway
from console.testing.gateway_contract import GatewayContract
from console.testing.payments import TrialPayment, assert_succeeded
from console.testing.races import race_in_processes, race_in_threads
from tests.support.sandboxes import entry_of, open_sandbox

AUTHORIZE, CAPTURE, VOID, REFUND = OperationKind


def buy_and_die(url: str, reference: str, token: str) -> None:
    """Authorize, capture, and die without a clean end."""
    payment = TrialPayment(open_sandbox(url), token)
    payment.reference = reference
    payment.authorize()
    payment.capture()
    os._exit(9)


def shopper(url: str, reference: str, token: str) -> BaseProcess:
    """Start a process that buys and dies."""
    process = multiprocessing.get_context("spawn").Process(target=buy_and_die, args=(url, reference, token))
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    """Wait for its end; give the exit code."""
    process.join(60)
    return process.exitcode


class TestSandboxKeepsTheGatewayContract(GatewayContract):
    """Every test of the contract, on a SQLite file and on PostgreSQL."""

    @pytest.fixture
    def gateway(self, sandbox: SandboxGateway) -> SandboxGateway:
        return sandbox


class TestLedger:
    """What the ledger shows, and that it outlives everything."""

    @pytest.mark.parametrize(
        ("kinds", "status", "amounts"),
        [
            ([AUTHORIZE], "authorized", (1299, 0, 0, 0)),
            ([AUTHORIZE, CAPTURE], "captured", (1299, 1299, 0, 0)),
            ([AUTHORIZE, VOID], "voided", (1299, 0, 1299, 0)),
            ([AUTHORIZE, CAPTURE, REFUND], "refunded", (1299, 1299, 0, 1299)),
        ],
    )
    def test_ledger_shows_each_payment_as_it_stands(
        self,
        sandbox: SandboxGateway,
        kinds: list[OperationKind],
        status: str,
        amounts: tuple[int, int, int, int],
    ) -> None:
        payment = TrialPayment(sandbox, "tok_visa")
        for kind in kinds:
            payment.send(kind)

        entry = entry_of(sandbox, payment.reference)

        assert entry == LedgerEntry(
            payment.authorization or "", payment.reference, *amounts, currency="GBP", status=status
        )

    def test_ledger_shows_a_partial_refund(self, sandbox: SandboxGateway) -> None:
        payment = TrialPayment(sandbox, "tok_visa")
        payment.authorize()
        payment.capture()
        payment.refund(amount_minor=1)

        entry = entry_of(sandbox, payment.reference)

        assert (entry.status, entry.refunded) == ("partially_refunded", 1)

    def test_ledger_shows_a_declined_payment_without_money(self, sandbox: SandboxGateway) -> None:
        payment = TrialPayment(sandbox, "tok_declined")
        payment.authorize()

        entry = entry_of(sandbox, payment.reference)

        assert (entry.status, entry.authorized) == ("refused", 0)

    def test_ledger_since_leaves_out_payments_that_did_not_change(self, sandbox: SandboxGateway) -> None:
        payment = TrialPayment(sandbox, "tok_visa")
        payment.authorize()
        moment = datetime.now(UTC)

        before = [entry.lock_reference for entry in sandbox.ledger(moment + timedelta(hours=1))]
        payment.capture()
        after = [entry.lock_reference for entry in sandbox.ledger(moment)]

        assert payment.reference not in before
        assert payment.reference in after

    def test_ledger_since_takes_a_time_of_any_zone(self, sandbox: SandboxGateway) -> None:
        payment = TrialPayment(sandbox, "tok_visa")
        payment.authorize()
        tokyo = timezone(timedelta(hours=9))

        recent = sandbox.ledger(datetime.now(tokyo) - timedelta(minutes=1))
        future = sandbox.ledger(datetime.now(tokyo) + timedelta(minutes=1))

        assert payment.reference in [entry.lock_reference for entry in recent]
        assert future == []

    def test_many_threads_pay_without_a_lost_or_doubled_charge(self, sandbox: SandboxGateway) -> None:
        payments = [TrialPayment(sandbox, "tok_visa") for _ in range(24)]

        race_in_threads(sandbox, [payment.request(AUTHORIZE) for payment in payments])
        race_in_threads(sandbox, [payment.request(CAPTURE) for payment in payments])

        statuses = [entry_of(sandbox, payment.reference).status for payment in payments]
        assert statuses == ["captured"] * 24

    def test_one_key_from_many_processes_charges_once(self, sandbox: SandboxGateway, ledger_url: str) -> None:
        payment = TrialPayment(sandbox, "tok_visa")
        payment.authorize()

        race_in_processes(partial(open_sandbox, ledger_url), [payment.request(CAPTURE)] * 4)

        assert entry_of(sandbox, payment.reference).captured == 1299

    def test_capture_survives_the_death_of_its_process(self, sandbox: SandboxGateway, ledger_url: str) -> None:
        payment = TrialPayment(sandbox, "tok_visa")

        code = ended(shopper(ledger_url, payment.reference, "tok_visa"))

        assert code == 9
        assert_succeeded(payment.find(CAPTURE))
        assert entry_of(sandbox, payment.reference).status == "captured"

    def test_capture_survives_a_kill_before_its_answer(self, sandbox: SandboxGateway, ledger_url: str) -> None:
        payment = TrialPayment(sandbox, "tok_visa")
        process = shopper(ledger_url, payment.reference, "tok_slow_capture")
        deadline = time.monotonic() + 60
        while payment.find(CAPTURE) is None and time.monotonic() < deadline:
            time.sleep(0.02)

        process.kill()
        code = ended(process)

        assert code == -9
        assert entry_of(sandbox, payment.reference).captured == 1299
        assert_succeeded(payment.capture())  # the same key, from a process that never had the answer
        assert entry_of(sandbox, payment.reference).captured == 1299
