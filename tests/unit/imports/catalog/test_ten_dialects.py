"""One catalogue, written as ten programs would write it, is read as the same catalogue from each."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.imports.catalog.reading import FileForm
from tests.support.catalogues import read_file, told

HEADER = ("sku", "name", "unit_price", "currency", "stock")
Rows = list[list[str]]


@dataclass(frozen=True)
class Goods:
    """A product as its shop knows it: the price in pence."""

    sku: str
    name: str
    price: int
    stock: int | None

    def row(self, *, mark: str = ".", thousands: str = "", pieces: str = "{}") -> list[str]:
        pounds = f"{self.price // 100:,}".replace(",", thousands)
        stock = "" if self.stock is None else pieces.format(self.stock)
        return [self.sku, self.name, f"{pounds}{mark}{self.price % 100:02}", "GBP", stock]


def as_csv(
    rows: Sequence[Sequence[str]], *, delimiter: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def plain(goods: Sequence[Goods]) -> bytes:
    return as_csv([HEADER, *(each.row() for each in goods)]).encode()


def excel_with_commas(goods: Sequence[Goods]) -> bytes:
    return as_csv([HEADER, *(each.row(thousands=",") for each in goods)], end="\r\n").encode("utf-8-sig")


def excel_in_german(goods: Sequence[Goods]) -> bytes:
    rows = [HEADER, *(each.row(mark=",", thousands=".") for each in goods)]
    return as_csv(rows, delimiter=";", end="\r\n").encode("cp1252")


def excels_unicode_text(goods: Sequence[Goods]) -> bytes:
    return as_csv([HEADER, *(each.row() for each in goods)], delimiter="\t", end="\r\n").encode("utf-16")


def a_file_that_says_its_delimiter(goods: Sequence[Goods]) -> bytes:
    rows = [HEADER, *(each.row(mark=",", thousands="\u00a0") for each in goods)]
    return ("sep=|\n" + as_csv(rows, delimiter="|")).encode()


def a_hand_made_one(goods: Sequence[Goods]) -> bytes:
    rows: Rows = [["", "", "", "", ""], [" SKU", "Name ", "Unit Price", "CURRENCY", "Stock\u00a0", ""]]
    for each in goods:
        rows += [[f" {cell}\u00a0" for cell in each.row(pieces="{}.00")] + [""], [""] * 6]
    return as_csv(rows).encode()


def a_database(goods: Sequence[Goods]) -> bytes:
    rows = [HEADER[::-1], *(each.row(pieces="{}.0")[::-1] for each in goods)]
    return gzip.compress(as_csv(rows, quoting=csv.QUOTE_ALL).encode())


def an_old_mac(goods: Sequence[Goods]) -> bytes:
    return as_csv([HEADER, *(each.row(thousands="'") for each in goods)], end="\r").encode("utf-16-be")


def shopify(goods: Sequence[Goods]) -> bytes:
    header = ["Handle", "Title", "Option1 Value", "Variant SKU", "Variant Inventory Tracker", "Variant Inventory Qty"]
    rows = [[*header, "Variant Price", "Image Src", "Status"]]
    for number, each in enumerate(goods):
        sku, name, price, _, stock = each.row()
        rows += [
            [
                f"p-{number}",
                name,
                "Default Title",
                f"'{sku}",
                "shopify" if stock else "",
                stock,
                price,
                "1.jpg",
                "active",
            ],
            [f"p-{number}", "", "", "", "", "", "", "2.jpg", ""],
        ]
    return as_csv(rows).encode()


def woocommerce(goods: Sequence[Goods]) -> bytes:
    rows = [["ID", "Type", "SKU", "Name", "Published", "Stock", "Regular price", "Parent"]]
    for number, each in enumerate(goods):
        sku, name, price, _, stock = each.row(mark=",")
        rows.append([str(number), "simple", sku, name, "1", stock, price, ""])
    return as_csv(rows).encode("utf-8-sig")


DIALECTS: tuple[Callable[[Sequence[Goods]], bytes], ...] = (
    plain,
    excel_with_commas,
    excel_in_german,
    excels_unicode_text,
    a_file_that_says_its_delimiter,
    a_hand_made_one,
    a_database,
    an_old_mac,
    shopify,
    woocommerce,
)
WORDS = (
    *("Cup", 'Mug 5"', "Tee, red", "Pen; blue", "a|b", "caf\xe9", "Gr\xfcn", "\xd6l", "Stra\xdfe", "L\u2019\xe9t\xe9"),
    *(
        "\u20ac5",
        "\u201clungo\u201d",
        "10\xb0C",
        "Se\xf1or",
        "'s",
        "=1+1",
        "#1",
        "1.234",
        "sep=;",
        "na\xefve",
        "\u2013",
    ),
)
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join).filter(lambda name: name[0] != "'")
skus = st.from_regex(r"[A-Z0-9][A-Z0-9._/;,-]{0,10}[A-Z0-9]", fullmatch=True).filter(lambda sku: "E-" not in sku)
goods = st.builds(Goods, skus, names, st.integers(0, 10**9), st.none() | st.integers(0, 999) | st.integers(1000, 10**6))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(goods, min_size=1, max_size=6, unique_by=lambda each: each.sku))
@example([Goods("00123", "Gr\xfcn", 123_456, 1000)])
@example([Goods("A-1", "Cup", 123_400, None), Goods("A-2", "Stra\xdfe \u20ac5", 5, 0)])
def test_the_same_catalogue_is_read_from_each(catalogue: list[Goods]) -> None:
    expected = [(each.sku, each.name, each.price, each.stock) for each in catalogue]
    with TemporaryDirectory() as folder:
        for write in DIALECTS:
            path = Path(folder) / f"{write.__name__}.csv"
            path.write_bytes(write(catalogue))

            _, products, bad = read_file(path, FileForm(currency="GBP"))

            assert (write.__name__, told(products), bad) == (write.__name__, expected, {})
