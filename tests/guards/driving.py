"""Guards of the drive: fences, leases, deadlines, the ways back, and what recovery and sweep take up."""

from __future__ import annotations

from tests.guards.mutations import always, dissolves, drops, moves, never
from tests.guards.removal import Guard

DRIVING = (
    Guard(
        "a decision needs its own fence",
        "decide",
        drops("under_fence"),
        "test_fences.py::test_a_driver_that_lost_its_lease_never_enters_the_capture",
    ),
    Guard(
        "a take-over needs a lapsed lease",
        "take_over",
        drops("DRIVERLESS"),
        "test_fences.py::test_nobody_takes_over_what_somebody_drives",
    ),
    Guard(
        "a lease is let go only at the revision seen",
        "let_go",
        drops("at_revision"),
        "test_fences.py::test_a_fact_heard_while_the_driver_gives_up_wakes_it",
    ),
    Guard(
        "the capture begins only before the deadline",
        "enter_capture",
        drops("IN_TIME"),
        "test_interleavings.py::test_whole_transactions_have_one_winner_in_every_order "
        "test_money_facts.py::test_a_lock_that_expires_during_the_authorization_is_undone",
    ),
    Guard(
        "a payment begins only before the deadline",
        "enter_authorization",
        drops("IN_TIME"),
        "test_unpaid.py::test_a_due_checkout_expires_when_its_payment_comes",
    ),
    Guard(
        "only what is due expires",
        "expire_row",
        drops("DUE"),
        "test_interleavings.py::test_whole_transactions_have_one_winner_in_every_order",
    ),
    Guard(
        "going back starts from the state that was read",
        "go_back",
        drops("in_state"),
        "test_edge_cases.py::test_an_undo_decided_on_an_old_look_is_refused_past_the_point_of_no_return",
    ),
    Guard(
        "past the point of no return only a standing refusal leads back",
        "go_back",
        drops("_require_refused_capture"),
        "test_fences.py::test_a_capture_is_given_up_only_while_its_refusal_stands",
    ),
    Guard(
        "a checkout ends only with its money settled",
        "finish",
        never("is_settled"),
        "test_fences.py::test_a_checkout_never_ends_while_its_money_is_out",
    ),
    Guard(
        "a checkout that late money brought back ends once",
        "finish",
        always("failed_at"),
        "test_money_facts.py::test_a_capture_that_succeeds_after_its_refusal_is_refunded",
    ),
    Guard(
        "a refused leg leaves nothing but its evidence",
        "_reserve_and_price",
        dissolves("savepoint"),
        "test_fences.py::test_a_refusal_after_the_reservation_holds_no_stock",
    ),
    Guard(
        "the cart comes before the lock",
        "commit_stock",
        moves("let_cart_go", after="decide"),
        "test_fences.py::test_rows_that_checkouts_compete_for_are_updated_in_one_order",
    ),
    Guard(
        "a sale calls nobody off who was called for money that went back",
        "ends_by_progress",
        drops("GIVES_BACK"),
        "test_webhooks.py::test_an_unasked_refund_during_the_capture_calls_for_a_human_though_the_sale_is_made",
    ),
    Guard(
        "one operation's silence keeps no other waiting",
        "Walk._pass_over",
        always("CALLS"),
        "test_recovery.py::test_a_silent_void_does_not_keep_late_money_from_its_refund",
    ),
    Guard(
        "a dead driver's checkout is taken up",
        "_is_interrupted",
        drops("died"),
        "test_crashes.py::test_a_checkout_killed_anywhere_is_recovered_to_an_end",
    ),
    Guard(
        "what could be driven again at once is left to rest",
        "recover_next",
        always("_is_candidate"),
        "test_recovery.py::test_one_that_could_be_driven_again_at_once_is_left_to_rest",
    ),
    Guard(
        "a sweep waits for no gateway",
        "sweep_due",
        drops("settles"),
        "test_sweeping.py::test_a_sweep_waits_for_no_gateway",
    ),
)
