"""The arithmetic of a cart: it always adds up, is never negative, and does not depend on the order of the lines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.prices.lines import Line
from console.engine.prices.money import convert, decimals, split, to_minor
from console.engine.prices.totals import Discount, Shipping, TaxTable, Totals, total_up

UK = {"standard": ("VAT", Decimal("0.2")), "reduced": ("VAT reduced", Decimal("0.05"))}

lines = st.lists(
    st.builds(
        Line,
        line_id=st.integers(1, 10**6),
        variant_id=st.integers(1, 50),
        sku=st.sampled_from(["CUP", "MUG", "PEN"]),
        name=st.just("Mug"),
        quantity=st.integers(1, 3) | st.integers(1, 100_000),
        unit_price=st.integers(0, 9) | st.integers(0, 10**7),  # small ones leave equal remainders
        tax_class=st.sampled_from(["standard", "reduced", "books"]),
        is_discountable=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda line: line.line_id,
)
discounts = (
    st.none()
    | st.builds(
        Discount,
        code=st.just("TEN"),
        name=st.just("Ten"),
        percent=st.decimals(0, 100, places=2),
    )
    | st.builds(Discount, code=st.just("FIX"), name=st.just("Fixed"), amount=st.integers(0, 99) | st.integers(0, 10**9))
)
shippings = st.none() | st.builds(
    Shipping,
    name=st.just("Post"),
    price=st.integers(0, 10**5),
    free_above=st.none() | st.integers(0, 10**9),
    tax_class=st.sampled_from([None, "standard"]),
)
taxes = st.builds(TaxTable, rates=st.sampled_from([{}, UK]), is_included=st.booleans())


def line(price: int, quantity: int = 1, **fields: object) -> Line:
    return Line(1, 1, "MUG", "Mug", quantity, price, **{"tax_class": "standard", **fields})  # type: ignore[arg-type]


def price(*items: Line, discount: Discount | None = None, is_included: bool = False) -> Totals:
    return total_up(items, discount=discount, shipping=None, tax=TaxTable(UK, is_included))


@given(lines, discounts, shippings, taxes)
def test_totals_add_up_and_are_never_negative(
    items: list[Line], discount: Discount | None, shipping: Shipping | None, tax: TaxTable
) -> None:
    totals = total_up(items, discount=discount, shipping=shipping, tax=tax)

    assert totals.total == totals.sub_total - totals.discount_total + totals.tax_total + totals.shipping_total
    assert totals.total == sum(each.total for each in totals.lines) + totals.shipping_total
    assert totals.discount_total == sum(told["amount"] for told in totals.discounts)
    goods_taxes = [told for told in totals.taxes if told.get("on") != "shipping"]
    told_on_lines = sum(told["amount"] for each in totals.lines for told in each.taxes)
    assert told_on_lines == sum(told["amount"] for told in goods_taxes)
    assert totals.total >= totals.shipping_total >= 0
    for each in totals.lines:
        assert 0 <= each.discount_total <= each.line.sub_total
        assert each.tax_total >= 0
        assert each.total == each.line.unit_price * each.line.quantity - each.discount_total + each.tax_total


@given(lines, discounts, shippings, taxes, st.randoms())
def test_totals_do_not_depend_on_the_order_of_the_lines(
    items: list[Line], discount: Discount | None, shipping: Shipping | None, tax: TaxTable, random: Any
) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)

    one, other = (total_up(each, discount=discount, shipping=shipping, tax=tax) for each in (items, shuffled))

    assert (one.total, one.shipping_total, one.taxes) == (other.total, other.shipping_total, other.taxes)
    assert {each.line.line_id: each for each in one.lines} == {each.line.line_id: each for each in other.lines}


@given(lines, discounts, shippings, taxes, st.randoms())
def test_a_product_costs_the_same_in_whichever_order_the_lines_were_put_in(
    items: list[Line], discount: Discount | None, shipping: Shipping | None, tax: TaxTable, random: Any
) -> None:
    ids = [each.line_id for each in items]
    random.shuffle(ids)
    renumbered = [replace(each, line_id=line_id) for each, line_id in zip(items, ids, strict=True)]

    one, other = (total_up(each, discount=discount, shipping=shipping, tax=tax) for each in (items, renumbered))

    assert one.total == other.total
    assert _by_content(one) == _by_content(other)


def _by_content(totals: Totals) -> list[Any]:
    """Give the lines' amounts without their ids; lines that are alike to the last piece may swap a penny."""
    told = [
        (replace(each.line, line_id=0, is_discountable=True), each.discount_total, each.tax_total)
        for each in totals.lines
    ]
    return sorted(told, key=repr)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), max_size=30))
def test_a_split_adds_up_to_the_whole(total: int, weights: list[int]) -> None:
    parts = split(total, weights=weights)

    assert sum(parts) == (total if sum(weights) else 0)
    assert all(part >= 0 for part in parts)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_tax_is_rounded_once_a_rate_and_split_over_its_lines() -> None:
    totals = price(line(3), line(3), line(3))

    assert totals.tax_total == 2  # 20 % of 9 is 1.8
    assert [each.tax_total for each in totals.lines] == [1, 1, 0]


def test_an_included_tax_adds_nothing_and_is_told() -> None:
    totals = price(line(1200), is_included=True)

    assert (totals.total, totals.tax_total) == (1200, 0)
    assert [(told["amount"], told["included"]) for told in totals.taxes] == [(200, True)]


def test_a_fixed_discount_never_exceeds_what_it_applies_to() -> None:
    totals = price(line(500), line(700, is_discountable=False), discount=Discount("TEN", "Ten off", amount=1000))

    assert [each.discount_total for each in totals.lines] == [500, 0]


def test_a_penny_that_is_left_over_goes_to_the_same_line_wherever_it_stands() -> None:
    cup, mug = line(3), replace(line(3), line_id=2, sku="CUP")

    there, back = (price(*items, discount=Discount("ONE", "One", amount=1)) for items in ((cup, mug), (mug, cup)))

    assert [each.discount_total for each in there.lines] == [0, 1]
    assert [each.discount_total for each in back.lines] == [1, 0]


def test_a_percentage_of_odd_pennies_is_rounded_once_for_the_cart() -> None:
    totals = price(
        *(replace(line(333), line_id=number) for number in (1, 2, 3)),
        discount=Discount("TEN", "", percent=Decimal("12.5")),
    )

    assert totals.discount_total == 125  # 12.5 % of 999 is 124.875
    assert [each.discount_total for each in totals.lines] == [42, 42, 41]


def test_a_discount_says_what_it_was_taken_off() -> None:
    totals = price(line(500, 2), line(700, is_discountable=False), discount=Discount("TEN", "Ten", percent=Decimal(10)))

    told = {"code": "TEN", "name": "Ten", "percent": "10", "base": 1000, "amount": 100}
    assert totals.discounts == [told]
    assert [each.discounts for each in totals.lines] == [[told], []]


def test_a_discount_below_nothing_takes_nothing() -> None:
    assert price(line(500), discount=Discount("BAD", "Bad", amount=-5)).discount_total == 0


@pytest.mark.parametrize(("is_included", "shipping_total", "tax"), [(False, 360, 60), (True, 300, 50)])
def test_shipping_is_taxed_by_its_own_class(*, is_included: bool, shipping_total: int, tax: int) -> None:
    post = Shipping("Post", 300, tax_class="standard")

    totals = total_up([line(1000, tax_class="books")], discount=None, shipping=post, tax=TaxTable(UK, is_included))

    assert (totals.total, totals.tax_total, totals.shipping_total) == (1000 + shipping_total, 0, shipping_total)
    assert [(told["on"], told["base"], told["amount"]) for told in totals.taxes] == [("shipping", 300, tax)]


def test_shipping_is_free_from_the_amount_on_that_is_left_after_the_discount() -> None:
    post = Shipping("Post", 300, free_above=1000)

    def shipped(amount: int) -> int:
        off = Discount("OFF", "", amount=amount)
        return total_up([line(1500)], discount=off, shipping=post, tax=TaxTable()).shipping_total

    assert (shipped(500), shipped(501)) == (0, 300)


def test_an_empty_cart_is_not_shipped() -> None:
    assert total_up([], discount=None, shipping=Shipping("Post", 300), tax=TaxTable()).total == 0


@pytest.mark.parametrize("is_included", [False, True])
def test_a_full_discount_leaves_no_tax_either(*, is_included: bool) -> None:
    totals = price(line(1999, 3), discount=Discount("ALL", "", percent=Decimal(100)), is_included=is_included)

    assert (totals.total, totals.tax_total, [told["amount"] for told in totals.taxes]) == (0, 0, [0])


def test_a_full_discount_leaves_nothing_to_pay() -> None:
    assert price(line(1999, 3), discount=Discount("ALL", "All", percent=Decimal(100))).total == 0


@pytest.mark.parametrize(
    ("amount", "currency", "minor"), [("4.20", "GBP", 420), ("500", "JPY", 500), ("1.234", "KWD", 1234)]
)
def test_an_amount_is_read_in_its_currency(amount: str, currency: str, minor: int) -> None:
    assert to_minor(amount, currency=currency) == minor


@pytest.mark.parametrize("amount", ["", "abc", "-1", "1.999", "NaN", "Infinity", "1e30"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match=r"is not an amount|out of bounds|more decimals"):
        to_minor(amount, currency="GBP")


def test_a_conversion_minds_both_currencies_decimals() -> None:
    assert decimals("JPY") == 0
    assert convert(1000, rate=Decimal("190.5"), base="GBP", quote="JPY") == 1905
    assert convert(1905, rate=Decimal("0.00525"), base="JPY", quote="GBP") == 1000
    assert decimals("KWD") == 3
    assert convert(1099, rate=Decimal("0.3895"), base="GBP", quote="KWD") == 4281  # 10.99 GBP are 4.280605 KWD
    assert convert(4281, rate=Decimal(490), base="KWD", quote="JPY") == 2098
