"""The list of checkouts: what it shows, finds, counts, costs and survives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from console.engine import Payment, cancel, process
from console.engine.errors import PaymentDeclined, PaymentPending
from console.engine.phases import stock_commit
from console.models import CheckoutLock, Order, PaymentOperation
from console.testing.factories import VISA, Shop, make_due
from console.web.admin import list_view
from tests.support.web.cases import in_case
from tests.support.web.lists import HOSTILE_CURSORS, HOSTILE_WORDS, NOW, cursor, following, listed, walk
from tests.support.web.statements import statements

LIST = "/admin/checkout-locks/"
EVERYTHING = ["waiting", "cancelled", "declined", "bought"]


@pytest.fixture
def ended(session: Session, shop: Shop) -> dict[str, CheckoutLock]:
    """Give out one checkout of each kind, the newest last."""
    shop.sell(stock=50)
    locks = {
        name: shop.checkout(email=f"{name}@example.org") for name in ("bought", "declined", "cancelled", "waiting")
    }
    process(session, locks["bought"], payment=VISA)
    with pytest.raises(PaymentDeclined):
        process(session, locks["declined"], payment=Payment("card", "tok_declined"))
    cancel(session, locks["cancelled"])
    return locks


@pytest.mark.databases("sqlite")
def test_the_list_shows_the_newest_first_with_all_there_is_to_know(
    viewer: FlaskClient, ended: dict[str, CheckoutLock]
) -> None:
    page = viewer.get(LIST).text

    assert listed(viewer, LIST) == [lock.reference for lock in reversed(ended.values())]
    for word in ("Pending", "Completed", "Failed", "Declined", "Cancelled", "bought@example.org", "just now"):
        assert word in page
    assert page.count('scope="col"') == 10
    assert 'aria-sort="descending"' in page


FILTERED: list[tuple[dict[str, str], list[str]]] = [
    ({"state": "completed"}, ["bought"]),
    ({"state": "failed"}, ["cancelled", "declined"]),
    ({"state": "failed", "outcome": "declined"}, ["declined"]),
    ({"outcome": "cancelled"}, ["cancelled"]),
    ({"phase": "stock_commit"}, ["bought"]),
    ({"email": "Waiting@Example.org"}, ["waiting"]),
    ({"needs_attention": "true"}, ["waiting"]),
    ({"needs_attention": "false", "state": "pending"}, []),
    ({"session_id": "phone", "outcome": "declined"}, ["declined"]),
    ({"session_id": "tablet"}, []),
    ({"created_from": "2020-01-01", "created_to": "2020-12-31"}, []),
    ({"created_from": "2020-01-01", "state": "completed"}, ["bought"]),
    ({"created_from": "2020-01-01T00:00:00+01:00", "created_to": "2999-01-01"}, EVERYTHING),
    ({"created_to": "2020-01-01T00:00:00Z"}, []),
    ({"stuck": "true"}, ["waiting"]),
    ({"stuck": "false", "outcome": "declined"}, ["declined"]),
    ({"q": "declined@example.org", "state": "completed"}, []),
    ({"q": "nothing like it"}, []),
]


def test_filters_are_in_the_url(viewer: FlaskClient, session: Session, ended: dict[str, CheckoutLock]) -> None:
    trouble = update(CheckoutLock).where(CheckoutLock.id == ended["waiting"].id).values(needs_attention="Look at it.")
    session.execute(trouble)
    session.commit()
    names = {lock.reference: name for name, lock in ended.items()}

    found = [(filters, [names[one] for one in listed(viewer, LIST, **filters)]) for filters, _ in FILTERED]

    assert found == FILTERED


def test_a_checkout_that_was_not_ended_in_time_is_stuck(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    late, due, _ = [shop.checkout() for _ in range(3)]
    make_due(session, late, by_seconds=61)
    make_due(session, due)

    assert listed(viewer, LIST, stuck="true") == [late.reference]


def test_a_day_asked_for_is_meant_with_its_evening(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    evening = update(CheckoutLock).values(locked_at=datetime(2026, 3, 31, 23, 59, tzinfo=UTC))
    reference = shop.checkout().reference
    session.execute(evening)
    session.commit()

    assert listed(viewer, LIST, created_from="2026-03-31", created_to="2026-03-31") == [reference]
    assert listed(viewer, LIST, created_to="2026-03-31T23:59:00Z") == []


def names_of(session: Session, lock: CheckoutLock) -> list[str]:
    """Give all that support may be told of a checkout by a shopper."""
    operation = session.scalars(select(PaymentOperation).where(PaymentOperation.lock_id == lock.id)).first()
    assert operation
    assert operation.provider_reference
    number = session.scalars(select(Order.number).where(Order.lock_id == lock.id)).one()
    reference = lock.reference
    spellings = [reference, reference.lower().replace("-", " "), f" {reference.replace('-', '')} "]
    numbers = [str(lock.id), str(lock.cart_id), number, number.lower()]
    return [*spellings, *numbers, operation.provider_reference, operation.idempotency_key, "Bought@Example.org", "mine"]


def test_whatever_support_is_given_leads_straight_to_the_checkout(
    viewer: FlaskClient, session: Session, shop: Shop
) -> None:
    shop.sell()
    for _ in range(3):
        shop.cart()  # so that a cart's number is no checkout's
    lock = shop.checkout(email="bought@example.org", session_id="mine")
    shop.checkout()
    process(session, lock, payment=VISA)

    answers = {name: viewer.get(LIST, query_string={"q": name}) for name in names_of(session, lock)}

    page = f"{LIST}details/?id={lock.id}"
    assert {name: (answer.status_code, answer.location) for name, answer in answers.items()} == dict.fromkeys(
        answers, (302, page)
    )


def test_a_search_that_fits_several_lists_them(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell()
    references = [shop.checkout().reference for _ in range(2)]

    assert listed(viewer, LIST, q="ada@example.org") == references[::-1]
    assert listed(viewer, LIST, q="ada@example.org", state="completed") == []


def test_pages_show_each_checkout_once_whatever_the_sort(
    viewer: FlaskClient, session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_view, "PAGE_SIZE", 3)
    shop.sell(stock=50)
    locks = [shop.checkout() for _ in range(8)]
    same_time = update(CheckoutLock).where(CheckoutLock.id > locks[2].id).values(locked_at=locks[7].locked_at)
    session.execute(same_time)
    session.commit()
    references = [lock.reference for lock in locks]
    in_order = dict.fromkeys(("locked_at", "id"), references) | dict.fromkeys(
        ("", "-locked_at", "-cart_id"), references[::-1]
    )

    for sort, expected in (in_order | {"reference": sorted(references)}).items():
        with in_case(sort):
            pages = walk(viewer, f"{LIST}?sort={sort}")

            assert [len(page) for page in pages] == [3, 3, 2]
            assert [reference for page in pages for reference in page] == expected


def test_a_page_stays_where_it_is_when_new_checkouts_begin(
    viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_view, "PAGE_SIZE", 2)
    shop.sell(stock=50)
    references = [shop.checkout().reference for _ in range(4)]
    further = following(viewer.get(LIST))
    shop.checkout()

    assert further
    assert listed(viewer, further) == references[1::-1]


@pytest.mark.databases("sqlite")
def test_links_to_further_pages_keep_the_filters(
    viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_view, "PAGE_SIZE", 2)
    shop.sell(stock=50)
    mine = [shop.checkout(email="me@example.org").reference for _ in range(3)]
    for _ in range(3):
        shop.checkout(email="you@example.org")

    assert walk(viewer, f"{LIST}?email=me@example.org") == [mine[:0:-1], mine[:1]]


def test_the_list_costs_the_same_however_long_it_is(app: APIFlask, viewer: FlaskClient, shop: Shop) -> None:
    shop.sell(stock=100)
    shop.checkout()
    with statements(app) as for_one:
        viewer.get(LIST)
    for _ in range(60):
        shop.checkout()
    with statements(app) as for_many:
        assert len(listed(viewer, LIST)) == 50

    assert len(for_many) == len(for_one) == 2  # who is it, and the list
    assert not [statement for statement in for_many if "count(" in statement.lower()]


HOSTILE: list[dict[str, Any]] = [
    {"state": "validating"},
    {"sort": "session_id"},
    {"sort": "--locked_at"},
    {"q": str(2**63)},
    {"q": str(2**63 - 1)},
    {"cart_id": str(2**63)},
    {"created_from": "9999-12-31T23:59:59-14:00"},
    {"created_from": "0001-01-01"},
    {"created_to": "9999-12-31", "created_from": "9999-12-31"},
    {"cursor": cursor("locked_at", True, NOW, 2**63), "sort": "-locked_at"},
    {"cursor": cursor("locked_at", True, NOW, True), "sort": "-locked_at"},
    {"cursor": cursor("locked_at", True, "2026-01-01T00:00:00", 1), "sort": "-locked_at"},
    {"cursor": cursor("locked_at", True, "0001-01-01T00:00:00+14:00", 1), "sort": "-locked_at"},
    {"cursor": cursor("locked_at", True, "0001-01-01T00:00:00+00:00", 1), "sort": "-locked_at"},
    {"cursor": cursor("locked_at", True, 5, 1), "sort": "-locked_at"},
    {"cursor": cursor("locked_at", True, NOW), "sort": "-locked_at"},
    {"cursor": cursor("locked_at", False, NOW, 1), "sort": "-locked_at"},
    {"cursor": cursor("cart_id", True, 2**63, 1), "sort": "-cart_id"},
    {"cursor": cursor("reference", False, "a\x00b", 1), "sort": "reference"},
    {"cursor": cursor("reference", False, {}, 1), "sort": "reference"},
    *({name: word} for name in ("cart_id", "created_from", "created_to", "stuck", "sort") for word in HOSTILE_WORDS),
    *({"cursor": word} for word in HOSTILE_CURSORS),
]


def test_hostile_questions_get_an_empty_list_or_a_refusal(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell()
    shop.checkout()

    answers = [(question, viewer.get(LIST, query_string=question)) for question in HOSTILE]

    assert [
        (question, answer.status_code) for question, answer in answers if answer.status_code not in (200, 400)
    ] == []
    assert [question for question, answer in answers if 'class="reference"' in answer.text] == []
    assert [question for question, answer in answers if "<script>alert" in answer.text] == []


@pytest.mark.databases("sqlite")
def test_a_filter_that_makes_no_sense_is_said_so(viewer: FlaskClient) -> None:
    page = viewer.get(LIST, query_string={"state": "sold"})

    assert page.status_code == 400
    assert "There is no state “sold”." in page.text


def test_saleor_dashboard_4279_support_lists_what_is_paid_and_not_completed(
    support: FlaskClient, session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    stuck, sold = shop.checkout(), shop.checkout()
    process(session, sold, payment=VISA)

    def break_down(*_: Any) -> Any:
        raise ArithmeticError("a defect")

    with monkeypatch.context() as broken:
        broken.setattr(stock_commit, "sell_reservations", break_down)
        with pytest.raises(PaymentPending):
            process(session, stuck, payment=VISA)

    assert listed(support, LIST, state="capturing", needs_attention="true") == [stuck.reference]
