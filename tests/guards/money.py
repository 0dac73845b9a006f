"""Guards of the money: what is written before a call, when a call is made, and what its answer may do."""

from __future__ import annotations

from tests.guards.mutations import always, drops, loses, never, renews
from tests.guards.removal import Guard

MONEY = (
    Guard(
        "facts only rise",
        "raise_operation",
        drops("lower"),
        "test_money_facts.py::test_a_webhook_and_the_synchronous_answer_may_come_in_either_order",
    ),
    Guard(
        "one idempotency key for an operation's whole life",
        "request_for",
        renews("idempotency_key"),
        "test_silence.py::test_each_operation_has_one_key_for_life",
    ),
    Guard(
        "the request is written down before the call",
        "payment_authorization:run",
        drops("payment_token"),
        "test_fences.py::test_the_whole_request_is_kept_until_it_is_resolved",
    ),
    Guard(
        "the capture is written down with the point of no return",
        "LEG_TWO",
        loses("payment_capture"),
        "test_money_facts.py::test_already_captured_is_a_success",
    ),
    Guard(
        "an answer of another amount is not taken",
        "is_what_we_asked",
        always("amount_minor"),
        "test_money_facts.py::test_a_wrong_amount_or_currency_is_stored_but_not_taken",
    ),
    Guard(
        "already captured is a success",
        "_DONE_ALREADY",
        drops("CAPTURE", "already_captured"),
        "test_money_facts.py::test_already_captured_is_a_success",
    ),
    Guard(
        "late money goes back",
        "_follow_success",
        never("GIVES_BACK"),
        "test_money_facts.py::test_a_capture_that_succeeds_after_its_refusal_is_refunded",
    ),
    Guard(
        "a void that finds the money captured refunds it",
        "_follow_refusal",
        never("already_captured"),
        "test_money_facts.py::test_a_void_that_finds_the_money_captured_refunds_it",
    ),
    Guard(
        "what was waiting and is voided is refused",
        "_follow_success",
        never("WAITING"),
        "test_money_facts.py::test_the_void_of_a_waiting_authorization_refuses_it",
    ),
    Guard(
        "a human is called once a cause",
        "demand",
        never("is_known"),
        "test_fences.py::test_a_human_is_called_once_however_long_the_gateway_is_silent",
    ),
    Guard(
        "nothing is sent under a lease too short",
        "ask_gateway",
        never("covers"),
        "test_fences.py::test_nothing_is_sent_under_a_lease_too_short_for_the_answer",
    ),
    Guard(
        "nothing is sent past the life of its key",
        "_in_order",
        never("may_send"),
        "test_fences.py::test_past_the_life_of_its_key_an_operation_is_only_asked_about",
    ),
    Guard(
        "silence is asked about before it is sent again",
        "_in_order",
        always("is_fresh"),
        "test_doubt.py::test_an_operation_in_doubt_is_asked_about_before_it_is_sent_again",
    ),
)
