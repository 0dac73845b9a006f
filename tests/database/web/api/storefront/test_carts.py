"""The catalogue, and carts as they are filled and changed."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from console.testing.factories import ADDRESS, Shop
from tests.support.web.shopper import Shopper, gbp


def test_the_same_sku_twice_is_one_line(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")

    cart = shopper.fill_cart(("MUG", 2), ("MUG", 3)).cart
    added = shopper.ask("POST", f"{shopper.path}/lines", json={"sku": "MUG", "quantity": 5.0}).get_json()

    assert [line["quantity"] for line in cart["lines"]] == [5]
    assert [line["quantity"] for line in added["lines"]] == [10]


def test_lines_are_changed_and_dropped_by_any_sku(shop: Shop, shopper: Shopper) -> None:
    shop.sell("a//b /é%?#", price=100)
    shopper.fill_cart(("a//b /é%?#", 2))
    line = f"{shopper.path}/lines/a//b%20/%C3%A9%25%3F%23"

    changed = shopper.ask("PATCH", line, json={"quantity": 7})
    shown = shopper.ask("GET", "/products/a//b%20/%C3%A9%25%3F%23")
    dropped = shopper.ask("DELETE", line)
    missing = shopper.ask("DELETE", line)

    assert changed.get_json()["totals"]["total"] == gbp(700)
    assert shown.get_json()["sku"] == "a//b /é%?#"
    assert dropped.get_json()["lines"] == []
    assert missing.status_code == 404


def test_details_left_out_stay_and_null_takes_them_away(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    shopper.fill_cart()

    changed = shopper.ask("PATCH", shopper.path, json={"billing_address": ADDRESS | {"city": "Paris"}}).get_json()
    cleared = shopper.ask("PATCH", shopper.path, json={"billing_address": None, "email": None}).get_json()

    assert (changed["email"], changed["billing_address"]["city"]) == ("ada@example.org", "Paris")
    assert (cleared["email"], cleared["billing_address"]) == (None, None)
    assert cleared["shipping_address"]["city"] == "London"


def test_the_catalogue_is_paged_and_searched(shop: Shop, shopper: Shopper) -> None:
    for number in range(5):
        shop.sell(f"SKU-{number}", name="Same name", price=100 + number, stock=number)
    shop.sell("ODD", name="100%_off", price=1)
    shop.sell("GONE", active=False)
    pages, cursor = [], ""

    while True:
        page = shopper.ask("GET", f"/products?limit=2&cursor={cursor}").get_json()
        pages.append([product["sku"] for product in page["data"]])
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]

    assert [len(page) for page in pages] == [2, 2, 2]
    assert sorted(sku for page in pages for sku in page) == ["ODD", "SKU-0", "SKU-1", "SKU-2", "SKU-3", "SKU-4"]
    found = {q: shopper.ask("GET", f"/products?q={q}").get_json()["data"] for q in ("sku-3", "%25", "_", "%5C")}
    assert [product["sku"] for product in found["sku-3"]] == ["SKU-3"]
    assert (found["sku-3"][0]["unit_price"], found["sku-3"][0]["available"]) == (gbp(103), 3)
    assert [product["sku"] for product in found["%25"]] == ["ODD"]
    assert [product["sku"] for product in found["_"]] == ["ODD"]
    assert found["%5C"] == []


def test_what_a_checkout_holds_is_not_available(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG", stock=5)
    shopper.fill_cart(("MUG", 2)).buy()

    assert shopper.ask("GET", "/products/MUG").get_json()["available"] == 3


def test_a_cart_whose_commit_was_lost_is_made_all_the_same(
    shop: Shop, shopper: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell("MUG")
    commit, losses = Session.commit, iter([True])

    def commit_and_break(session: Session) -> None:
        is_writing = session.in_transaction() and "checkout_writes" in session.connection().get_execution_options()
        commit(session)
        if is_writing and next(losses, False):
            lost = Exception("server closed the connection unexpectedly")
            raise OperationalError("COMMIT", {}, lost, connection_invalidated=True)

    monkeypatch.setattr(Session, "commit", commit_and_break)

    shopper.fill_cart()

    assert shopper.ask("GET", shopper.path).status_code == 200
