"""A shopper at the API, who checks each answer against the API's own description."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from console.testing.factories import ADDRESS
from console.web.api.docs import document

API = "/api/v1"
PAYMENT = {"payment": {"method": "card", "token": "tok_visa"}}
PROBLEM_FIELDS = {"type", "title", "status", "detail", "instance", "error", "phase", "context", "request_id"}


class Shopper:
    """Someone with a cart, its token and, perhaps, a device of a name of its own."""

    def __init__(self, app: Flask, *, cart: dict[str, Any] | None = None, device: str | None = None) -> None:
        self.app = app
        self.cart = cart or {}
        self.device = device

    def on(self, device: str) -> Shopper:
        """Give the same shopper on another device."""
        return Shopper(self.app, cart=self.cart, device=device)

    def headers(self) -> dict[str, str]:
        token = {"Authorization": f"Bearer {self.cart['token']}"} if self.cart else {}
        return token | ({"X-Session-Id": self.device} if self.device else {})

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> TestResponse:
        """Send a request, the token with it unless `headers` are given."""
        headers = self.headers() if headers is None else headers
        response = self.app.test_client().open(API + path, method=method, headers=headers, **body)
        require_described(method, path, response)
        return response

    def fill_cart(self, *lines: tuple[str, int], **fields: Any) -> Shopper:
        """Make a cart that can be bought: one mug by default."""
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines or (("MUG", 1),)]
        fields = {"email": "ada@example.org", "shipping_address": ADDRESS, "lines": wanted} | fields
        response = self.ask("POST", "/carts", headers={}, json=fields)
        assert response.status_code == 201, response.text
        self.cart = response.get_json()
        return self

    @property
    def path(self) -> str:
        return f"/carts/{self.cart['id']}"

    def start(self, **fields: Any) -> TestResponse:
        return self.ask("POST", f"{self.path}/checkout", json=fields)

    def checkout(self) -> dict[str, Any]:
        """Start a checkout that is granted."""
        response = self.start()
        assert response.status_code in (200, 201), response.text
        return response.get_json()  # type: ignore[no-any-return]

    def pay(self, lock_id: int, *, card: str = "tok_visa", key: str | None = None) -> TestResponse:
        headers = self.headers() | ({"Idempotency-Key": key} if key else {})
        payment = {"payment": {"method": "card", "token": card}}
        return self.ask("POST", f"/checkouts/{lock_id}/process", headers=headers, json=payment)

    def buy(self, *, card: str = "tok_visa") -> TestResponse:
        """Start a checkout and pay it."""
        return self.pay(self.checkout()["id"], card=card)

    def status(self) -> dict[str, Any]:
        return self.ask("GET", f"{self.path}/checkout-status").get_json()  # type: ignore[no-any-return]


def require_described(method: str, path: str, response: TestResponse) -> None:
    """Check an answer: a cookie is never set, an error is a problem, and a served call describes its status."""
    assert "Set-Cookie" not in response.headers
    if response.status_code >= 400:
        assert response.content_type == "application/problem+json"
        assert set(response.get_json()) == PROBLEM_FIELDS
    for template, item in document()["paths"].items():
        pattern = re.sub(r"\{(\w+)\}", lambda part: r"\d{1,18}" if part[1].endswith("_id") else ".+", template)
        if method.lower() in item and re.fullmatch(pattern, API + path.partition("?")[0]):
            assert str(response.status_code) in item[method.lower()]["responses"], (method, path, response.status)
            return
    assert response.status_code in (308, 404, 405) or path in ("/openapi.json", "/docs"), (method, path)


def gbp(amount: int) -> dict[str, object]:
    """Write pence as the API does."""
    return {"amount": amount, "currency": "GBP"}
