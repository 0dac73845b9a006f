"""The form for an address follows its country: what is asked, in which order, and what it is called."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.models import CheckoutLock
from console.testing.factories import Shop
from console.web.storefront.formats import countries_by_name
from tests.support.countries import ALL, as_different_as_can_be, full_address, needed, needing, rules_of, written_parts
from tests.support.web.browser import DETAILS, Browser
from tests.support.web.rows import count

pytestmark = pytest.mark.databases("sqlite")
_PART = re.compile(r'<div class="field"( data-part="(\w+)")( hidden)?>\s*<label for="([\w-]+)">([^<]+)</label>')


@pytest.fixture
def shopper(shop: Shop, browser_at: Callable[..., Browser]) -> Browser:
    """Give a browser with a mug in its cart."""
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_RATE_LIMIT="1000 per minute")
    browser.put()
    return browser


def asked(page: str, *, prefix: str = "") -> dict[str, str]:
    """Read which parts a page's form asks for, with their labels, in their order."""
    found = [
        (name, label, bool(hidden))
        for _, name, hidden, field, label in _PART.findall(page)
        if field == f"{prefix}{name}"
    ]
    assert len(found) == 3
    return {name: unescape(label) for name, label, is_hidden in found if not is_hidden}


def show_fields(shopper: Browser, **typed: str) -> str:
    """Press the button that shows the chosen country's fields, without JavaScript."""
    shopper.send("/checkout", of="/checkout", show_fields="y", **typed)
    return shopper.follow().text


def test_the_button_shows_the_fields_of_the_country_as_its_post_has_them(shopper: Browser) -> None:
    for country in as_different_as_can_be():
        labels = asked(show_fields(shopper, country=country))

        assert list(labels) == written_parts(country)
        assert {name for name, label in labels.items() if not label.endswith(" (optional)")} == needed(country)


CALLED = [
    ("postal_code_type", "zip", "postcode", "ZIP code"),
    ("postal_code_type", "eircode", "postcode", "Eircode"),
    ("postal_code_type", "pin", "postcode", "PIN"),
    ("postal_code_type", "postal", "postcode", "Postcode"),
    ("country_area_type", "state", "state", "State"),
    ("country_area_type", "province", "state", "Province"),
    ("country_area_type", "emirate", "state", "Emirate"),
    ("country_area_type", "prefecture", "state", "Prefecture"),
    ("city_type", "suburb", "city", "Suburb"),
    ("city_type", "district", "city", "District"),
    ("city_type", "city", "city", "Town or city"),
]


def test_a_field_is_called_what_it_is_called_there(shopper: Browser) -> None:
    for kind, word, field, label in CALLED:
        country = next(each for each in ALL if getattr(rules_of(each), kind) == word and field in written_parts(each))

        assert asked(show_fields(shopper, country=country))[field].removesuffix(" (optional)") == label


def test_the_button_checks_nothing_starts_nothing_and_keeps_what_was_typed(shopper: Browser, session: Session) -> None:
    full, sparse = needing("city", "state", "postcode"), needing()
    typed = DETAILS | {"country": full, "first_name": "Augusta", "postcode": "90210", "email": "not yet"}

    for country in (full, sparse, full):
        shown = show_fields(shopper, **typed | {"country": country})

        assert all(f'value="{typed[name]}"' in shown for name in ("first_name", "postcode", "email"))
        assert 'aria-invalid="true"' not in shown
        assert shopper.page.headers.get("X-RateLimit-Remaining") in (None, "1000")
    assert count(session, CheckoutLock) == 0


def test_the_billing_address_follows_its_own_country(shopper: Browser) -> None:
    here, there = needing("city", "state", "postcode"), needing()

    shown = show_fields(shopper, **{"country": here, "billing-country": there})

    assert set(asked(shown)) == {"city", "state", "postcode"}
    assert not needed(there) & set(asked(shown, prefix="billing-"))
    assert "<details open>" in shown


def test_what_a_country_needs_is_enough_and_all_of_it_is_asked_for(shopper: Browser) -> None:
    for country in as_different_as_can_be():
        least = {"email": "ada@example.org", "country": country, "last_name": "Cher", "line_one": "1 Long Lane"}
        given = {name: value for name, value in full_address(country).items() if name in needed(country)}

        shopper.send("/checkout", of="/checkout", **least)
        refused = shopper.follow().text
        shopper.send("/checkout", of="/checkout", **least | given)
        started = shopper.lock()

        kept = {"email": shopper.cart().email} | (shopper.cart().shipping_address or {})
        assert refused.count('aria-invalid="true"') == len(given)
        assert (started.state, kept) == ("pending", least | given)
        shopper.send("/checkout/cancel", of="/checkout")


def test_what_has_no_place_in_the_country_s_addresses_is_not_kept(shopper: Browser) -> None:
    country = needing()
    nowhere = {"city", "state", "postcode"}.difference(written_parts(country))

    shopper.start(**full_address(country) | dict.fromkeys(nowhere, "x" * 300))

    assert nowhere
    assert not nowhere & set(shopper.cart().shipping_address or ())


@pytest.mark.parametrize("names", [{"first_name": ""}, {"last_name": ""}])
def test_one_name_is_enough(shopper: Browser, names: dict[str, str]) -> None:
    shopper.start(**names)

    assert shopper.lock().state == "pending"


def test_a_page_has_all_rules_for_its_own_script(shopper: Browser) -> None:
    page = shopper.open("/checkout").text
    told: dict[str, Any] = json.loads(unescape(re.findall(r'data-address-rules="([^"]+)"', page)[0]))

    for country in ALL:
        parts = told["rules"][told["countries"][country]]
        assert {name for name, _, is_needed in parts if is_needed} == needed(country)
    assert len(told["rules"][told["countries"][""]]) == 3


def test_countries_stand_where_people_look_for_them() -> None:
    names = list(countries_by_name().values())

    assert [name[:1] for name in names if name[:1].isascii()] == sorted(
        name[:1] for name in names if name[:1].isascii()
    )
    beside = {"Å": "A", "É": "E", "Ö": "O"}
    for place, name in enumerate(names):
        if not name[:1].isascii():
            assert {names[place - 1][:1], names[place + 1][:1]} == {beside[name[:1]]}
    assert "Kosovo" in names


@pytest.mark.parametrize("email", [" Ada@Shop.TEST ", "jürgen@exämple.de"])
def test_an_e_mail_address_is_kept_as_it_was_typed_without_its_blanks(shopper: Browser, email: str) -> None:
    shopper.start(email=email)

    assert shopper.cart().email == email.strip()


@pytest.mark.parametrize("email", ["ada@localhost", "a b@example.org", "Ada <ada@example.org>"])
def test_what_is_no_e_mail_address_is_told_beside_it(shopper: Browser, email: str) -> None:
    shopper.start(email=email)

    assert "Enter an e-mail address, such as ada@example.org." in shopper.follow().text
