"""All lists of the console: what they find, count, cost and survive."""

from __future__ import annotations

import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine import process
from console.models import CheckoutLock, Order, PaymentOperation
from console.testing.factories import VISA, Shop
from console.web.admin import list_view
from console.web.shared.listing import listing as listings
from console.web.shared.listing.audit_list import AUDIT
from console.web.shared.listing.listing import Listing
from console.web.shared.listing.order_list import ORDERS
from console.web.shared.listing.payment_list import PAYMENTS
from console.web.shared.listing.reservation_list import RESERVATIONS
from console.web.shared.listing.snapshot_list import SNAPSHOTS
from console.web.shared.listing.stock_level_list import STOCK_LEVELS
from console.web.shared.listing.user_list import USERS
from tests.support.engine.merchant import buy
from tests.support.web.cases import in_case
from tests.support.web.console_visits import Inlined, add_user
from tests.support.web.list_rows import ALL, ROW, TABBED, TAGS, read_row, rows_of, url_of
from tests.support.web.lists import HOSTILE_CURSORS, HOSTILE_WORDS, NOW, cursor, following
from tests.support.web.statements import statements

FILTERED: list[tuple[Listing, dict[str, str], int]] = [
    (ORDERS, {"status": "paid"}, 1),
    (ORDERS, {"status": "cancelled"}, 0),
    (ORDERS, {"email": "Ada@example.org"}, 1),
    (ORDERS, {"external_reference": "S-1"}, 1),
    (ORDERS, {"external_reference": "S-2"}, 0),
    (ORDERS, {"number": "O-2345-6789"}, 0),
    (ORDERS, {"created_from": "2020-01-01", "created_to": "2999-01-01"}, 1),
    (ORDERS, {"created_to": "2020-01-01"}, 0),
    (ORDERS, {"q": "bob@example.org"}, 0),
    (ORDERS, {"q": "ada@example.org"}, 1),
    (PAYMENTS, {"status": "refused"}, 1),
    (PAYMENTS, {"kind": "authorize"}, 2),
    (PAYMENTS, {"kind": "capture", "status": "succeeded"}, 1),
    (PAYMENTS, {"provider_reference": "none of theirs"}, 0),
    (PAYMENTS, {"q": "ada@example.org"}, 2),
    (PAYMENTS, {"created_to": "2020-01-01"}, 0),
    (SNAPSHOTS, {"q": "bob@example.org"}, 2),
    (SNAPSHOTS, {"created_from": "2020-01-01"}, 5),
    (RESERVATIONS, {"status": "committed"}, 2),
    (RESERVATIONS, {"sku": "POT"}, 1),
    (RESERVATIONS, {"sku": "pot"}, 0),
    (RESERVATIONS, {"sku": "MUG", "status": "released", "q": "bob@example.org"}, 1),
    (STOCK_LEVELS, {"sku": "MUG"}, 2),
    (STOCK_LEVELS, {"warehouse": "attic"}, 1),
    (STOCK_LEVELS, {"warehouse": "cellar"}, 0),
    (AUDIT, {"action": "release"}, 1),
    (AUDIT, {"object": "checkout_lock"}, 1),
    (AUDIT, {"object": "checkout_lock:999"}, 0),
    (AUDIT, {"action": "release", "created_from": "2020-01-01"}, 1),
    (USERS, {"role": "admin"}, 1),
    (USERS, {"role": "support"}, 0),
    (USERS, {"active": "false"}, 0),
    (USERS, {"email": "ADMIN@example.org"}, 1),
]


def test_filters_narrow_a_list(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    found = [(listing.name, filters, len(rows_of(admin, listing, **filters))) for listing, filters, _ in FILTERED]

    assert found == [(listing.name, filters, count) for listing, filters, count in FILTERED]


def test_an_order_and_a_payment_are_found_by_their_own_names(
    admin: FlaskClient, session: Session, history: dict[str, CheckoutLock]
) -> None:
    order = session.scalars(select(Order)).one()
    capture = session.scalars(select(PaymentOperation).where(PaymentOperation.kind == "capture")).one()

    assert len(rows_of(admin, ORDERS, number=order.number)) == 1
    assert len(rows_of(admin, ORDERS, cart_id=str(order.cart_id))) == 1
    assert rows_of(admin, PAYMENTS, provider_reference=capture.provider_reference or "")
    assert len(rows_of(admin, PAYMENTS, q=capture.idempotency_key)) == 2
    assert len(rows_of(admin, AUDIT, object=f"checkout_lock:{history['released'].id}")) == 1


def test_a_basket_is_found_by_the_shops_own_number(admin: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell("MUG")
    buy(session, shop, shop_reference="basket-4711")

    assert len(rows_of(admin, ORDERS, shop_reference="basket-4711")) == 1
    assert len(rows_of(admin, PAYMENTS, q="basket-4711")) == 2
    assert rows_of(admin, PAYMENTS, q="basket-4712") == []


def tabs_of(client: FlaskClient, listing: Listing, page: str = "", **arguments: str) -> dict[str, str]:
    """Give the tabs of a page, each with what it counts."""
    shown = client.get(url_of(listing, page), query_string=arguments)
    assert shown.status_code == 200, shown.text
    tabs = re.search(r'<nav class="tabs".*?</nav>', shown.text, re.DOTALL)
    assert tabs
    links = re.findall(r"<li><a[^>]*>(.*?)</a></li>", tabs[0], re.DOTALL)
    words = [TAGS.sub("|", link).replace("\n", "").strip("| ").split("|") for link in links]
    return {word.strip(): "".join(count).strip() for word, *count in words}


@pytest.mark.databases("sqlite")
def test_tabs_are_links_first_and_counted_apart(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    plain = tabs_of(admin, ORDERS)
    counted = tabs_of(admin, ORDERS, "counts")

    assert plain == {"All": "", "Pending": "", "Paid": "", "Cancelled": ""}
    assert counted == {"All": "1", "Pending": "0", "Paid": "1", "Cancelled": "0"}
    assert f'hx-get="{url_of(ORDERS, "counts")}"' in admin.get(url_of(ORDERS)).text


def test_tabs_count_what_the_other_filters_let_through(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    counted = tabs_of(admin, PAYMENTS, "counts", kind="authorize", status="refused")

    assert counted == {"All": "2", "Pending": "0", "Unknown": "0", "Waiting": "0", "Refused": "1", "Succeeded": "1"}


def test_a_count_of_a_tab_ends_at_its_cap(
    admin: FlaskClient, history: dict[str, CheckoutLock], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (listings, list_view):
        monkeypatch.setattr(module, "COUNT_CAP", 2)

    assert tabs_of(admin, PAYMENTS, "counts")["All"] == "2+"
    assert tabs_of(admin, PAYMENTS, "counts")["Succeeded"] == "2"


def test_tabs_cost_one_statement(app: APIFlask, admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    costs = {}
    for listing in TABBED:
        with statements(app) as asked:
            tabs_of(admin, listing, "counts")
        costs[listing.name] = len(asked)

    assert costs == {listing.name: 2 for listing in TABBED}  # who is it, and the counts


@pytest.mark.databases("sqlite")
def test_a_list_without_tabs_counts_nothing(admin: FlaskClient) -> None:
    untabbed = [listing for listing in ALL if not listing.tabs]

    assert {admin.get(url_of(listing, "counts")).status_code for listing in untabbed} == {404}


def test_every_list_costs_one_statement_and_counts_nothing(
    app: APIFlask, admin: FlaskClient, history: dict[str, CheckoutLock]
) -> None:
    costs = {}
    for listing in ALL:
        with statements(app) as asked:
            assert rows_of(admin, listing)
        costs[listing.name] = (len(asked), "count(" in asked[-1].lower())

    assert costs == {listing.name: (2, False) for listing in ALL}  # who is it, and the list


def walk_rows(client: FlaskClient, url: str) -> list[str]:
    """Follow the links from page to page; give the rows of all of them."""
    rows = []
    further: str | None = url
    while further:
        page = client.get(further)
        rows += [read_row(row) for row in ROW.findall(page.text)]
        further = following(page)
    return rows


def test_every_sort_pages_through_all_rows_once(
    app: APIFlask, admin: FlaskClient, history: dict[str, CheckoutLock], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(app, "viewer")
    whole = {listing.name: sorted(rows_of(admin, listing)) for listing in ALL}
    monkeypatch.setattr(list_view, "PAGE_SIZE", 1)

    walks = {
        (listing.name, sort): [walk_rows(admin, f"{url_of(listing)}?sort={way}{sort}") for way in ("", "-")]
        for listing in ALL
        for sort in listing.all_sorts
    }

    assert [one for one, (up, down) in walks.items() if up != down[::-1] or sorted(up) != whole[one[0]]] == []


def test_hostile_questions_get_an_empty_list_or_a_refusal(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    for listing in ALL:
        with in_case(listing.name):
            ask_hostile_questions(admin, listing)


def ask_hostile_questions(admin: FlaskClient, listing: Listing) -> None:
    """Ask one list; assert what it says."""
    names = [*(one.name for one in listing.filters), "sort"]
    questions = [{name: word} for name in names for word in HOSTILE_WORDS]
    questions += [{"cursor": word} for word in HOSTILE_CURSORS]
    questions += [{"sort": sort, "cursor": cursor(sort, False, NOW, 1)} for sort in listing.all_sorts]
    questions += [{"sort": sort, "cursor": cursor(sort, False, "\x00", 1)} for sort in listing.all_sorts]
    files = [{name: "\x00"} for name in names]

    answers = [(question, admin.get(url_of(listing), query_string=question)) for question in questions]
    exports = [
        (question, admin.get(url_of(listing, f"export.{kind}"), query_string=question, buffered=True))
        for question in files
        for kind in ("csv", "xlsx")
    ]

    statuses = [(question, answer.status_code) for question, answer in [*answers, *exports]]
    assert [(question, status) for question, status in statuses if status not in (200, 400)] == []
    assert [question for question, answer in answers if ROW.search(answer.text) and "cursor" not in question] == []
    assert [question for question, answer in answers if "<script>alert" in answer.text] == []


@pytest.mark.databases("sqlite")
def test_every_list_obeys_the_strict_policy(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    pages = [admin.get(url_of(listing)) for listing in ALL]
    pages += [admin.get(url_of(listing), query_string=some_of_each_filter(listing)) for listing in ALL]

    assert [Inlined(page.text).found for page in pages] == [[]] * len(pages)


def some_of_each_filter(listing: Listing) -> dict[str, str]:
    typed = {"date": "2026-01-01", "number": "1"}
    return {one.name: one.choices[0] if one.choices else typed.get(one.kind, "x") for one in listing.filters}


@pytest.mark.databases("sqlite")
def test_what_people_typed_is_never_markup(admin: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell("<b>mug</b>", name="<b>mug</b>")
    lock = shop.checkout(("<b>mug</b>", 1), session_id='"><img src=x onerror=alert(1)>')
    process(session, lock, payment=VISA)

    pages = [admin.get(url_of(listing)).text for listing in ALL]

    assert [found for page in pages for found in ("<img", "<b>mug") if found in page] == []
