"""The sandbox gateway's tokens, each with what it promises; calls are counted per idempotency key."""

from __future__ import annotations

from functools import partial

import pytest

from console.engine.machine import OperationKind
from console.engine.payments.gateway import NoAnswer
from console.gateways.sandbox import SandboxGateway
from console.testing.payments import (
    TrialPayment,
    any_key,
    assert_refused,
    assert_silent,
    assert_succeeded,
)

AUTHORIZE, CAPTURE, VOID, REFUND = OperationKind


@pytest.mark.parametrize("token", ["tok_visa", "tok_mastercard", "tok_anything-else.1"])
def test_other_tokens_approve_at_once(sandbox: SandboxGateway, token: str) -> None:
    payment = TrialPayment(sandbox, token)

    assert_succeeded(payment.authorize())
    assert_succeeded(payment.capture())


@pytest.mark.parametrize("token", ["visa", "", "TOK_visa", None, "tok_\x00", "tok_visa\n"])
def test_token_of_another_make_is_refused(sandbox: SandboxGateway, token: str | None) -> None:
    payment = TrialPayment(sandbox, "tok_visa")

    refused = payment.authorize(token=token)

    assert_refused(refused, "invalid_token")
    assert payment.find(AUTHORIZE) == refused


@pytest.mark.parametrize(
    ("token", "code"),
    [("tok_declined", "card_declined"), ("tok_insufficient_funds", "insufficient_funds")],
)
def test_declined_tokens_refuse_the_authorization(sandbox: SandboxGateway, token: str, code: str) -> None:
    payment = TrialPayment(sandbox, token)

    assert_refused(payment.authorize(), code)
    assert_refused(payment.capture(), "not_authorized")
    assert_refused(payment.void(), "not_authorized")


def test_tok_capture_declined_authorizes_and_refuses_the_capture(sandbox: SandboxGateway) -> None:
    payment = TrialPayment(sandbox, "tok_capture_declined")

    assert_succeeded(payment.authorize())
    assert_refused(payment.capture(), "card_declined")
    assert_refused(payment.find(CAPTURE), "card_declined")
    assert_succeeded(payment.void())


@pytest.mark.parametrize(("token", "kind"), [("tok_slow", AUTHORIZE), ("tok_slow_capture", CAPTURE)])
def test_slow_tokens_have_done_it_before_the_caller_loses_patience(
    sandbox: SandboxGateway, token: str, kind: OperationKind
) -> None:
    payment = TrialPayment(sandbox, token)
    if kind is CAPTURE:
        payment.authorize()

    with pytest.raises(NoAnswer):
        getattr(sandbox, kind)(payment.request(kind), timeout_seconds=0.2)

    assert_succeeded(payment.find(kind))
    assert payment.send(kind) == payment.find(kind)


def test_tok_slow_answers_a_patient_caller(sandbox: SandboxGateway) -> None:
    assert_succeeded(TrialPayment(sandbox, "tok_slow").authorize())


@pytest.mark.parametrize(
    ("token", "before", "kind"),
    [
        ("tok_lost_authorize", [], AUTHORIZE),
        ("tok_lost_capture", [AUTHORIZE], CAPTURE),
        ("tok_error_after_capture", [AUTHORIZE], CAPTURE),
        ("tok_lost_void", [AUTHORIZE], VOID),
    ],
)
def test_lost_tokens_do_it_and_lose_the_first_answer_only(
    sandbox: SandboxGateway, token: str, before: list[OperationKind], kind: OperationKind
) -> None:
    payment = TrialPayment(sandbox, token)
    for earlier in before:
        assert_succeeded(payment.send(earlier))

    assert_silent(partial(payment.send, kind))

    assert_succeeded(payment.find(kind))
    assert payment.send(kind) == payment.find(kind)


@pytest.mark.parametrize(
    ("token", "before", "kind"),
    [
        ("tok_error_authorize", [], AUTHORIZE),
        ("tok_error_capture", [AUTHORIZE], CAPTURE),
        ("tok_void_fails_twice", [AUTHORIZE], VOID),
    ],
)
def test_error_tokens_fail_twice_without_doing_it_and_then_work(
    sandbox: SandboxGateway, token: str, before: list[OperationKind], kind: OperationKind
) -> None:
    payment = TrialPayment(sandbox, token)
    for earlier in before:
        assert_succeeded(payment.send(earlier))

    for _ in range(2):
        assert_silent(partial(payment.send, kind))
        assert payment.find(kind) is None

    assert_succeeded(payment.send(kind))
    assert_succeeded(payment.find(kind))


def test_error_tokens_count_each_key_for_itself(sandbox: SandboxGateway) -> None:
    payment = TrialPayment(sandbox, "tok_error_capture")
    payment.authorize()

    for _ in range(2):
        assert_silent(payment.capture)
    assert_silent(partial(payment.capture, idempotency_key=any_key()))

    assert_succeeded(payment.capture())


def test_tok_never_answers_is_silent_about_everything_and_does_nothing(sandbox: SandboxGateway) -> None:
    payment = TrialPayment(sandbox, "tok_never_answers")

    for _ in range(2):
        for kind in (AUTHORIZE, CAPTURE, VOID, REFUND):
            assert_silent(partial(payment.send, kind))
            assert_silent(partial(payment.find, kind))

    assert payment.reference not in [entry.lock_reference for entry in sandbox.ledger()]
