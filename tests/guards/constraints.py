"""Guards that the database itself stands: constraints and unique indexes, named as the migrations name them."""

from __future__ import annotations

from tests.guards.mutations import drops
from tests.guards.removal import Guard

VIOLATIONS = "test_schema.py::test_no_statement_gets_past_the_constraints"

CONSTRAINTS = (
    Guard(
        "a cart is held once (partial unique index)",
        "uq_checkout_locks_holds_cart",
        drops("unique"),
        VIOLATIONS,
    ),
    Guard(
        "a shop's number means one cart (partial unique index)",
        "uq_carts_shop_reference",
        drops("unique"),
        VIOLATIONS,
    ),
    Guard(
        "one terminal event (partial unique index)",
        "uq_outbox_events_terminal",
        drops("unique"),
        VIOLATIONS,
    ),
    Guard(
        "one operation of each kind (unique)",
        "uq_payment_operations_lock_id_kind",
        drops("UniqueConstraint", "uq_payment_operations_lock_id_kind"),
        VIOLATIONS,
    ),
    Guard(
        "one order a checkout (unique)",
        "uq_orders_lock_id",
        drops("UniqueConstraint", "uq_orders_lock_id"),
        VIOLATIONS,
    ),
    Guard(
        "reserved stays within on hand (check)",
        "ck_stock_levels_reserved_within_on_hand",
        drops("CheckConstraint", "ck_stock_levels_reserved_within_on_hand"),
        VIOLATIONS,
    ),
)
