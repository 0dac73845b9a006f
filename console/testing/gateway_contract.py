"""What every payment gateway must do, as tests that any adapter's test class inherits.

The class provides a fixture `open_gateway`: a callable without arguments that opens the gateway under test
and that can be sent to another process. The gateway must approve `approved_token` and decline
`declined_token`.
"""

from __future__ import annotations

from typing import Any

import pytest

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import PaymentGateway
from console.testing.payments import (
    TIMEOUT_SECONDS,
    TrialPayment,
    any_key,
    assert_refused,
    assert_succeeded,
)
from console.testing.races import OpenGateway, race_in_processes, race_in_threads

AT_ONCE = 8


class GatewayContract:
    """The tests; see the module."""

    approved_token = "tok_visa"
    declined_token = "tok_declined"

    @pytest.fixture
    def gateway(self, open_gateway: OpenGateway) -> PaymentGateway:
        """Open the gateway under test; override it for one that wants closing."""
        return open_gateway()

    @pytest.fixture
    def payment(self, gateway: PaymentGateway) -> TrialPayment:
        return TrialPayment(gateway, self.approved_token)

    @pytest.fixture
    def authorized(self, payment: TrialPayment) -> TrialPayment:
        payment.authorize()
        return payment

    @pytest.fixture
    def captured(self, authorized: TrialPayment) -> TrialPayment:
        authorized.capture()
        return authorized

    @pytest.fixture
    def voided(self, authorized: TrialPayment) -> TrialPayment:
        authorized.void()
        return authorized

    def test_gateway_has_a_name(self, gateway: PaymentGateway) -> None:
        assert gateway.name

    def test_authorize_reserves_the_amount(self, payment: TrialPayment) -> None:
        assert_succeeded(payment.authorize())

    def test_each_payment_has_a_reference_of_its_own(self, gateway: PaymentGateway) -> None:
        answers = [TrialPayment(gateway, self.approved_token).authorize() for _ in range(3)]

        assert len({answer.provider_reference for answer in answers}) == 3

    def test_declined_authorization_is_refused_with_a_reason(self, gateway: PaymentGateway) -> None:
        payment = TrialPayment(gateway, self.declined_token)

        assert_refused(payment.authorize(), "card_declined")
        assert_refused(payment.find(OperationKind.AUTHORIZE), "card_declined")

    def test_declined_authorization_cannot_be_captured(self, gateway: PaymentGateway) -> None:
        payment = TrialPayment(gateway, self.declined_token)
        payment.authorize()

        assert payment.capture().status is OperationStatus.REFUSED
        assert_refused(payment.find(OperationKind.AUTHORIZE), "card_declined")

    def test_capture_takes_the_authorized_amount(self, authorized: TrialPayment) -> None:
        assert_succeeded(authorized.capture())

    def test_capture_finds_its_authorization_by_our_reference(self, authorized: TrialPayment) -> None:
        assert_succeeded(authorized.capture(authorization=None))

    def test_void_finds_its_authorization_by_our_reference(self, authorized: TrialPayment) -> None:
        assert_succeeded(authorized.void(authorization=None))

    def test_capture_without_an_authorization_is_refused(self, payment: TrialPayment) -> None:
        assert_refused(payment.capture(), "no_such_authorization")

    def test_capture_by_a_foreign_authorization_is_refused(self, gateway: PaymentGateway) -> None:
        mine, foreign = TrialPayment(gateway, self.approved_token), TrialPayment(gateway, self.approved_token)
        mine.authorize()
        foreign.authorize()

        assert_refused(mine.capture(authorization=foreign.authorization), "no_such_authorization")
        assert foreign.find(OperationKind.CAPTURE) is None

    def test_capture_of_a_part_takes_that_part_only(self, authorized: TrialPayment) -> None:
        assert_succeeded(authorized.capture(amount_minor=500), amount_minor=500)
        assert_succeeded(authorized.find(OperationKind.CAPTURE), amount_minor=500)

    def test_capture_of_more_than_was_authorized_is_refused(self, authorized: TrialPayment) -> None:
        assert_refused(authorized.capture(amount_minor=1300), "amount_too_large")

    def test_capture_in_another_currency_is_refused(self, authorized: TrialPayment) -> None:
        assert_refused(authorized.capture(currency="EUR"), "currency_mismatch")

    def test_refused_capture_leaves_the_authorization_as_it_was(self, authorized: TrialPayment) -> None:
        authorized.capture(amount_minor=1300)

        assert_succeeded(authorized.void())

    @pytest.mark.parametrize("amount_minor", [0, -1])
    def test_amount_that_is_not_above_zero_is_refused(self, payment: TrialPayment, amount_minor: int) -> None:
        assert_refused(payment.authorize(amount_minor=amount_minor), "invalid_amount")

    def test_second_capture_is_refused_with_what_was_captured(self, authorized: TrialPayment) -> None:
        authorized.capture(amount_minor=900)

        answer = authorized.capture(idempotency_key=any_key())

        assert_refused(answer, "already_captured")
        assert answer.amount_minor == 900

    def test_capture_of_a_voided_authorization_is_refused(self, voided: TrialPayment) -> None:
        assert_refused(voided.capture(), "already_voided")

    def test_void_lets_the_whole_authorization_go(self, authorized: TrialPayment) -> None:
        assert_succeeded(authorized.void())

    def test_void_of_a_captured_payment_is_refused_with_what_was_captured(self, captured: TrialPayment) -> None:
        answer = captured.void()

        assert_refused(answer, "already_captured")
        assert answer.amount_minor == 1299

    def test_second_void_is_refused(self, voided: TrialPayment) -> None:
        assert_refused(voided.void(idempotency_key=any_key()), "already_voided")

    def test_refund_gives_captured_money_back(self, captured: TrialPayment) -> None:
        assert_succeeded(captured.refund())

    def test_refund_in_parts_never_exceeds_what_was_captured(self, captured: TrialPayment) -> None:
        first = captured.refund(idempotency_key=any_key(), amount_minor=1000)
        too_much = captured.refund(idempotency_key=any_key(), amount_minor=300)
        rest = captured.refund(idempotency_key=any_key(), amount_minor=299)
        more = captured.refund(idempotency_key=any_key(), amount_minor=1)

        assert_succeeded(first, amount_minor=1000)
        assert_refused(too_much, "amount_too_large")
        assert_succeeded(rest, amount_minor=299)
        assert_refused(more, "already_refunded")

    def test_refund_of_money_that_was_not_captured_is_refused(self, authorized: TrialPayment) -> None:
        assert_refused(authorized.refund(), "not_captured")

    def test_refund_of_a_voided_authorization_is_refused(self, voided: TrialPayment) -> None:
        assert_refused(voided.refund(), "not_captured")

    @pytest.mark.parametrize("kind", list(OperationKind))
    def test_find_knows_nothing_of_an_operation_nobody_asked_for(
        self, payment: TrialPayment, kind: OperationKind
    ) -> None:
        assert payment.find(kind) is None

    def test_find_speaks_of_the_operation_and_not_of_the_payment(self, captured: TrialPayment) -> None:
        assert_succeeded(captured.find(OperationKind.AUTHORIZE))
        assert_succeeded(captured.find(OperationKind.CAPTURE))
        assert captured.find(OperationKind.VOID) is None
        assert captured.find(OperationKind.REFUND) is None

    def test_find_answers_what_the_operation_answered(self, captured: TrialPayment) -> None:
        refunded = captured.refund()

        assert captured.find(OperationKind.REFUND) == refunded

    def test_find_repeats_a_refusal(self, captured: TrialPayment) -> None:
        captured.void()

        assert_refused(captured.find(OperationKind.VOID), "already_captured")

    def test_find_prefers_what_happened_to_a_later_refusal(self, captured: TrialPayment) -> None:
        captured.capture(idempotency_key=any_key())

        assert_succeeded(captured.find(OperationKind.CAPTURE))

    def test_same_key_gets_the_same_answer_for_every_operation(self, payment: TrialPayment) -> None:
        for kind in (OperationKind.AUTHORIZE, OperationKind.CAPTURE, OperationKind.REFUND):
            first = payment.send(kind)

            assert payment.send(kind) == first
            assert_succeeded(first)

    def test_same_key_voids_once(self, authorized: TrialPayment) -> None:
        first = authorized.void()

        assert authorized.void() == first
        assert_succeeded(first)

    def test_same_key_gets_the_same_refusal_though_the_payment_moved_on(self, payment: TrialPayment) -> None:
        refused = payment.capture()
        payment.authorize()

        assert payment.capture() == refused
        assert payment.find(OperationKind.VOID) is None

    def test_same_key_gets_the_same_answer_once_the_authorization_is_known(self, authorized: TrialPayment) -> None:
        first = authorized.capture(authorization=None)

        assert authorized.capture() == first

    @pytest.mark.parametrize("change", [{"amount_minor": 1300}, {"currency": "EUR"}, {"token": "tok_other"}])
    def test_same_key_with_another_request_is_refused(self, payment: TrialPayment, change: dict[str, Any]) -> None:
        first = payment.authorize()

        assert_refused(payment.authorize(**change), "idempotency_key_reused")
        assert payment.authorize() == first

    def test_same_key_for_another_kind_of_operation_is_refused(self, authorized: TrialPayment) -> None:
        key = authorized.request(OperationKind.AUTHORIZE).idempotency_key

        assert_refused(authorized.capture(idempotency_key=key), "idempotency_key_reused")
        assert authorized.find(OperationKind.CAPTURE) is None

    def test_one_key_from_many_threads_acts_once(self, payment: TrialPayment) -> None:
        request = payment.request(OperationKind.AUTHORIZE)

        answers = race_in_threads(payment.gateway, [request] * AT_ONCE)

        assert_succeeded(answers[0])
        assert answers == [answers[0]] * AT_ONCE

    def test_one_key_from_many_processes_acts_once(self, payment: TrialPayment, open_gateway: OpenGateway) -> None:
        request = payment.request(OperationKind.AUTHORIZE)

        answers = race_in_processes(open_gateway, [request] * 4)

        assert_succeeded(answers[0])
        assert answers == [answers[0]] * 4

    @pytest.mark.parametrize("is_known", [True, False])
    def test_many_keys_capture_once(self, authorized: TrialPayment, *, is_known: bool) -> None:
        authorization = authorized.authorization if is_known else None
        requests = [
            authorized.request(OperationKind.CAPTURE, idempotency_key=any_key(), authorization=authorization)
            for _ in range(AT_ONCE)
        ]

        answers = race_in_threads(authorized.gateway, requests)

        statuses = [answer.status for answer in answers]
        assert statuses.count(OperationStatus.SUCCEEDED) == 1
        assert {answer.code for answer in answers} == {None, "already_captured"}

    def test_capture_and_void_at_once_have_one_winner(self, gateway: PaymentGateway) -> None:
        for _ in range(10):
            payment = TrialPayment(gateway, self.approved_token)
            payment.authorize()
            requests = [payment.request(OperationKind.CAPTURE), payment.request(OperationKind.VOID)]

            codes = sorted(answer.code or "" for answer in race_in_threads(gateway, requests))

            assert codes in (["", "already_captured"], ["", "already_voided"])

    def test_parallel_refunds_never_exceed_what_was_captured(self, captured: TrialPayment) -> None:
        requests = [
            captured.request(OperationKind.REFUND, amount_minor=400, idempotency_key=any_key()) for _ in range(AT_ONCE)
        ]

        answers = race_in_threads(captured.gateway, requests)

        done = [answer for answer in answers if answer.status is OperationStatus.SUCCEEDED]
        assert len(done) == 3  # 3 x 4.00 of 12.99
        assert_succeeded(captured.find(OperationKind.REFUND), amount_minor=1200)

    def test_request_sent_to_the_wrong_call_is_an_error(self, authorized: TrialPayment) -> None:
        request = authorized.request(OperationKind.CAPTURE)

        with pytest.raises(ValueError, match="capture"):
            authorized.gateway.void(request, timeout_seconds=TIMEOUT_SECONDS)

        assert authorized.find(OperationKind.CAPTURE) is None
