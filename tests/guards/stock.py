"""Guards of what there is only so much of: stock, the last use of a coupon, and a cart that one checkout holds."""

from __future__ import annotations

from tests.guards.mutations import dissolves, drops, overwrites
from tests.guards.removal import Guard

STOCK = (
    Guard(
        "stock is taken only while it is there",
        "_RESERVE",
        drops("on_hand", "reserved"),
        "test_fences.py::test_stock_that_went_between_the_look_and_the_update_is_looked_at_again",
    ),
    Guard(
        "stock rows are updated in ascending order",
        "_by_level",
        dissolves("sorted"),
        "test_fences.py::test_rows_that_checkouts_compete_for_are_updated_in_one_order",
    ),
    Guard(
        "the same variant on several lines is summed",
        "sum_by_variant",
        overwrites("wanted"),
        "test_checkout.py::test_the_same_sku_on_two_lines_is_summed_before_it_is_reserved",
    ),
    Guard(
        "stock is not corrected below what is reserved",
        "correct_stock",
        drops("fits"),
        "test_edge_cases.py::test_a_stock_correction_below_what_is_reserved_is_refused_naming_the_holders",
    ),
    Guard(
        "a coupon's last use is taken once",
        "take_use",
        drops("free"),
        "test_fences.py::test_the_last_use_of_a_coupon_goes_to_one_however_late_the_other_looked",
    ),
    Guard(
        "only a free cart is changed or started",
        "touch_cart",
        drops("_FREE"),
        "test_cart_changes.py::test_a_cart_that_a_checkout_holds_cannot_be_changed "
        "test_start.py::test_another_session_is_told_that_the_cart_is_being_bought",
    ),
)
