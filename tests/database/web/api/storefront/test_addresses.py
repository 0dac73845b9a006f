"""Addresses and e-mails that the API takes and refuses, country by country, where they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.testing.factories import ADDRESS, Shop
from tests.support.countries import as_different_as_can_be, full_address, needed, needing
from tests.support.web.shopper import Shopper

pytestmark = pytest.mark.databases("sqlite")


def refusal(answer: Any) -> dict[str, str]:
    """Read what was refused: the fields with the messages."""
    assert (answer.status_code, answer.get_json()["error"]) == (422, "invalid")
    return {reason["field"]: reason["message"] for reason in answer.get_json()["context"]["reasons"]}


def test_a_cart_with_what_its_country_needs_can_be_started_and_without_it_is_not_made(
    shop: Shop, make_shopper: Callable[..., Shopper]
) -> None:
    shop.sell("MUG")
    shopper = make_shopper(CHECKOUT_RATE_LIMIT="")
    for country in [*as_different_as_can_be(), "XK"]:
        least = {"last_name": "Cher", "line_one": "1 Long Lane", "country": country}
        given = {name: value for name, value in full_address(country).items() if name in needed(country)}

        if given:
            refused = refusal(shopper.ask("POST", "/carts", json={"shipping_address": least}))
            assert set(refused) == {f"shipping_address.{name}" for name in given}
        shopper.fill_cart(shipping_address=least | given)

        assert shopper.start().status_code == 201


def test_a_change_tells_what_its_address_lacks_too(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    shopper.fill_cart()
    address = full_address(needing("city", "postcode")) | {"postcode": " "}

    refused = refusal(shopper.ask("PATCH", shopper.path, json={"billing_address": address}))

    assert set(refused) == {"billing_address.postcode"}


def test_what_is_missing_and_what_is_wrong_are_told_together(shopper: Shopper) -> None:
    address = {"city": 5, "line_two": "x" * 256, "planet": "Earth", "country": needing("city", "state", "postcode")}

    refused = refusal(shopper.ask("POST", "/carts", json={"shipping_address": address, "email": "ada@localhost"}))

    fields = ("first_name", "line_one", "line_two", "city", "state", "postcode", "planet")
    assert set(refused) == {"email", *(f"shipping_address.{name}" for name in fields)}
    assert all(message and "{" not in message for message in refused.values())


@pytest.mark.parametrize("empty", [None, ""])
def test_what_is_optional_may_be_null_or_empty(shop: Shop, shopper: Shopper, empty: str | None) -> None:
    shop.sell("MUG")
    address = {
        **full_address(needing()),
        **dict.fromkeys(("first_name", "line_two", "city", "state", "postcode"), empty),
    }

    shopper.fill_cart(shipping_address=address)

    assert shopper.buy().status_code == 201


def test_an_e_mail_address_is_answered_as_it_was_typed(shopper: Shopper) -> None:
    made = shopper.ask("POST", "/carts", json={"email": " Ada@Shop.TEST ", "shipping_address": ADDRESS})

    assert made.get_json()["email"] == "Ada@Shop.TEST"
