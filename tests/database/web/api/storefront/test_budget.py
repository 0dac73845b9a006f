"""What reading and filling a cart cost the database, however many lines it has; a purchase: `test_counts.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.testing.factories import ADDRESS, Shop
from tests.support.web.cases import in_case
from tests.support.web.shopper import API, Shopper
from tests.support.web.statements import Cost, counted


def cost_of(shopper: Shopper, method: str, path: str, **body: Any) -> Cost:
    client = shopper.app.test_client()
    with counted(shopper.app) as cost:
        response = client.open(API + path, method=method, headers=shopper.headers(), **body)
    assert response.status_code < 400, response.text
    return cost


def read_cart(shopper: Shopper) -> Cost:
    return cost_of(shopper, "GET", shopper.path)


def read_catalogue(shopper: Shopper) -> Cost:
    return cost_of(shopper, "GET", "/products?limit=100")


def read_status(shopper: Shopper) -> Cost:
    return cost_of(shopper, "GET", f"{shopper.path}/checkout-status")


def read_frozen_cart(shopper: Shopper) -> Cost:
    shopper.buy()
    return read_cart(shopper)


def read_checkout(shopper: Shopper) -> Cost:
    return cost_of(shopper, "GET", f"/checkouts/{shopper.checkout()['id']}")


def read_order(shopper: Shopper) -> Cost:
    return cost_of(shopper, "GET", f"/orders/{shopper.buy().get_json()['order']['number']}")


MOST_STATEMENTS: dict[Callable[[Shopper], Cost], int] = {
    read_cart: 4,
    read_frozen_cart: 2,
    read_catalogue: 1,
    read_status: 1,
    read_checkout: 1,
    read_order: 2,
}


def test_reading_costs_the_same_for_one_line_as_for_forty(shop: Shop, shopper: Shopper) -> None:
    for number in range(40):
        shop.sell(f"SKU-{number}")

    for read, most in MOST_STATEMENTS.items():
        with in_case(read.__name__):
            small = Shopper(shopper.app).fill_cart(("SKU-0", 1))
            large = Shopper(shopper.app).fill_cart(*((f"SKU-{number}", 1) for number in range(40)))

            costs = [read(small), read(large)]

            assert len(costs[0].statements) == len(costs[1].statements) <= most
            assert [cost.commits for cost in costs] == [0, 0]


def test_making_a_cart_costs_the_same_for_one_line_as_for_forty(shop: Shop, shopper: Shopper) -> None:
    for number in range(40):
        shop.sell(f"SKU-{number}")
    carts = [
        {"shipping_address": ADDRESS, "lines": [{"sku": f"SKU-{number}", "quantity": 1} for number in range(size)]}
        for size in (1, 40)
    ]

    small, large = (cost_of(shopper, "POST", "/carts", json=cart) for cart in carts)

    assert len(small.statements) == len(large.statements)
    assert (small.commits, large.commits) == (1, 1)
