"""The shop's own number at the API: its own token claims carts by it, and reaches those and no others."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from console.models import ApiToken, Cart, Order
from console.models.types import clock
from console.people.api_tokens import create_token
from console.testing.factories import ADDRESS, Shop
from tests.support.engine.rows import read_one
from tests.support.web.cases import in_case
from tests.support.web.shopper import API, PAYMENT, Shopper, require_described

NUMBER = "basket-4711"
PHONE = {"X-Session-Id": "ada's phone"}


class Erp:
    """The shop's own program, with its token."""

    def __init__(self, shopper: Shopper, token: str) -> None:
        self.app, self.token = shopper.app, token

    def ask(self, method: str, path: str, *, device: dict[str, str] = PHONE, **body: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | device | body.pop("headers", {})
        answer = self.app.test_client().open(API + path, method=method, headers=headers, **body)
        require_described(method, path, answer)
        return answer

    def claim(self, *lines: tuple[str, int], **fields: Any) -> TestResponse:
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines or (("MUG", 1),)]
        parts = {"shop_reference": NUMBER, "email": "ada@example.org", "shipping_address": ADDRESS, "lines": wanted}
        return self.ask("POST", "/carts", json=parts | fields)

    def buy(self, cart: dict[str, Any]) -> TestResponse:
        lock = self.ask("POST", f"/carts/{cart['id']}/checkout", json={"cart_revision": cart["revision"]}).get_json()
        return self.ask("POST", f"/checkouts/{lock['id']}/process", json=PAYMENT)


@pytest.fixture
def erp(session: Session, shop: Shop, shopper: Shopper) -> Erp:
    shop.sell("MUG", price=1000)
    token = create_token(session, name="erp", role="shop")
    session.commit()
    return Erp(shopper, token)


def test_a_number_claimed_anew_is_the_same_cart(erp: Erp) -> None:
    first, again = erp.claim(), erp.claim()

    assert (first.status_code, again.status_code) == (201, 200)
    cart = first.get_json()
    assert again.get_json() == cart | {"token": None}
    assert (cart["shop_reference"], again.headers["Location"]) == (NUMBER, f"{API}/carts/{cart['id']}")
    owner = Shopper(erp.app, cart=cart)
    assert owner.ask("GET", owner.path).get_json() == cart


def test_a_basket_bought_twice_is_one_order(erp: Erp, session: Session) -> None:
    bought = erp.buy(erp.claim().get_json())

    again = erp.claim()

    order = read_one(session, Order)
    assert (bought.status_code, order.shop_reference) == (201, NUMBER)
    assert (again.status_code, again.get_json()["error"]) == (409, "cart_ordered")
    assert again.get_json()["context"]["order_number"] == order.number


def test_other_content_waits_while_it_is_being_bought(erp: Erp) -> None:
    cart = erp.claim().get_json()
    lock = erp.ask("POST", f"/carts/{cart['id']}/checkout", json={}).get_json()

    same, other = erp.claim(), erp.claim(("MUG", 2))

    assert (same.status_code, same.get_json()["locked"]) == (200, True)
    assert (other.status_code, other.get_json()["error"]) == (423, "checkout_in_progress")
    told = {"cart_id": cart["id"], "lock_id": lock["id"], "reference": lock["reference"]}
    assert other.get_json()["context"] == told


def test_a_start_with_an_old_revision_is_refused(erp: Erp) -> None:
    old = erp.claim().get_json()
    erp.claim(("MUG", 5))

    answer = erp.ask("POST", f"/carts/{old['id']}/checkout", json={"cart_revision": old["revision"]})

    assert (answer.status_code, answer.get_json()["error"]) == (409, "cart_changed")


@pytest.mark.databases("sqlite")
def test_its_token_stands_in_for_the_carts_own(erp: Erp) -> None:
    cart = erp.claim().get_json()
    path = f"/carts/{cart['id']}"
    number = erp.buy(cart).get_json()["order"]["number"]

    assert erp.ask("GET", path).get_json()["token"] is None
    assert erp.ask("GET", f"{path}/checkout-status").get_json()["state"] == "completed"
    assert erp.ask("GET", f"/orders/{number}").status_code == 200


@pytest.mark.databases("sqlite")
def test_it_reaches_no_cart_that_was_not_claimed(erp: Erp) -> None:
    other = Shopper(erp.app).fill_cart()
    lock_id = other.checkout()["id"]
    calls = [
        ("GET", other.path, {}),
        ("PATCH", other.path, {"json": {"coupon": "TEN"}}),
        ("POST", f"{other.path}/lines", {"json": {"sku": "MUG", "quantity": 1}}),
        ("GET", f"{other.path}/checkout-status", {}),
        ("POST", f"{other.path}/checkout", {"json": {}}),
        ("GET", f"/checkouts/{lock_id}", {}),
        ("POST", f"/checkouts/{lock_id}/process", {"json": PAYMENT}),
        ("POST", f"/checkouts/{lock_id}/resume", {"json": {}}),
        ("POST", f"/checkouts/{lock_id}/cancel", {"json": {}}),
    ]

    answers = [erp.ask(method, path, **request).status_code for method, path, request in calls]

    assert answers == [404] * len(calls)


@pytest.mark.databases("sqlite")
def test_on_behalf_of_a_shopper_it_names_their_device(erp: Erp) -> None:
    cart = erp.claim().get_json()
    lock = erp.ask("POST", f"/carts/{cart['id']}/checkout", json={}).get_json()
    calls: list[tuple[str, dict[str, Any]]] = [
        (f"/carts/{cart['id']}/checkout", {}),
        (f"/checkouts/{lock['id']}/process", PAYMENT),
        (f"/checkouts/{lock['id']}/resume", {}),
        (f"/checkouts/{lock['id']}/cancel", {}),
    ]

    answers = [erp.ask("POST", path, device={}, json=body) for path, body in calls]

    assert [answer.status_code for answer in answers] == [422] * 4
    elsewhere = erp.ask("POST", calls[1][0], device={"X-Session-Id": "another"}, json=PAYMENT)
    assert (elsewhere.status_code, elsewhere.get_json()["error"]) == (423, "checkout_in_progress")


@pytest.mark.databases("sqlite")
def test_nobody_else_claims_a_number(erp: Erp, session: Session) -> None:
    for role, status in ((None, 401), ("admin", 403), ("viewer", 403)):
        with in_case(role):
            token = create_token(session, name=f"other {role}", role=role) if role else None
            session.commit()
            headers = {"Authorization": f"Bearer {token}"} if token else {}

            answer = Shopper(erp.app).ask("POST", "/carts", headers=headers, json={"shop_reference": NUMBER})

            assert answer.status_code == status
            assert session.scalars(select(Cart)).all() == []
            session.commit()


@pytest.mark.databases("sqlite")
def test_it_opens_nothing_of_the_console(erp: Erp) -> None:
    assert erp.ask("GET", "/admin/locks").status_code == 403


@pytest.mark.databases("sqlite")
def test_a_token_that_was_revoked_is_a_strangers(erp: Erp, session: Session) -> None:
    cart = erp.claim().get_json()
    read_one(session, ApiToken).revoked_at = session.scalar(select(clock()))
    session.commit()

    assert erp.ask("GET", f"/carts/{cart['id']}").status_code == 401


def test_an_anonymous_note_stays_on_its_cart(erp: Erp, session: Session) -> None:
    shopper = Shopper(erp.app).fill_cart(external_reference="my own")

    order = shopper.buy().get_json()["order"]

    assert shopper.ask("GET", shopper.path).get_json()["external_reference"] == "my own"
    assert (order["external_reference"], read_one(session, Order).external_reference) == (None, None)


def test_the_shops_note_goes_with_the_order(erp: Erp, session: Session) -> None:
    erp.buy(erp.claim(external_reference="note").get_json())

    assert read_one(session, Order).external_reference == "note"


@pytest.mark.databases("sqlite")
def test_each_device_has_a_limit_of_its_own(make_shopper: Callable[..., Shopper], session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    token = create_token(session, name="erp", role="shop")
    session.commit()
    erp = Erp(make_shopper(CHECKOUT_RATE_LIMIT="2 per minute"), token)
    path = f"/carts/{erp.claim().get_json()['id']}/checkout"

    mine = [erp.ask("POST", path, json={}).status_code for _ in range(3)]
    yours = erp.ask("POST", path, device={"X-Session-Id": "grace's phone"}, json={}).status_code

    assert mine == [201, 200, 429]
    assert yours == 423


def test_claims_at_once_make_one_cart(erp: Erp, session: Session) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: erp.claim().status_code, range(8)))

    assert sorted(answers) == [200] * 7 + [201]
    assert len(session.scalars(select(Cart)).all()) == 1
