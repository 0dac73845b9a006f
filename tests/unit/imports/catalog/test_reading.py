"""Catalogue files as they came: their columns in any spelling, what surrounds cells, and what is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.imports.catalog.reading import FileForm
from console.imports.csv_files import UnreadableFile
from tests.support.catalogues import read_file, told

MUG = [("MUG", "The mug", 420, 7)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


@pytest.mark.parametrize(
    "text",
    [
        "SKU,Name,Unit_Price,Currency,Stock\nMUG,The mug,4.20,GBP,7\n",
        "sku , NAME,unit price,currency,Stock\u00a0\nMUG,The mug,4.20,GBP,7\n",
        "\ufeff\ufeffsku,name,UNIT-PRICE,currency,stock\nMUG,The mug,4.20,GBP,7\n",
        "stock,currency,unit_price,name,sku\n7,GBP,4.20,The mug,MUG\n",
        "sku,name,unit_price,currency,stock,\nMUG,The mug,4.20,GBP,7,\n",
        "sku,name,unit_price,currency,stock\nMUG,The mug,4.20,GBP,7,,,\n",
        "\n,,,,\nsku,name,unit_price,currency,stock\n,,,,\n\u00a0,,,, \n\nMUG,The mug,4.20,GBP,7\n,,,,,,\n",
        'sku,name,unit_price,currency,stock\n"=""MUG""",\u200bThe mug\u00a0, 4.20 ,GBP,7\n',
        'sku;name;unit_price;currency;stock\nMUG;The mug;"4,20";GBP;7\n',
        "sep=|\nsku|name|unit_price|currency|stock\nMUG|The mug|4.20|GBP|7.0\n",
    ],
)
def test_one_line_is_the_same_however_it_is_written(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")

    _, products, bad = read_file(path)

    assert (told(products), bad) == (MUG, {})


def test_zeros_before_a_number_are_part_of_a_sku(path: Path) -> None:
    path.write_text("sku,name,unit_price,currency,stock\n00123,Zeros,4.20,GBP,5\n123,None,4.20,GBP,5\n")

    _, products, _ = read_file(path)

    assert [each.sku for each in products] == ["00123", "123"]


def test_letters_are_composed(path: Path) -> None:
    path.write_text("sku,name,unit_price,currency,stock\nU\u0308,Gru\u0308n,4.20,GBP,5\n", encoding="utf-8")

    _, products, _ = read_file(path)

    assert told(products) == [("\xdc", "Gr\xfcn", 420, 5)]


def test_how_a_file_was_read_is_said(path: Path) -> None:
    path.write_bytes("sku;name;unit_price;currency;stock\nMUG;Gr\xfcn;4,20;EUR;\n".encode("cp1252"))

    found, _, _ = read_file(path)

    assert found.told() == [
        "Read as Windows-1252, semicolons between cells, decimal comma.",
        "Lines without a stock, whose stock stays as it is: 1.",
    ]


@pytest.mark.parametrize(("decimal", "price"), [(".", 1234), (",", 1_234_000)])
def test_a_price_that_could_be_two_numbers_is_asked_for(path: Path, decimal: str, price: int) -> None:
    path.write_text("sku,name,unit_price,currency,stock\nCUP,Cup,5,KWD,1\nSET,Set,1.234,KWD,1\n")

    with pytest.raises(UnreadableFile, match=r"unit_price '1.234' on line 3 could be 1.234 or 1234: say --decimal"):
        read_file(path)

    _, products, _ = read_file(path, FileForm(decimal=decimal))
    assert [each.unit_price for each in products] == [5000, price]


def test_a_number_with_the_other_mark_refuses_its_line(path: Path) -> None:
    path.write_text('sku,name,unit_price,currency,stock\nCUP,Cup,"4,20",GBP,1\nSET,Set,4.20,GBP,1\n')

    for form, line in ((FileForm(), 2), (FileForm(decimal=","), 3)):
        _, products, bad = read_file(path, form)
        assert list(bad) == [line]
        assert "is no amount like 4" in bad[line]
        assert [each.unit_price for each in products] == [420]


@pytest.mark.parametrize(
    "columns",
    [
        {
            "Artikel": "sku",
            "Titel": "name",
            "Preis": "Unit Price",
            "W\xe4hrung": "currency",
            "Menge": "stock",
            "Farbe": "",
        },
        {
            "sku": "Artikel",
            "name": "titel",
            "unit_price": "PREIS",
            "currency": "W\xe4hrung",
            "stock": "Menge",
            "farbe": "",
        },
    ],
)
def test_columns_are_mapped_either_way_round_or_left_out(path: Path, columns: dict[str, str]) -> None:
    path.write_bytes("Artikel;Titel;Preis;W\xe4hrung;Menge;Farbe\nMUG;The mug;4,20;GBP;7;rot\n".encode("cp1252"))

    _, products, bad = read_file(path, FileForm(columns=columns))

    assert (told(products), bad) == (MUG, {})


def test_a_column_that_is_not_there_cannot_be_mapped(path: Path) -> None:
    path.write_text("sku,name\n")

    with pytest.raises(UnreadableFile, match=r"no column 'Preis' to map; it has 'sku', 'name'"):
        read_file(path, FileForm(columns={"Preis": "unit_price"}))


def test_a_file_without_currencies_has_the_one_that_is_said(path: Path) -> None:
    path.write_text("sku,name,unit_price,stock\nMUG,The mug,420,7\n")

    with pytest.raises(UnreadableFile, match="lacks 'currency'"):
        read_file(path)
    _, [product], _ = read_file(path, FileForm(currency="JPY"))
    assert (product.unit_price, product.currency) == (420, "JPY")
