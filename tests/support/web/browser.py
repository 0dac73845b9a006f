"""A shopper's browser: it keeps cookies, and sends forms with the token of the page they are on."""

from __future__ import annotations

import re
from typing import Any

from apiflask import APIFlask
from sqlalchemy import select
from werkzeug.test import TestResponse

from console.engine.store.database import load
from console.extensions import db
from console.models import Cart, CheckoutLock
from console.testing.factories import ADDRESS
from tests.support.web.console_visits import Inlined

_INPUT = re.compile(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"')
DETAILS = {**ADDRESS, "email": "ada@example.org"}


class Browser:
    """One browser; `page` is what it shows."""

    def __init__(self, app: APIFlask) -> None:
        self.app = app
        self.client = app.test_client()
        self.page: TestResponse

    def open(self, path: str, **request: Any) -> TestResponse:
        """Open a page, and check that a strict policy blocks nothing in it."""
        self.page = self.client.get(path, **request)
        assert Inlined(self.page.text).found == []
        return self.page

    def send(self, path: str, *, of: str | None = None, **fields: Any) -> TestResponse:
        """Send a form of the page `of`, the shown one by default, and stay where it leads without following."""
        if of is not None:
            self.open(of)
        kept = self.hidden()
        self.page = self.client.post(path, data={"csrf_token": kept["csrf_token"]} | fields)
        assert Inlined(self.page.text).found == []
        return self.page

    def follow(self) -> TestResponse:
        """Open the page that the last form led to, and those that it leads on to."""
        while self.page.location:
            assert self.page.status_code == 303
            self.open(self.page.location)
        return self.page

    def hidden(self) -> dict[str, str]:
        """Give the values that the shown page's forms send along."""
        return dict(_INPUT.findall(self.page.text))

    def put(self, sku: str = "MUG", quantity: Any = 1) -> TestResponse:
        """Put a product into the cart."""
        return self.send("/cart/add", of=f"/products/{sku}", sku=sku, quantity=quantity)

    def start(self, **details: Any) -> TestResponse:
        """Send the checkout's first form."""
        return self.send("/checkout", of="/checkout", **DETAILS | details)

    def pay(self, card: str = "tok_visa", **fields: Any) -> TestResponse:
        """Send the checkout's second form, as its page has it."""
        self.open("/checkout")
        kept = self.hidden()
        names = ("key", "checkout", "expected_total", "shown")
        named = {name: kept[name] for name in names} | {"method": "card", "token": card}
        return self.send("/checkout", **named | fields)

    def buy(self, card: str = "tok_visa", *, sku: str = "MUG", quantity: int = 1) -> TestResponse:
        """Buy one product, from the catalogue to the payment."""
        self.put(sku, quantity)
        started = self.start()
        assert (started.status_code, started.location) == (303, "/checkout"), started.text
        return self.pay(card)

    def cart(self) -> Cart:
        """Look the cart up that this browser has."""
        with self.client.session_transaction() as kept:
            cart_id = kept["shop_cart"][0]
        with self.app.app_context():
            return load(db.session(), select(Cart).where(Cart.id == cart_id))

    def lock(self) -> CheckoutLock:
        """Look the cart's last checkout up."""
        query = select(CheckoutLock).where(CheckoutLock.cart_id == self.cart().id).order_by(CheckoutLock.id.desc())
        with self.app.app_context():
            return load(db.session(), query.limit(1))

    def status(self) -> dict[str, Any]:
        """Ask how the checkout stands, as a program."""
        answer = self.client.get("/checkout/status", headers={"Accept": "application/json"})
        assert answer.status_code == 200
        return answer.get_json()  # type: ignore[no-any-return]
