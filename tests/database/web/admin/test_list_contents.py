"""What the lists of the console show of what happened."""

from __future__ import annotations

import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from console.models import CheckoutLock
from console.web.shared.listing.audit_list import AUDIT
from console.web.shared.listing.order_list import ORDERS
from console.web.shared.listing.payment_list import PAYMENTS
from console.web.shared.listing.reservation_list import RESERVATIONS
from console.web.shared.listing.snapshot_list import SNAPSHOTS
from console.web.shared.listing.stock_level_list import STOCK_LEVELS
from console.web.shared.listing.user_list import USERS
from tests.support.web.console_visits import add_user
from tests.support.web.list_rows import rows_of, url_of
from tests.support.web.statements import statements

pytestmark = pytest.mark.databases("sqlite")

_WHEN = re.compile(r" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


def test_orders_are_shown_with_what_they_came_to(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    (row,) = rows_of(admin, ORDERS)

    reference = history["bought"].reference
    for word in (f"O-{reference}", "Paid", "34.90 GBP", "ada@example.org", f" {reference} ", "S-1"):
        assert word in row
    assert _WHEN.search(row)


def test_payments_are_shown_without_their_tokens(
    app: APIFlask, admin: FlaskClient, history: dict[str, CheckoutLock]
) -> None:
    with statements(app) as asked:
        rows = rows_of(admin, PAYMENTS)

    assert [row.split()[0] for row in rows] == ["Authorize", "Capture", "Authorize"]
    assert ["Refused" in row for row in rows] == [True, False, False]
    assert "34.90 GBP" in rows[1]
    assert [statement for statement in asked if "payment_token" in statement] == []


def test_snapshots_are_shown_by_line_and_for_the_whole_cart(
    admin: FlaskClient, history: dict[str, CheckoutLock]
) -> None:
    rows = rows_of(admin, SNAPSHOTS, cart_id=str(history["bought"].cart_id))

    assert sorted(row.split()[0] for row in rows) == ["MUG", "POT", "Whole"]
    assert "12.50 GBP 25.00 GBP" in next(row for row in rows if row.startswith("MUG"))


def test_reservations_are_shown_with_what_became_of_them(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    rows = rows_of(admin, RESERVATIONS)

    assert [(row.split()[0], "Committed" in row, "Released" in row) for row in rows] == [
        ("MUG", False, True),
        ("POT", True, False),
        ("MUG", True, False),
    ]


def test_stock_is_shown_by_sku_with_what_is_left(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    assert [row.rsplit(" ", 1)[0] for row in rows_of(admin, STOCK_LEVELS)] == [
        "MUG The MUG main 48 0 48",
        "MUG The MUG attic 3 0 3",
        "POT The POT main 6 0 6",
    ]


def test_the_audit_tells_who_did_what_and_why(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    (row,) = rows_of(admin, AUDIT, actor="support@example.org")

    lock = f"checkout_lock:{history['released'].id}"
    for word in ("Release", lock, "support@example.org", "The shopper called.", "192.0.2.7"):
        assert word in row
    assert _WHEN.search(row)


def test_users_are_listed_for_admins_without_their_passwords(app: APIFlask, admin: FlaskClient) -> None:
    add_user(app, "viewer")
    with statements(app) as asked:
        rows = rows_of(admin, USERS)

    assert [row.split()[:4] for row in rows] == [
        ["viewer@example.org", "2", "Viewer", "Yes"],
        ["admin@example.org", "1", "Admin", "Yes"],
    ]
    assert "password_hash" not in asked[-1]


def test_an_empty_list_says_so(admin: FlaskClient) -> None:
    assert "Nothing here yet." in admin.get(url_of(ORDERS)).text
    assert "Nothing to show with these filters." in admin.get(url_of(ORDERS, "?status=paid")).text
    assert "Nothing is called “K7Q2”." in admin.get(url_of(ORDERS, "?q=K7Q2")).text


def test_filters_in_force_are_shown_and_can_be_taken_away(admin: FlaskClient) -> None:
    page = admin.get(url_of(PAYMENTS, "?kind=capture&status=refused")).text

    chip = re.search(r'<a class="chip" href="([^"]+)">Operation: Capture', page)
    assert chip
    assert chip[1].replace("&amp;", "&") == url_of(PAYMENTS, "?status=refused&sort=-id")
