"""Tax classes and warehouses of a catalogue file: found in any spelling, never made unless asked for."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from console.imports.catalog import ImportReport, import_catalog
from console.models import StockLevel, TaxRate, Variant, Warehouse
from tests.support.engine.rows import read

HEADER = "sku,name,unit_price,currency,stock,tax_class,warehouse\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


@pytest.fixture(autouse=True)
def rates(session: Session) -> None:
    """Tax two classes, one of which is written with a capital here."""
    for name in ("standard", "Books"):
        session.add(TaxRate(country="GB", tax_class=name, name="VAT", rate=Decimal("0.05")))
    session.commit()


def bring_in(session: Session, file: Path, lines: str, *, is_creating: bool = False) -> ImportReport:
    file.write_text(HEADER + lines, encoding="utf-8")
    return import_catalog(session, file, actor="cli:ada", is_creating=is_creating)


def reasons(report: ImportReport) -> dict[int, str]:
    return {bad.number: bad.reason for bad in report.listed}


def classes(session: Session) -> dict[str, str]:
    return {variant.sku: variant.tax_class for variant in read(session, Variant)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Standard", "standard"),
        ("STANDARD\u00a0", "standard"),
        ("\u200bstandard\u3000", "standard"),
        ("\uff53tandard", "standard"),
        ("books", "Books"),
    ],
)
def test_a_tax_class_known_in_another_spelling_is_that_one(
    session: Session, file: Path, written: str, meant: str
) -> None:
    report = bring_in(session, file, f"MUG,Mug,1.00,GBP,3,{written},\n", is_creating=True)

    assert (report.refused, classes(session)) == (0, {"MUG": meant})


def test_an_unknown_tax_class_refuses_its_line_and_names_the_nearest(session: Session, file: Path) -> None:
    report = bring_in(session, file, "MUG,Mug,1.00,GBP,3,book,\nPEN,Pen,1.00,GBP,3,standard,\n")

    assert reasons(report) == {2: "tax_class 'book' is not known here, the nearest is 'Books'; --create makes it"}
    assert classes(session) == {"PEN": "standard"}


def test_a_tax_class_is_made_when_asked_for_and_what_sells_without_tax_is_told(session: Session, file: Path) -> None:
    report = bring_in(
        session, file, "MUG,Mug,1.00,GBP,3,Taxable Goods,\nPEN,Pen,1.00,GBP,3,taxable  goods,\n", is_creating=True
    )

    assert classes(session) == {"MUG": "Taxable Goods", "PEN": "Taxable Goods"}
    assert report.told[1:] == [
        "New tax class: Taxable Goods.",
        "No tax rate has the tax class Taxable Goods: its products sell without tax.",
    ]


def test_a_tax_class_that_was_made_is_known_and_told_again(session: Session, file: Path) -> None:
    bring_in(session, file, "MUG,Mug,1.00,GBP,3,Plants,\n", is_creating=True)

    report = bring_in(session, file, "PEN,Pen,1.00,GBP,3,plants,\n")

    assert classes(session) == {"MUG": "Plants", "PEN": "Plants"}
    assert report.told[1:] == ["No tax rate has the tax class Plants: its products sell without tax."]


def test_what_an_older_import_wrote_otherwise_is_known_as_the_class_that_is_taxed(session: Session, file: Path) -> None:
    session.add(Variant(sku="OLD", name="Old", tax_class="Standard"))
    session.commit()

    bring_in(session, file, "OLD,Old,1.00,GBP,3,Standard,\n")

    assert classes(session) == {"OLD": "standard"}


def test_a_warehouse_known_in_another_spelling_is_that_one(session: Session, file: Path) -> None:
    report = bring_in(
        session, file, "MUG,Mug,1.00,GBP,3,,main\nMUG,Mug,1.00,GBP,3,,Main\u00a0\nPEN,Pen,1.00,GBP,5,,MAIN\n"
    )

    assert reasons(report) == {3: "MUG stands on line 2 already"}
    assert [warehouse.code for warehouse in read(session, Warehouse)] == ["main"]
    assert [level.on_hand for level in read(session, StockLevel)] == [3, 5]


def test_a_line_without_a_warehouse_is_of_the_first_one(session: Session, file: Path) -> None:
    report = bring_in(session, file, "MUG,Mug,1.00,GBP,3,,main\nMUG,Mug,1.00,GBP,4,,\n")

    assert reasons(report) == {3: "MUG stands on line 2 already"}


def test_an_unknown_warehouse_refuses_its_line_and_names_the_nearest(session: Session, file: Path) -> None:
    report = bring_in(session, file, "MUG,Mug,1.00,GBP,3,,Maine\n")

    assert reasons(report) == {2: "warehouse 'Maine' is not known here, the nearest is 'main'; --create makes it"}
    assert read(session, Variant) == []


def test_a_warehouse_is_opened_once_when_asked_for(session: Session, file: Path) -> None:
    lines = "MUG,Mug,1.00,GBP,3,,North\nPEN,Pen,1.00,GBP,5,,north \n"

    report = bring_in(session, file, lines, is_creating=True)
    again = bring_in(session, file, lines.replace("North", "NORTH"))

    assert [warehouse.code for warehouse in read(session, Warehouse)] == ["main", "North"]
    assert [(level.warehouse_id, level.on_hand) for level in read(session, StockLevel)] == [(2, 3), (2, 5)]
    assert (report.told[1:], again.told[1:]) == (["New warehouse: North."], [])


def test_a_name_that_two_have_is_told_unless_it_is_written_as_one_of_them(session: Session, file: Path) -> None:
    session.add(Warehouse(code="Main", name="Opened by mistake"))
    session.commit()

    report = bring_in(session, file, "MUG,Mug,1.00,GBP,3,,Main\nPEN,Pen,1.00,GBP,5,,MAIN\n")

    assert reasons(report) == {3: "warehouse 'MAIN' could be 'main' or 'Main'"}
    assert [level.warehouse_id for level in read(session, StockLevel)] == [2]


def test_what_another_shop_calls_a_class_is_that_class(session: Session, file: Path) -> None:
    session.add(TaxRate(country="GB", tax_class="reduced", name="VAT", rate=Decimal("0.05")))
    session.commit()
    header = "Type,SKU,Name,Regular price,Tax class,Tax status\n"
    file.write_text(f"{header}simple,MUG,Mug,1.00,reduced-rate,taxable\nsimple,PEN,Pen,1.00,,none\n")

    report = import_catalog(session, file, actor="cli:ada")

    assert classes(session) == {"MUG": "reduced"}
    assert list(reasons(report)) == [3]
    assert "tax_class 'exempt' is not known here" in reasons(report)[3]
