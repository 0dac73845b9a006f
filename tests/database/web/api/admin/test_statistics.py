"""The statistics as programs and pages get them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from console.telemetry import traffic
from console.testing.factories import Shop
from tests.support.web.console_visits import add_user, sign_in
from tests.support.web.programs import Ask, program
from tests.support.web.shopper import Shopper
from tests.support.web.statements import statements


def test_page_and_api_tell_the_same(app: APIFlask, viewer: Ask, client: FlaskClient, shop: Shop) -> None:
    shop.sell()
    shop.checkout()
    sign_in(client, add_user(app))

    by_api = viewer("GET", "/statistics?hours=1").get_json()
    by_page = client.get("/admin/checkout-locks/statistics?hours=1").get_json()

    assert by_api == by_page
    assert (by_api["active"], by_api["states"]["pending"], by_api["success_rate"]) == (1, 1, None)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("hours", ["0", "721", "x", "", "²", "1.5"])
def test_hours_that_are_none_are_refused(viewer: Ask, hours: str) -> None:
    assert viewer("GET", "/statistics", query_string={"hours": hours}).status_code == 422


def test_refusals_of_the_limit_and_hits_of_the_cache_are_counted(
    make_shopper: Callable[..., Shopper], shop: Shop
) -> None:
    shop.sell()
    shopper = make_shopper(CHECKOUT_RATE_LIMIT="1 per minute").fill_cart()
    viewer = program(shopper.app, "viewer")  # type: ignore[arg-type]
    before = viewer("GET", "/statistics").get_json()["rate_limit_hits"]
    with shopper.app.app_context():
        seen_before = traffic.read_traffic(hours=1)

    answers = [shopper.start().status_code for _ in range(3)]
    for _ in range(4):
        shopper.status()

    with shopper.app.app_context():
        seen = traffic.read_traffic(hours=1)
    assert answers == [201, 429, 429]
    assert viewer("GET", "/statistics").get_json()["rate_limit_hits"] == before + 2
    assert (seen.cache_hits - seen_before.cache_hits, seen.cache_misses - seen_before.cache_misses) == (3, 1)


def test_the_statistics_cost_the_same_however_much_there_is(app: APIFlask, viewer: Ask, shop: Shop) -> None:
    viewer("GET", "/statistics")  # notes the use of the token
    shop.sell(stock=100)
    shop.checkout()
    with statements(app) as for_one:
        viewer("GET", "/statistics")
    for _ in range(20):
        shop.checkout()
    with statements(app) as for_many:
        viewer("GET", "/statistics")

    assert len(for_many) == len(for_one) == 9  # who is it, the clock, and seven counts
