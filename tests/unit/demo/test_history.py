"""What the demo's history is made of: when, who, and what they want; all the same at every seeding."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from console.demo.baskets import make_basket, prices_by_sku
from console.demo.history import plan
from console.demo.people import make_person
from console.demo.places import COUNTRIES
from console.demo.rhythm import DAYS, spread
from console.engine.cart.addresses import missing_fields

NOW = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
POSTCODES = {
    "GB": r"[A-Z]{1,2}\d{1,2} \d[A-Z]{2}",
    "IE": r"[A-Z]\d{2} [A-Z\d]{4}",
    "NL": r"\d{4} [A-Z]{2}",
    "JP": r"\d{3}-\d{4}",
}


@pytest.mark.parametrize("count", [0, 1, 4, 20, 500])
def test_a_plan_has_as_many_checkouts_as_asked_for_in_their_order(count: int) -> None:
    scenes = plan(count, now=NOW)

    moments = [scene.seconds_ago for scene in scenes]
    assert len({scene.reference for scene in scenes}) == count
    assert moments == sorted(moments, reverse=True)
    assert plan(count, now=NOW) == scenes


def test_nights_are_quiet_and_evenings_busy() -> None:
    moments = spread(2000, now=NOW)

    hours = Counter((NOW - timedelta(seconds=ago)).hour for ago in moments)
    assert sum(hours[hour] for hour in range(1, 6)) < 60 < min(hours[12], hours[20])
    assert min(hours[13], hours[20]) > hours[16] > hours[7]
    assert max(moments) <= 86400 * DAYS


def test_customers_come_back_from_many_countries_with_addresses_of_their_own() -> None:
    people = [make_person(number) for number in range(400)]

    assert {person.address["country"] for person in people} == {country.code for country in COUNTRIES}
    assert all(re.fullmatch(r"[a-z.\d-]+@example\.(com|org|net)", person.email) for person in people)
    assert [missing for person in people if (missing := missing_fields(person.address))] == []
    for address in (person.address for person in people):
        assert re.fullmatch(POSTCODES.get(address["country"], r"\d{5}"), address["postcode"])
    emails = Counter(make_basket(f"demo-{number}", number).person.email for number in range(1, 240))
    assert 80 < len(emails) < 200 > max(emails.values()) > 2


def test_baskets_have_bestsellers_and_sizes_of_all_kinds() -> None:
    baskets = [make_basket(f"demo-{number}", number) for number in range(1, 400)]

    sold = Counter(line.sku for basket in baskets for line in basket.lines)
    assert {sku for sku, _ in sold.most_common(3)} <= {"MUG-01", "TEA-01", "BIS-01", "HON-01"}
    assert sold.keys() == prices_by_sku().keys()
    assert {len(basket.lines) for basket in baskets} >= {1, 2, 3, 4, 5}
    assert 60 < sum(basket.coupon_code is not None for basket in baskets) < 180
    assert len({basket.coupon_code for basket in baskets}) == 7
    assert {basket.payment[0] for basket in baskets} == {"card", "paypal", "bank_transfer"}
