"""Whatever is sent: an answer of the description, never a fault of ours, never half a row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.testing.factories import ADDRESS, Shop
from tests.support.web.shopper import PAYMENT, Shopper

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec=None), max_size=20),
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
SKUS = st.sampled_from(["MUG", "NONE", ""]) | st.text(max_size=10)
QUANTITIES = st.integers(-2, 100_002) | SCALARS
ADDRESSES = st.fixed_dictionaries({name: st.just(value) | SCALARS for name, value in ADDRESS.items()}) | JSON
LINES = st.lists(st.fixed_dictionaries({"sku": SKUS, "quantity": QUANTITIES}) | JSON, max_size=3)
CARTS = st.fixed_dictionaries(
    {},
    optional={
        "email": st.just("ada@example.org") | SCALARS,
        "currency": st.sampled_from(["GBP", "JPY", "XXX", "EUR"]) | SCALARS,
        "coupon": SCALARS,
        "external_reference": SCALARS,
        "lines": LINES | JSON,
        "shipping_address": ADDRESSES,
        "billing_address": ADDRESSES,
    },
)
FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(body=CARTS | JSON)
def test_any_cart_is_made_or_refused(shop: Shop, shopper: Shopper, body: Any) -> None:
    answer = shopper.ask("POST", "/carts", data=json.dumps(body), content_type="application/json")

    assert answer.status_code in (201, 422)


@pytest.mark.databases("sqlite")
@FUZZ
@given(token=st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=50), body=JSON)
def test_any_token_and_payment_is_refused(shopper: Shopper, token: str, body: Any) -> None:
    headers = {"Authorization": f"Bearer {token}"}

    answer = shopper.ask(
        "POST", "/checkouts/1/process", headers=headers, data=json.dumps(body), content_type="application/json"
    )

    assert answer.status_code in (401, 404, 422)


@FUZZ
@given(q=st.text(max_size=20), cursor=st.text(max_size=20), limit=st.integers() | st.text(max_size=5))
def test_any_search_is_answered_or_refused(shopper: Shopper, q: str, cursor: str, limit: Any) -> None:
    answer = shopper.ask("GET", "/products", query_string={"q": q, "cursor": cursor, "limit": limit})

    assert answer.status_code in (200, 422)


def test_a_payment_of_the_description_is_taken_after_all_that(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().checkout()["id"]

    assert shopper.ask("POST", f"/checkouts/{lock_id}/process", json=PAYMENT).status_code == 201
