"""The product exports of other shops, as those write them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from console.imports.catalog.reading import FileForm
from console.imports.csv_files import UnreadableFile
from tests.support.catalogues import read_file, told

SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option1 Linked To,"
    "Option2 Name,Option2 Value,Option2 Linked To,Option3 Name,Option3 Value,Option3 Linked To,Variant SKU,Variant Grams,"
    "Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,"
    "Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,"
    "Image Alt Text,Gift Card,SEO Title,SEO Description,Variant Image,Variant Weight Unit,Variant Tax Code,Cost per item,"
    "Price / International,Status"
)
NEWER_SHOPIFY = (
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,"
    "Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 value,Option2 Linked To,Option3 name,Option3 value,"
    "Option3 Linked To,Price,Compare-at price,Cost per item,Charge tax,Tax code,Inventory tracker,Inventory quantity,"
    "Continue selling when out of stock,Weight value (grams),Requires shipping,Fulfillment service,Product image URL,"
    "Image position,Image alt text,Variant image URL,Gift card,SEO title,SEO description"
)
WOOCOMMERCE = (
    "ID,Type,SKU,Name,Published,Is featured?,Visibility in catalog,Short description,Description,"
    "Date sale price starts,Date sale price ends,Tax status,Tax class,In stock?,Stock,Low stock amount,"
    "Backorders allowed?,Sold individually?,Weight (kg),Length (cm),Width (cm),Height (cm),Allow customer reviews?,"
    "Purchase note,Sale price,Regular price,Categories,Tags,Shipping class,Images,Download limit,Download expiry days,"
    "Parent,Grouped products,Upsells,Cross-sells,External URL,Button text,Position,Attribute 1 name,"
    "Attribute 1 value(s),Attribute 1 visible,Attribute 1 global,Attribute 2 name,Attribute 2 value(s)"
)
DESCRIPTION = '<div class="x">\n' + "<p>A long, long description.</p>\n" * 60 + "</div>"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "products_export.csv"


def write(path: Path, header: str, lines: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header.split(","), restval="")
        writer.writeheader()
        writer.writerows(lines)


def shopify(**more: str) -> dict[str, str]:
    """Give what each variant's line has."""
    line = {
        "Handle": "tee",
        "Variant Inventory Tracker": "shopify",
        "Variant Taxable": "true",
        "Variant Inventory Qty": "5",
    }
    return line | {name.replace("_", " "): value for name, value in more.items()}


def test_shopifys_variants_are_products_named_by_their_options(path: Path) -> None:
    first = {"Title": "Tee", "Body (HTML)": DESCRIPTION, "Status": "active", "Published": "true"}
    lines = [
        shopify(Option1_Value="Red", Option2_Value="M", Variant_SKU="'0042", Variant_Price="20.00") | first,
        {"Handle": "tee", "Image Src": "https://cdn.example/2.jpg", "Image Position": "2"},
        shopify(Option1_Value="Red", Option2_Value="L", Variant_SKU="TEE-L", Variant_Price="21.50"),
        shopify(Handle="mug", Title="Mug", Option1_Value="Default Title", Variant_SKU="MUG", Variant_Price="1,100.00"),
    ]
    write(path, SHOPIFY, lines)

    found, products, bad = read_file(path, FileForm(source="shopify", currency="EUR"))

    assert bad == {}
    assert told(products) == [
        ("0042", "Tee - Red / M", 2000, 5),
        ("TEE-L", "Tee - Red / L", 2150, 5),
        ("MUG", "Mug", 110_000, 5),
    ]
    assert {(each.currency, each.tax_class) for each in products} == {("EUR", None)}
    assert found.told() == [
        "Read as Shopify's product export, UTF-8, commas between cells, decimal point.",
        "Left out: 1 pictures.",
    ]


def test_shopifys_newer_header_says_the_same(path: Path) -> None:
    line = {"URL handle": "tee", "Inventory tracker": "shopify", "Inventory quantity": "3", "Charge tax": "TRUE"}
    first = {"Title": "Tee", "Status": "Active", "Option1 value": "Red", "SKU": "TEE-R", "Price": "20.00"}
    write(path, NEWER_SHOPIFY, [line | first, line | {"Option1 value": "Blue", "SKU": "TEE-B", "Price": "21.00"}])

    found, products, bad = read_file(path)

    assert (told(products), bad) == ([("TEE-R", "Tee - Red", 2000, 3), ("TEE-B", "Tee - Blue", 2100, 3)], {})
    assert found.format.title == "Shopify's product export"


def test_what_shopify_does_not_sell_track_or_tax_is_not_sold_managed_or_taxed(path: Path) -> None:
    lines = [
        shopify(Title="Tee", Variant_SKU="TEE", Variant_Price="20.00", Status="draft"),
        shopify(Variant_SKU="TEE-L", Variant_Price="20.00"),
        shopify(Handle="card", Title="Card", Variant_SKU="CARD", Variant_Price="2.00", Variant_Inventory_Tracker=""),
        shopify(Handle="book", Title="Book", Variant_SKU="BOOK", Variant_Price="9.00", Variant_Taxable="FALSE"),
        shopify(Handle="pen", Title="Pen", Variant_Price="1.00"),
        shopify(Handle="cap", Title="Cap", Variant_SKU="CAP", Variant_Price="1.00", Variant_Inventory_Qty="-2"),
    ]
    write(path, SHOPIFY, lines)

    found, products, bad = read_file(path)

    assert told(products) == [("CARD", "Card", 200, None), ("BOOK", "Book", 900, 5)]
    assert [each.tax_class for each in products] == [None, "exempt"]
    assert bad == {6: "no Variant SKU", 7: "Variant Inventory Qty -2 is out of bounds"}
    assert dict(found.format.left_out) == {"draft": 2}


def woocommerce(**more: str) -> dict[str, str]:
    """Give what each line has."""
    line = {"Type": "simple", "Published": "1", "Tax status": "taxable", "In stock?": "1", "Name": "Tee", "Stock": "5"}
    return line | {name.replace("_", " "): value for name, value in more.items()}


def test_woocommerces_variations_are_products_with_what_their_parent_says(path: Path) -> None:
    variation = {"Type": "variation", "Tax class": "parent", "Parent": "TEE"}
    lines = [
        woocommerce(ID="9", SKU="TEE-M", Name="Tee - M", Regular_price="20", Attribute_1_name="Size")
        | variation
        | {"Attribute 1 value(s)": "M"},
        woocommerce(ID="7", Type="variable", SKU="TEE", Tax_class="reduced-rate", Stock="")
        | {"Description": DESCRIPTION},
        woocommerce(ID="10", SKU="TEE-L", Stock="parent", Regular_price="21,5")
        | variation
        | {"Attribute 1 value(s)": "L"},
        woocommerce(ID="11", SKU="'=MUG", Name="'=Mug", Regular_price="9", Sale_price="8", Stock=""),
    ]
    write(path, WOOCOMMERCE, lines)

    found, products, bad = read_file(path, FileForm(source="woocommerce"))

    assert bad == {}
    assert told(products) == [
        ("TEE-M", "Tee - M", 2000, 5),
        ("TEE-L", "Tee - L", 2150, None),
        ("=MUG", "=Mug", 900, None),
    ]
    assert [each.tax_class for each in products] == ["reduced-rate", "reduced-rate", "standard"]
    assert found.told() == [
        "Read as WooCommerce's product export, UTF-8, commas between cells, decimal comma.",
        "Lines without a stock, whose stock stays as it is: 2.",
        "Left out: 1 frames of variations.",
        "Not read: 1 sale prices.",
    ]


def test_what_woocommerce_does_not_sell_or_tax_is_not_sold_or_taxed(path: Path) -> None:
    lines = [
        woocommerce(SKU="A", Regular_price="1", Published="-1"),
        woocommerce(SKU="B", Regular_price="1", Published="0"),
        woocommerce(ID="3", Type="variable", SKU="", Published="-1"),
        woocommerce(Type="variation", SKU="C", Regular_price="1", Parent="id:3"),
        woocommerce(SKU="D", Type="grouped"),
        woocommerce(SKU="E", Type="external", Regular_price="1"),
        woocommerce(SKU="F", Type="simple, downloadable, virtual", Regular_price="1", Tax_status="none"),
        woocommerce(SKU="G"),
        woocommerce(SKU="", Regular_price="1"),
        woocommerce(SKU="H", Type="variation", Regular_price="1", Tax_class="parent", Parent="GONE"),
    ]
    write(path, WOOCOMMERCE, lines)

    found, products, bad = read_file(path)

    assert [(each.sku, each.tax_class) for each in products] == [("F", "exempt")]
    assert bad == {
        9: "Regular price '' is no amount like 4.20",
        10: "no SKU",
        11: "its parent 'GONE', whose tax class it has, is not in the file",
    }
    assert dict(found.format.left_out) == {"draft": 3, "private": 1, "groups": 1, "sold elsewhere": 1}


def test_a_translated_export_is_read_with_its_columns_mapped(path: Path) -> None:
    path.write_text('Typ,Artikelnummer,Name,Regul\xe4rer Preis\nsimple,MUG,Tasse,"4,20"\n', encoding="utf-8")
    columns = {"Typ": "Type", "Artikelnummer": "SKU", "Regul\xe4rer Preis": "Regular price"}

    _, products, _ = read_file(path, FileForm(source="woocommerce", columns=columns))

    assert told(products) == [("MUG", "Tasse", 420, None)]


def test_a_file_that_is_not_the_export_it_should_be_is_refused(path: Path) -> None:
    path.write_text("sku,name\n")

    with pytest.raises(UnreadableFile, match="lacks 'Handle', 'Title', 'Variant SKU', 'Variant Price'"):
        read_file(path, FileForm(source="shopify"))
    with pytest.raises(UnreadableFile, match="lacks 'Type', 'Regular price'"):
        read_file(path, FileForm(source="woocommerce"))
