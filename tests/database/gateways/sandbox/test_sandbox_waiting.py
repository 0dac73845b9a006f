"""What the sandbox does after its answer: payments that wait for their shopper, and what it does later by itself."""

from __future__ import annotations

import json
import multiprocessing
import os
from functools import partial

import pytest

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer
from console.gateways.sandbox import SandboxGateway
from console.gateways.sandbox.challenges import Challenge
from console.testing.payments import TrialPayment, any_key, assert_refused, assert_silent, assert_succeeded
from tests.support.sandboxes import entry_of, let_delayed_come_due, open_sandbox, queued_bodies

AUTHORIZE, CAPTURE, VOID, REFUND = OperationKind
LATE = ["tok_late_capture", "tok_refund_fails_twice", "tok_lost_refund"]


@pytest.fixture
def asked(sandbox: SandboxGateway) -> TrialPayment:
    """Give a payment that waits for its shopper."""
    payment = TrialPayment(sandbox, "tok_3ds")
    payment.authorize(return_url="http://shop.test/checkout/return")
    return payment


def assert_waiting(answer: GatewayAnswer | None) -> None:
    assert answer is not None
    assert (answer.status, answer.amount_minor, answer.currency) == (OperationStatus.WAITING, 1299, "GBP")


def challenge_of(sandbox: SandboxGateway, payment: TrialPayment) -> Challenge:
    answer = payment.find(AUTHORIZE)
    assert answer is not None
    assert answer.next_action is not None
    challenge = sandbox.find_challenge(answer.next_action["url"].rsplit("/", 1)[1])
    assert challenge is not None
    return challenge


def decide(sandbox: SandboxGateway, payment: TrialPayment, *, is_approved: bool) -> Challenge:
    return sandbox.decide_challenge(challenge_of(sandbox, payment), is_approved=is_approved)


class TestShopper:
    """`tok_3ds`."""

    def test_a_payment_waits_for_its_shopper_on_the_gateway_s_own_page(self, sandbox: SandboxGateway) -> None:
        payment = TrialPayment(sandbox, "tok_3ds")

        answer = payment.authorize(return_url="http://shop.test/checkout/return")

        assert_waiting(answer)
        assert answer.next_action is not None
        assert answer.next_action["type"] == "redirect"
        assert answer.next_action["url"].startswith("http://shop.test/sandbox/3ds/")
        assert payment.find(AUTHORIZE) == answer
        assert entry_of(sandbox, payment.reference).status == "waiting"
        assert_refused(payment.capture(), "not_authorized")

    def test_an_approved_payment_is_authorized_and_told_by_webhook(
        self, sandbox: SandboxGateway, ledger_url: str, asked: TrialPayment
    ) -> None:
        decided = decide(sandbox, asked, is_approved=True)

        assert decided.verdict == "approved"
        assert_succeeded(asked.find(AUTHORIZE))
        [told] = map(json.loads, queued_bodies(ledger_url, asked.reference))
        assert (told["reference"], told["kind"], told["status"]) == (asked.reference, "authorize", "succeeded")
        assert (told["amount"], told["currency"]) == (1299, "GBP")
        assert_succeeded(asked.capture())

    def test_a_payment_that_its_shopper_refuses_is_refused_and_told_by_webhook(
        self, sandbox: SandboxGateway, ledger_url: str, asked: TrialPayment
    ) -> None:
        decide(sandbox, asked, is_approved=False)

        assert_refused(asked.find(AUTHORIZE), "authentication_failed")
        [told] = map(json.loads, queued_bodies(ledger_url, asked.reference))
        assert (told["status"], told["code"]) == ("refused", "authentication_failed")
        entry = entry_of(sandbox, asked.reference)
        assert (entry.status, entry.authorized) == ("refused", 0)
        assert_refused(asked.void(), "already_voided")

    @pytest.mark.parametrize("is_approved", [True, False])
    def test_only_the_first_word_of_a_shopper_counts(
        self, sandbox: SandboxGateway, ledger_url: str, asked: TrialPayment, *, is_approved: bool
    ) -> None:
        challenge = challenge_of(sandbox, asked)
        first = sandbox.decide_challenge(challenge, is_approved=is_approved)

        second = sandbox.decide_challenge(challenge, is_approved=not is_approved)

        assert second.verdict == first.verdict == ("approved" if is_approved else "refused")
        assert entry_of(sandbox, asked.reference).authorized == (1299 if is_approved else 0)
        assert len(queued_bodies(ledger_url, asked.reference)) == 1

    def test_a_waiting_payment_can_be_voided_and_is_refused_then(
        self, sandbox: SandboxGateway, asked: TrialPayment
    ) -> None:
        challenge = challenge_of(sandbox, asked)

        assert_succeeded(asked.void())

        assert_succeeded(asked.find(VOID))
        assert_refused(asked.find(AUTHORIZE), "already_voided")
        assert_refused(asked.void(idempotency_key=any_key()), "already_voided")
        assert sandbox.decide_challenge(challenge, is_approved=True).verdict == "voided"
        assert entry_of(sandbox, asked.reference).authorized == 0

    def test_the_same_key_asks_the_same_shopper_on_the_same_page(self, asked: TrialPayment) -> None:
        first = asked.find(AUTHORIZE)

        assert asked.authorize(return_url="http://shop.test/checkout/return") == first

    def test_a_page_that_nobody_was_sent_to_asks_for_nothing(self, sandbox: SandboxGateway) -> None:
        assert sandbox.find_challenge("no-such-page") is None


class TestLater:
    """`tok_async`, `tok_late_capture` and those that begin like it."""

    def test_an_asynchronous_capture_waits_and_settles_when_it_is_due(
        self, sandbox: SandboxGateway, ledger_url: str
    ) -> None:
        payment = TrialPayment(sandbox, "tok_async")
        payment.authorize()

        assert_waiting(payment.capture())
        assert_waiting(payment.find(CAPTURE))
        assert entry_of(sandbox, payment.reference).captured == 0
        assert_refused(payment.void(), "capture_in_progress")
        let_delayed_come_due(ledger_url)

        assert_succeeded(payment.find(CAPTURE))
        [told] = map(json.loads, queued_bodies(ledger_url, payment.reference))
        assert (told["kind"], told["status"], told["amount"]) == ("capture", "succeeded", 1299)
        assert_succeeded(payment.refund())

    @pytest.mark.parametrize("token", LATE)
    def test_a_late_capture_is_refused_and_done_all_the_same_though_voided(
        self, sandbox: SandboxGateway, ledger_url: str, token: str
    ) -> None:
        payment = TrialPayment(sandbox, token)
        payment.authorize()

        assert_refused(payment.capture(), "card_declined")
        assert_refused(payment.find(CAPTURE), "card_declined")
        assert_succeeded(payment.void())
        let_delayed_come_due(ledger_url)

        entry = entry_of(sandbox, payment.reference)
        assert (entry.captured, entry.voided) == (1299, 1299)
        assert_succeeded(payment.find(CAPTURE))
        [told] = map(json.loads, queued_bodies(ledger_url, payment.reference))
        assert (told["kind"], told["status"]) == ("capture", "succeeded")

    def test_the_first_two_refunds_fail_without_doing_it(self, sandbox: SandboxGateway, ledger_url: str) -> None:
        payment = captured_late(sandbox, ledger_url, "tok_refund_fails_twice")

        for _ in range(2):
            assert_silent(payment.refund)
            assert payment.find(REFUND) is None

        assert_succeeded(payment.refund())

    def test_the_first_answer_to_a_refund_is_lost(self, sandbox: SandboxGateway, ledger_url: str) -> None:
        payment = captured_late(sandbox, ledger_url, "tok_lost_refund")

        assert_silent(payment.refund)

        assert_succeeded(payment.find(REFUND))
        assert payment.refund() == payment.find(REFUND)
        assert entry_of(sandbox, payment.reference).refunded == 1299

    @pytest.mark.parametrize("is_capture_repeated", [True, False])
    def test_what_is_due_is_done_once_whoever_looks(
        self, sandbox: SandboxGateway, ledger_url: str, *, is_capture_repeated: bool
    ) -> None:
        payment = TrialPayment(sandbox, "tok_async")
        payment.authorize()
        payment.capture()
        if is_capture_repeated:
            assert_waiting(payment.capture(idempotency_key=any_key()))
        let_delayed_come_due(ledger_url)

        for look in (partial(payment.find, CAPTURE), sandbox.ledger, sandbox.do_what_is_due):
            look()

        assert entry_of(sandbox, payment.reference).captured == 1299
        assert len(queued_bodies(ledger_url, payment.reference)) == 1

    def test_an_operation_meets_what_is_due_by_then(self, sandbox: SandboxGateway, ledger_url: str) -> None:
        payment = TrialPayment(sandbox, "tok_late_capture")
        payment.authorize()
        payment.capture()
        let_delayed_come_due(ledger_url)

        assert_refused(payment.void(), "already_captured")

    def test_what_is_planned_outlives_the_process_that_asked_for_it(
        self, sandbox: SandboxGateway, ledger_url: str
    ) -> None:
        payment = TrialPayment(sandbox, "tok_async")
        payment.authorize()
        dying = multiprocessing.get_context("spawn").Process(
            target=capture_and_die, args=(ledger_url, payment.request(CAPTURE))
        )
        dying.start()
        dying.join(60)
        let_delayed_come_due(ledger_url)

        assert dying.exitcode == 9
        assert_succeeded(payment.find(CAPTURE))


def captured_late(sandbox: SandboxGateway, ledger_url: str, token: str) -> TrialPayment:
    payment = TrialPayment(sandbox, token)
    payment.authorize()
    payment.capture()
    let_delayed_come_due(ledger_url)
    sandbox.do_what_is_due()
    return payment


def capture_and_die(ledger_url: str, request: object) -> None:
    open_sandbox(ledger_url).capture(request, timeout_seconds=10)  # type: ignore[arg-type]
    os._exit(9)
