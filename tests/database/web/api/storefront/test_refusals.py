"""What the API refuses, and how it says so."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.extensions import db
from console.models import Cart, CartLine, Order
from console.testing.factories import ADDRESS, Shop
from tests.support.engine.slow_tables import lose_patience, slow_table
from tests.support.web.cases import in_case
from tests.support.web.rows import count
from tests.support.web.shopper import PAYMENT, Shopper

Made = dict[str, Any]

BAD_CARTS: list[Made] = [
    {"surprise": 1},
    {"email": 5},
    {"email": "nobody"},
    {"email": "a@b\x00"},
    {"currency": "gbp"},
    {"currency": "ZZZ"},
    {"currency": ""},
    {"coupon": ""},
    {"external_reference": "x" * 65},
    {"lines": None},
    {"lines": {}},
    {"lines": [None]},
    {"lines": [{"sku": "MUG"}]},
    {"lines": [{"sku": "MUG", "quantity": 0}]},
    {"lines": [{"sku": "MUG", "quantity": -1}]},
    {"lines": [{"sku": "MUG", "quantity": 100_001}]},
    {"lines": [{"sku": "MUG", "quantity": 10**30}]},
    {"lines": [{"sku": "MUG", "quantity": 1.5}]},
    {"lines": [{"sku": "MUG", "quantity": "1"}]},
    {"lines": [{"sku": "MUG", "quantity": True}]},
    {"lines": [{"sku": "MUG", "quantity": 1, "price": 1}]},
    {"lines": [{"sku": "mug", "quantity": 1}]},
    {"lines": [{"sku": "\ud800", "quantity": 1}]},
    {"lines": [{"sku": "MUG\x00", "quantity": 1}]},
    {"lines": [{"sku": "x" * 65, "quantity": 1}]},
    {"lines": [{"sku": "MUG", "quantity": 60_000}, {"sku": "MUG", "quantity": 60_000}]},
    {"lines": [{"sku": "MUG", "quantity": 1}] * 2001},
    {"shipping_address": {}},
    {"shipping_address": "12 St James's Square"},
    {"shipping_address": ADDRESS | {"country": "XX"}},
    {"shipping_address": ADDRESS | {"country": "gb"}},
    {"shipping_address": ADDRESS | {"city": " "}},
    {"shipping_address": ADDRESS | {"city": "x" * 256}},
    {"shipping_address": ADDRESS | {"city": "Lon\ndon"}},
    {"billing_address": ADDRESS | {"planet": "Earth"}},
]


@pytest.mark.databases("sqlite")
def test_a_cart_that_makes_no_sense_is_refused_whole(shop: Shop, shopper: Shopper, session: Session) -> None:
    shop.sell("MUG")

    for fields in BAD_CARTS:
        with in_case(fields):
            refused = shopper.ask("POST", "/carts", json=fields)

            assert (refused.status_code, refused.get_json()["error"]) == (422, "invalid")
            reasons = refused.get_json()["context"]["reasons"]
            assert reasons
            assert all(set(reason) == {"field", "message"} for reason in reasons)
            assert (count(session, Cart), count(session, CartLine)) == (0, 0)


@pytest.mark.databases("sqlite")
def test_every_reason_is_told_at_once(shopper: Shopper) -> None:
    refused = shopper.ask("POST", "/carts", json={"email": 1, "lines": [{"quantity": 0}], "x": 1})

    fields = [reason["field"] for reason in refused.get_json()["context"]["reasons"]]
    assert sorted(fields) == ["email", "lines.0.quantity", "lines.0.sku", "x"]


BAD_BODIES = (
    (b"", "application/json", 400),
    (b"{", "application/json", 400),
    (b'{"email": NaN}', "application/json", 400),
    (b'{"email": "\xff"}', "application/json", 400),
    (b"[" * 100_000, "application/json", 400),
    (b"{}", "text/plain", 415),
    (b"{}", "", 415),
    (b"a=1", "application/x-www-form-urlencoded", 415),
    (b"[]", "application/json", 422),
    (b"null", "application/json", 422),
    (b'"cart"', "application/json", 422),
    (b'{"lines": [{"sku": "MUG", "quantity": ' + b"9" * 10_000 + b"}]}", "application/json", 422),
    (b'{"lines": [{"sku": "MUG", "quantity": 1e999}]}', "application/json", 422),
    (b'{"\\ud800": 1}', "application/json", 422),
    (b"{}" + b" " * 3_000_000, "application/json", 413),
)


@pytest.mark.databases("sqlite")
def test_a_body_that_cannot_be_read_is_refused(shopper: Shopper) -> None:
    for body, content_type, status in BAD_BODIES:
        with in_case(body[:40], content_type):
            refused = shopper.ask("POST", "/carts", data=body, content_type=content_type)

            assert refused.status_code == status


def calls_of(shopper: Shopper, lock_id: int, number: str) -> list[tuple[str, str, Made | None]]:
    """List every call that needs a token, with a body that is right."""
    cart = shopper.path
    return [
        ("GET", cart, None),
        ("PATCH", cart, {"email": "eve@example.org"}),
        ("POST", f"{cart}/lines", {"sku": "MUG", "quantity": 1}),
        ("PATCH", f"{cart}/lines/MUG", {"quantity": 1}),
        ("DELETE", f"{cart}/lines/MUG", None),
        ("GET", f"{cart}/checkout-status", None),
        ("POST", f"{cart}/checkout", {}),
        ("GET", f"/checkouts/{lock_id}", None),
        ("POST", f"/checkouts/{lock_id}/process", PAYMENT),
        ("POST", f"/checkouts/{lock_id}/resume", {}),
        ("POST", f"/checkouts/{lock_id}/cancel", {}),
        ("GET", f"/orders/{number}", None),
    ]


def answers_to(shopper: Shopper, calls: list[tuple[str, str, Made | None]], headers: dict[str, str]) -> set[int]:
    return {
        shopper.ask(method, path, headers=headers, **({} if body is None else {"json": body})).status_code
        for method, path, body in calls
    }


def test_nothing_is_there_without_its_token(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    bought = shopper.fill_cart().buy().get_json()
    calls = calls_of(shopper, bought["checkout"]["id"], bought["order"]["number"])
    stranger = Shopper(shopper.app).fill_cart()

    without = [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer  "}]
    wrong = [stranger.headers(), {"Authorization": "Bearer no-such-token"}, {"Authorization": "Bearer é=é=é"}]

    assert [answers_to(shopper, calls, headers) for headers in without] == [{401}] * 4
    assert [answers_to(shopper, calls, headers) for headers in wrong] == [{404}] * 3


@pytest.mark.databases("sqlite")
def test_a_missing_token_is_asked_for(shopper: Shopper) -> None:
    refused = shopper.ask("GET", "/carts/1")

    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_does_not_exist_is_not_found(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    shop.sell("OLD", active=False)
    shopper.fill_cart()
    paths = [
        "/carts/0",
        "/carts/999999999999999999",
        "/carts/9999999999999999999999",
        "/carts/-1",
        "/carts/one",
        "/checkouts/999",
        "/orders/O-NONE",
        "/orders/%00",
        "/products/NONE",
        "/products/OLD",
        "/products/%00",
        "/products/%FF%FE",
        "/products/" + "x" * 3000,
        "/nothing",
        "/",
    ]

    answers = {path: shopper.ask("GET", path).status_code for path in paths}

    assert answers == dict.fromkeys(paths, 404)


@pytest.mark.databases("sqlite")
def test_another_method_is_not_allowed(shopper: Shopper) -> None:
    refused = shopper.ask("DELETE", "/products")

    assert (refused.status_code, refused.get_json()["error"]) == (405, "method_not_allowed")
    assert "GET" in refused.headers["Allow"]


@pytest.mark.databases("sqlite")
def test_a_page_that_cannot_be_is_refused(shopper: Shopper) -> None:
    words = (
        "limit=0", "limit=101", "limit=x", "limit=1e9", "cursor=x", "cursor=WzFd", "cursor=WyIAIiwxXQ", "q=%00", "page=2",
    )  # fmt: skip

    answers = {query: shopper.ask("GET", f"/products?{query}").status_code for query in words}

    assert answers == dict.fromkeys(words, 422)


BAD_PAYMENTS: list[Made] = [
    {},
    {"payment": None},
    {"payment": {"method": "cash", "token": "tok_visa"}},
    {"payment": {"method": "card", "token": ""}},
    {"payment": {"method": "card", "token": "t" * 256}},
    {"payment": {"method": "card", "token": "tok_\x00"}},
    {"payment": {"method": "card", "token": "tok_visa", "amount": 1}},
]


@pytest.mark.databases("sqlite")
def test_a_payment_that_makes_no_sense_is_refused_and_nothing_is_bought(
    shop: Shop, shopper: Shopper, session: Session
) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().checkout()["id"]

    for payment in BAD_PAYMENTS:
        with in_case(payment):
            refused = shopper.ask("POST", f"/checkouts/{lock_id}/process", json=payment)

            assert refused.status_code == 422
            assert count(session, Order) == 0


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("name", ["X-Session-Id", "Idempotency-Key"])
def test_headers_have_bounds(shop: Shop, shopper: Shopper, name: str) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().checkout()["id"]

    for value in ("x" * 256, "a\tb"):
        headers = shopper.headers() | {name: value}
        refused = shopper.ask("POST", f"/checkouts/{lock_id}/process", headers=headers, json=PAYMENT)
        assert refused.status_code == 422


def change_email(shopper: Shopper) -> Any:
    return shopper.ask("PATCH", shopper.path, json={"email": "eve@example.org"})


def add_mug(shopper: Shopper) -> Any:
    return shopper.ask("POST", f"{shopper.path}/lines", json={"sku": "MUG", "quantity": 1})


def change_mugs(shopper: Shopper) -> Any:
    return shopper.ask("PATCH", f"{shopper.path}/lines/MUG", json={"quantity": 2})


def drop_mugs(shopper: Shopper) -> Any:
    return shopper.ask("DELETE", f"{shopper.path}/lines/MUG")


def test_no_change_gets_past_a_checkout_its_owners_neither(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    shopper.fill_cart().checkout()
    before = shopper.ask("GET", shopper.path).get_json()

    for change in (change_email, add_mug, change_mugs, drop_mugs):
        with in_case(change.__name__):
            refused = change(shopper)

            assert (refused.status_code, refused.get_json()["error"]) == (423, "cart_locked")
            assert shopper.ask("GET", shopper.path).get_json() == before
    assert before["locked"] is True


@pytest.mark.databases("postgresql")
def test_what_takes_the_database_too_long_is_told_as_slow_not_as_out_of_reach(
    shop: Shop, shopper: Shopper, database_url: str
) -> None:
    shop.sell("MUG")
    with shopper.app.app_context():
        lose_patience(db.engine)

    with slow_table(database_url, "variant_prices"):
        answer = shopper.ask("GET", "/products")

    assert (answer.status_code, answer.get_json()["error"]) == (503, "database_slow")
    assert int(answer.headers["Retry-After"]) > 0
