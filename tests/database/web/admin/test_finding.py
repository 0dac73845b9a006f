"""Found in any spelling: what support is given, as it is pasted, in the console and by the API."""

from __future__ import annotations

from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from console.engine import process
from console.testing.factories import VISA, Shop
from console.web.shared.listing.order_list import ORDERS
from tests.support.web.list_rows import rows_of
from tests.support.web.programs import program

LIST = "/admin/checkout-locks/"
TYPED = "Grace@Example.org"
SPELLINGS = [TYPED, "grace@example.org", "GRACE@EXAMPLE.ORG", " grace@EXAMPLE.org ", "Grace Hopper <grace@example.org>"]
ALPHABETS = {
    "JOSÉ@example.org": ["josé@example.org", "José@Example.ORG", "jose\u0301@example.org"],
    "Жанна@пример.рф": ["жанна@пример.рф", "ЖАННА@ПРИМЕР.РФ"],
}


def test_an_address_is_found_in_any_case_of_its_letters(admin: FlaskClient, app: APIFlask, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout(email=TYPED)
    shop.checkout(email="other@example.org")
    process(shop.session, lock, payment=VISA)
    by_api = program(app, "viewer")

    found = {
        spelling: (
            admin.get(LIST, query_string={"q": spelling}).status_code,
            len(rows_of(admin, ORDERS, email=spelling)),
            [row["id"] for row in by_api("GET", "/locks", query_string={"email": spelling}).get_json()["data"]],
        )
        for spelling in SPELLINGS
    }

    assert found == dict.fromkeys(SPELLINGS, (302, 1, [lock.id]))
    shown = by_api("GET", f"/locks/{lock.id}").get_json()
    assert shown["customer_email"] == TYPED, "it is shown as it was typed"


def test_an_address_is_found_in_every_alphabet(app: APIFlask, shop: Shop) -> None:
    shop.sell()
    locks = {typed: shop.checkout(email=typed).id for typed in ALPHABETS}
    by_api = program(app, "viewer")

    found = {
        spelling: [row["id"] for row in by_api("GET", "/locks", query_string={"q": spelling}).get_json()["data"]]
        for typed, others in ALPHABETS.items()
        for spelling in (typed, *others)
    }

    assert found == {spelling: [locks[typed]] for typed, others in ALPHABETS.items() for spelling in (typed, *others)}


def test_what_is_pasted_leads_to_the_checkout(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    for _ in range(3):
        shop.cart()  # so that a cart's number is no checkout's
    lock = shop.checkout(email="bought@example.org", session_id="mine")
    shop.checkout()
    process(session, lock, payment=VISA)
    pasted = [
        f"Ref: {lock.reference.lower().replace('-', ' ')}",
        f"Order O-{lock.reference}",
        f"my order O-{lock.reference}, paid",
        f"#{lock.cart_id}",
        "Ada <Bought@example.org>",
        "mailto:bought@example.org?subject=Where%20is%20it",
        f"\u200b{lock.reference}\ufeff",
        "Session: mine",
    ]

    answers = {words: viewer.get(LIST, query_string={"q": words}) for words in pasted}

    page = f"{LIST}details/?id={lock.id}"
    assert {words: answer.location for words, answer in answers.items()} == dict.fromkeys(pasted, page)
