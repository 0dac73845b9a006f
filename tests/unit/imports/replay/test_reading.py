"""From files to invoices: what is goods is bought, what is not is counted with its reason."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.engine.cart.addresses import countries, faults_of, read_email
from console.engine.store.tables import carts, longest_texts, variants
from console.imports.csv_files import UnreadableFile
from console.imports.replay import read_baskets, read_week
from console.imports.replay.country_names import find_country
from console.imports.replay.invoices import Skip
from console.imports.replay.shoppers import Shopper
from tests.support.invoices import GOODS_INVOICES, HEADER, line, write_csv, write_skus, write_week


def test_each_goods_invoice_is_read_to_the_penny(tmp_path: Path) -> None:
    week = write_week(tmp_path)

    reading = read_week(week.invoices)

    assert {invoice.number: invoice.sub_total for invoice in reading.invoices} == week.sums
    assert len(week.sums) == GOODS_INVOICES


def test_what_is_left_out_is_counted_with_its_reason(tmp_path: Path) -> None:
    reading = read_week(write_week(tmp_path).invoices)

    assert reading.skipped_lines == {
        Skip.NOT_GOODS: 2,
        Skip.PRICE: 1,
        Skip.QUANTITY: 2,
        Skip.CANCELLATION: 2,
        Skip.BROKEN: 2,
    }
    assert reading.skipped_invoices == {Skip.CANCELLATION: 1, Skip.NO_LINES: 3, Skip.COUNTRY: 1}


def test_broken_lines_are_listed_with_number_and_reason(tmp_path: Path) -> None:
    rows = [HEADER, line(1, "22752", price="cheap"), (1, 2), line(2, "22752", at="once"), line("", "22752")]

    reading = read_week(write_csv(tmp_path / "week.csv", rows))

    assert [(bad.number, bad.reason.split(" ")[0]) for bad in reading.broken] == [
        (2, "unit_price_gbp"),
        (3, "2"),
        (4, "Invalid"),
        (5, "invoice"),
    ]


def test_lines_of_one_invoice_may_stand_apart_and_repeat(tmp_path: Path) -> None:
    rows = [HEADER, line(1, "22752", 2, "1.00"), line(2, "71053"), line(1, "22752", 3, "2.00")]

    first, _ = read_week(write_csv(tmp_path / "week.csv", rows)).invoices

    assert [tuple(each) for each in first.lines] == [("22752", 2, 100), ("22752", 3, 200)]


def test_a_week_cut_off_is_refused_before_anything_is_bought(tmp_path: Path) -> None:
    path = write_week(tmp_path).invoices
    path.write_text("sku,name\n", encoding="utf-8")

    with pytest.raises(UnreadableFile, match="lacks 'invoice'"):
        read_week(path)


def test_baskets_take_prices_and_quantities_from_the_sku_file(tmp_path: Path) -> None:
    baskets = write_csv(tmp_path / "baskets.csv", [("22752", "22752", "71053"), ("M", "99999"), ("85123A",)])

    reading = read_baskets(baskets, skus=write_skus(tmp_path))

    assert [(invoice.number, len(invoice.lines), invoice.sub_total) for invoice in reading.invoices] == [
        ("basket-1", 3, 1800),
        ("basket-3", 1, 600),
    ]
    assert reading.skipped_lines == {Skip.NOT_GOODS: 1, Skip.UNPRICED: 1}
    assert reading.skipped_invoices == {Skip.NO_LINES: 1}


def test_baskets_may_be_limited(tmp_path: Path) -> None:
    baskets = write_csv(tmp_path / "baskets.csv", [("22752",)] * 5)

    assert len(read_baskets(baskets, skus=write_skus(tmp_path), limit=2).invoices) == 2


def test_the_same_customer_is_the_same_person_always() -> None:
    one, again, other = Shopper("17850", country="IE"), Shopper("17850", country="IE"), Shopper("13047", country="IE")

    assert (one.email, one.address) == (again.email, again.address)
    assert one.email != other.email
    assert one.address["country"] == "IE"


@pytest.mark.parametrize("key", ["17850", "", "é", "a" * 255, "A-1 " * 60])
def test_every_shopper_has_an_address_and_an_e_mail_that_a_cart_takes(key: str) -> None:
    for country in countries():
        shopper = Shopper(key, country=country)

        assert list(faults_of(shopper.address)) == []
        assert read_email(shopper.email) == shopper.email


def test_times_with_and_without_a_zone_stand_in_their_order(tmp_path: Path) -> None:
    times = ["2026-03-29T08:26:00Z", "2026-03-29 08:25", "2026-03-29T12:00:00+05:30", "0001-01-01T00:00:00+14:00"]
    rows = [HEADER, *(line(number, "22752", at=at) for number, at in enumerate(times))]

    reading = read_week(write_csv(tmp_path / "week.csv", rows))

    read = sorted(reading.invoices, key=lambda invoice: invoice.invoiced_at or datetime.now(UTC))
    assert [invoice.number for invoice in read] == ["2", "1", "0"]
    assert {invoice.invoiced_at.tzinfo for invoice in read if invoice.invoiced_at} == {UTC}
    assert [bad.number for bad in reading.broken] == [5]


def test_countries_that_nobody_knows_are_named(tmp_path: Path) -> None:
    names = ["Atlantis", "Atlantis", "Deutschland", "", "x" * 1000]
    rows = [HEADER, *(line(number, "22752", country=name) for number, name in enumerate(names))]

    reading = read_week(write_csv(tmp_path / "week.csv", rows))

    assert [invoice.country for invoice in reading.invoices] == [find_country("Deutschland")]
    assert reading.skipped_invoices == {Skip.COUNTRY: 4}
    assert reading.unknown_countries == {"Atlantis": 2, "(blank)": 1, "x" * 60: 1}


def test_a_text_longer_than_its_column_breaks_its_line(tmp_path: Path) -> None:
    longest = {"invoice": longest_texts(carts)["shop_reference"], "customer_id": longest_texts(carts)["email"]}
    longest["stock_code"] = longest_texts(variants)["sku"]
    fitting = {name: "1" * most for name, most in longest.items()}
    cells = dict(zip(HEADER, map(str, line(1, "22752")), strict=True))
    too_long = [cells | fitting | {name: "1" * (most + 1)} for name, most in longest.items()]

    reading = read_week(
        write_csv(tmp_path / "week.csv", [HEADER, *(each.values() for each in [cells | fitting, *too_long])])
    )

    assert [invoice.number for invoice in reading.invoices] == [fitting["invoice"]]
    assert [bad.reason.split()[0] for bad in reading.broken] == list(longest)


CELLS = st.text(st.characters(codec=None), max_size=12) | st.sampled_from(
    [
        "1",
        "22752",
        "-1",
        "9" * 40,
        "2.55",
        "1e400",
        "NaN",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "2026-W01-1",
        "\x00",
        "C1",
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=len(HEADER), max_size=len(HEADER)), max_size=4))
def test_no_line_whatever_stands_in_it_ends_the_reading(tmp_path: Path, rows: list[list[str]]) -> None:
    path = tmp_path / "week.csv"
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        csv.writer(file).writerows([HEADER, line(1, "22752"), *rows])

    reading = read_week(path)

    sorted(reading.invoices, key=lambda invoice: (invoice.invoiced_at, invoice.number))
    assert reading.invoices or reading.skipped_invoices
