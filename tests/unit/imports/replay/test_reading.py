"""From files to invoices: what is goods is bought, what is not is counted with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

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
        (5, "an"),
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


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United Kingdom", "GB"),
        ("EIRE", "IE"),
        ("Eire", "IE"),
        ("USA", "US"),
        ("RSA", "ZA"),
        ("Czech Republic", "CZ"),
        ("Channel Islands", "JE"),
        ("de", "DE"),
        ("European Community", None),
        ("Unspecified", None),
        ("EU", None),
        ("", None),
    ],
)
def test_countries_have_their_iso_codes(name: str, code: str | None) -> None:
    assert find_country(name) == code


def test_the_same_customer_is_the_same_person_always() -> None:
    one, again, other = Shopper("17850", country="IE"), Shopper("17850", country="IE"), Shopper("13047", country="IE")

    assert (one.email, one.address) == (again.email, again.address)
    assert one.email != other.email
    assert one.address["country"] == "IE"
