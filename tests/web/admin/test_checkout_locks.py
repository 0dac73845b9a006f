"""The list of checkouts and the page of one: what they show, what they cost, what they survive."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, update
from sqlalchemy.orm import Session

from console.engine import Payment, cancel, process
from console.engine.errors import PaymentDeclined, PaymentPending
from console.extensions import db
from console.models import CheckoutLock
from console.web.admin import checkout_locks
from tests.factories import VISA, Shop

LIST = "/admin/checkout-locks/"
_REFERENCE = re.compile(r'class="reference" href="[^"]+">([^<]+)</a>')
_NEXT = re.compile(r'rel="next" href="([^"]+)"')


def listed(client: FlaskClient, url: str = LIST, **filters: Any) -> list[str]:
    page = client.get(url, query_string=filters or None)
    assert page.status_code == 200, page.text
    return _REFERENCE.findall(page.text)


def walk(client: FlaskClient, url: str = LIST) -> list[list[str]]:
    """Follow the links from page to page."""
    pages = []
    while True:
        page = client.get(url)
        pages.append(_REFERENCE.findall(page.text))
        following = _NEXT.search(page.text)
        if following is None:
            return pages
        url = following[1].replace("&amp;", "&")


@contextmanager
def statements(app: APIFlask) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with app.app_context():
        engine: Engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


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


def test_the_list_shows_the_newest_first_with_all_there_is_to_know(
    viewer: FlaskClient, ended: dict[str, CheckoutLock]
) -> None:
    page = viewer.get(LIST).text

    assert _REFERENCE.findall(page) == [lock.reference for lock in reversed(ended.values())]
    for word in ("Pending", "Completed", "Failed", "Declined", "Cancelled", "bought@example.org", "just now"):
        assert word in page
    assert page.count('scope="col"') == 9
    assert 'aria-sort="descending"' in page


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"state": "completed"}, ["bought"]),
        ({"state": "failed"}, ["cancelled", "declined"]),
        ({"state": "failed", "outcome": "declined"}, ["declined"]),
        ({"outcome": "cancelled"}, ["cancelled"]),
        ({"phase": "stock_commit"}, ["bought"]),
        ({"email": "Waiting@Example.org"}, ["waiting"]),
        ({"needs_attention": "true"}, ["waiting"]),
        ({"needs_attention": "false", "state": "pending"}, []),
        ({"q": "cancelled@example.org"}, ["cancelled"]),
        ({"q": "declined@example.org", "state": "completed"}, []),
        ({"q": "nothing like it"}, []),
    ],
)
def test_filters_are_in_the_url(
    viewer: FlaskClient,
    session: Session,
    ended: dict[str, CheckoutLock],
    filters: dict[str, str],
    expected: list[str],
) -> None:
    trouble = update(CheckoutLock).where(CheckoutLock.id == ended["waiting"].id).values(needs_attention="Look at it.")
    session.execute(trouble)
    session.commit()

    assert listed(viewer, **filters) == [ended[name].reference for name in expected]


def test_any_spelling_of_a_reference_and_both_numbers_find_a_checkout(
    viewer: FlaskClient, ended: dict[str, CheckoutLock]
) -> None:
    lock = ended["declined"]
    spellings = [lock.reference, lock.reference.lower().replace("-", " "), f" {lock.reference.replace('-', '')} "]

    assert [listed(viewer, q=spelling) for spelling in spellings] == [[lock.reference]] * 3
    assert lock.reference in listed(viewer, q=str(lock.id))
    assert lock.reference in listed(viewer, q=str(lock.cart_id))


@pytest.mark.parametrize("sort", ["", "-locked_at", "locked_at", "reference", "-cart_id"])
def test_pages_show_each_checkout_once_whatever_the_sort(
    viewer: FlaskClient, session: Session, shop: Shop, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(checkout_locks, "PAGE_SIZE", 3)
    shop.sell(stock=50)
    locks = [shop.checkout() for _ in range(8)]
    same_time = update(CheckoutLock).where(CheckoutLock.id > locks[2].id).values(locked_at=locks[7].locked_at)
    session.execute(same_time)
    session.commit()

    pages = walk(viewer, f"{LIST}?sort={sort}")

    references = [lock.reference for lock in locks]
    expected = sorted(references) if sort == "reference" else references if sort == "locked_at" else references[::-1]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [reference for page in pages for reference in page] == expected


def test_a_page_stays_where_it_is_when_new_checkouts_begin(
    viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout_locks, "PAGE_SIZE", 2)
    shop.sell(stock=50)
    references = [shop.checkout().reference for _ in range(4)]
    following = _NEXT.search(viewer.get(LIST).text)
    assert following
    shop.checkout()

    assert listed(viewer, following[1].replace("&amp;", "&")) == references[1::-1]


def test_links_to_further_pages_keep_the_filters(
    viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout_locks, "PAGE_SIZE", 2)
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
        assert len(listed(viewer)) == 50

    assert len(for_many) == len(for_one) == 2  # who is it, and the list
    assert not [statement for statement in for_many if "count(" in statement.lower()]


def cursor(*parts: Any) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


NOW = "2026-01-01T00:00:00+00:00"
HOSTILE_WORDS = (
    "\x00",
    "'; DROP TABLE carts; --",
    "%",
    "<script>alert(1)</script>",
    "9" * 400,
    "-1",
    "\ud7ff",
    "²",
    "ⅷ" * 8,
)
HOSTILE = [
    *({"q": word} for word in HOSTILE_WORDS),
    *({"email": word} for word in HOSTILE_WORDS),
    *({name: word} for name in ("state", "phase", "outcome", "needs_attention", "sort") for word in HOSTILE_WORDS),
    *({"cursor": word} for word in (*HOSTILE_WORDS, "====", "e30", "A" * 5000)),
    {"state": "validating"},
    {"sort": "session_id"},
    {"sort": "--locked_at"},
    {"q": str(2**63)},
    {"q": str(2**63 - 1)},
    {"cursor": cursor("locked_at", True, NOW, 2**63)},
    {"cursor": cursor("locked_at", True, NOW, True)},
    {"cursor": cursor("locked_at", True, "2026-01-01T00:00:00", 1)},
    {"cursor": cursor("locked_at", True, "0001-01-01T00:00:00+14:00", 1)},
    {"cursor": cursor("locked_at", True, "0001-01-01T00:00:00+00:00", 1)},
    {"cursor": cursor("locked_at", True, 5, 1)},
    {"cursor": cursor("locked_at", True, NOW)},
    {"cursor": cursor("locked_at", False, NOW, 1)},
    {"cursor": cursor("cart_id", True, 2**63, 1), "sort": "-cart_id"},
    {"cursor": cursor("reference", False, "a\x00b", 1), "sort": "reference"},
    {"cursor": cursor("reference", False, {}, 1), "sort": "reference"},
    {"cursor": urlsafe_b64encode(b"[" * 100_000).decode()},
]


def test_hostile_questions_get_an_empty_list_or_a_refusal(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell()
    shop.checkout()

    answers = [(question, viewer.get(LIST, query_string=question)) for question in HOSTILE]

    assert [
        (question, answer.status_code) for question, answer in answers if answer.status_code not in (200, 400)
    ] == []
    assert [question for question, answer in answers if _REFERENCE.search(answer.text)] == []
    assert [question for question, answer in answers if "<script>alert" in answer.text] == []


def test_a_filter_that_makes_no_sense_is_said_so(viewer: FlaskClient) -> None:
    page = viewer.get(LIST, query_string={"state": "sold"})

    assert page.status_code == 400
    assert "There is no state “sold”." in page.text
