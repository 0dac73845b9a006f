"""Guards of what comes in: webhooks, repeated requests, other sessions, and what staff do on a page that is old."""

from __future__ import annotations

from tests.guards.mutations import always, drops, never
from tests.guards.removal import Guard

REQUESTS = (
    Guard(
        "a webhook needs its signature",
        "_check_signature",
        never("compare_digest"),
        "api:test_webhooks.py::test_a_forged_webhook_is_refused",
    ),
    Guard(
        "a webhook is not heard long after it was signed",
        "payments:_find",
        never("TOLERANCE"),
        "api:test_webhooks.py::test_a_webhook_with_a_stale_timestamp_is_refused",
    ),
    Guard(
        "one request key, one body",
        "claim_key",
        always("request_hash"),
        "test_checkout.py::test_the_same_key_with_another_payment_is_refused",
    ),
    Guard(
        "another session does not drive the checkout",
        "require_owner",
        never("prevent_concurrent"),
        "test_start.py::test_another_session_may_not_drive_the_checkout",
    ),
    Guard(
        "no other total is charged than the one that was shown",
        "payment_authorization:run",
        never("expected_total"),
        "test_expected_total.py::test_a_total_that_rose_since_it_was_shown_is_not_charged",
    ),
    Guard(
        "a number that was bought is bought for ever",
        "claims:_take",
        never("ORDERED"),
        "test_claims.py::test_a_basket_bought_twice_is_charged_once",
    ),
    Guard(
        "a cart that is being bought keeps its content",
        "claims:_take",
        never("lock_id"),
        "test_claims.py::test_while_it_is_being_bought_only_the_same_can_be_claimed",
    ),
    Guard(
        "a checkout starts with the content that was seen",
        "_hold",
        never("cart_revision"),
        "test_claims.py::test_a_start_is_refused_when_somebody_claimed_other_content_in_between",
    ),
    Guard(
        "a stale page is refused",
        "require_unmoved",
        never("version"),
        "test_actions.py::test_a_stale_page_is_refused",
    ),
    Guard(
        "an admin's action is not done twice",
        "staff:_take",
        drops("is_repeatable"),
        "test_lost_commits.py::test_an_admins_action_is_never_done_and_audited_twice",
    ),
)
