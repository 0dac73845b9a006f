"""Catalogue files into the shop: both formats, again and again, with all that can be wrong in a line."""

from __future__ import annotations

import gzip
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from console.engine import Payment, process
from console.engine.care.invariants import check_all
from console.engine.errors import PaymentPending
from console.imports.catalog import FileForm, ImportReport, import_catalog, importing
from console.imports.csv_files import UnreadableFile
from console.models import AuditEntry, StockLevel, StockMovement, TaxRate, Variant, VariantPrice, Warehouse
from console.testing.factories import Shop
from tests.support.engine.rows import read

OWN = "sku,name,unit_price,currency,stock\n"
RETAIL = "stock_code,description,unit_price_gbp,typical_quantity,baskets\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


def bring_in(session: Session, file: Path, text: str, *, stock: int = 100) -> ImportReport:
    file.write_text(text, encoding="utf-8")
    return import_catalog(session, file, actor="cli:ada", form=FileForm(stock=stock))


def catalogue(session: Session) -> dict[str, tuple[str, int, int]]:
    """Read name, price in minor units and stock by SKU."""
    query = (
        select(Variant.sku, Variant.name, VariantPrice.unit_price, StockLevel.on_hand)
        .join(VariantPrice, VariantPrice.variant_id == Variant.id)
        .join(StockLevel, StockLevel.variant_id == Variant.id)
    )
    return {row.sku: (row.name, row.unit_price, row.on_hand) for row in session.execute(query)}


def reasons(report: ImportReport) -> dict[int, str]:
    return {bad.number: bad.reason for bad in report.listed}


def test_a_file_of_our_own_columns_goes_in(session: Session, file: Path) -> None:
    report = bring_in(session, file, OWN + "MUG,The mug,4.20,GBP,7\nPEN,The pen,0,GBP,0\n")

    assert (report.written, report.added, report.refused) == (2, 2, 0)
    assert catalogue(session) == {"MUG": ("The mug", 420, 7), "PEN": ("The pen", 0, 0)}
    assert check_all(session) == []


def test_a_file_of_retail_columns_goes_in_with_the_stock_asked_for(session: Session, file: Path) -> None:
    bring_in(session, file, RETAIL + "10002,INFLATABLE GLOBE,0.85,3,73\n", stock=55)

    assert catalogue(session) == {"10002": ("INFLATABLE GLOBE", 85, 55)}


def test_a_gzipped_file_goes_in(session: Session, file: Path) -> None:
    file.write_bytes(gzip.compress((OWN + "MUG,The mug,4.20,GBP,7\n").encode()))

    assert import_catalog(session, file, actor="cli:ada").written == 1


def test_skus_that_differ_by_case_are_two_products(session: Session, file: Path) -> None:
    bring_in(session, file, RETAIL + "15056BL,Black,1.00,1,1\n15056bl,Blue,2.00,1,1\n")

    assert {sku: name for sku, (name, _, _) in catalogue(session).items()} == {"15056BL": "Black", "15056bl": "Blue"}


def test_each_currency_has_its_own_decimals(session: Session, file: Path) -> None:
    bring_in(session, file, OWN + "A,A,500,JPY,1\nB,B,1.234,KWD,1\nC,C,1.20,EUR,1\n")

    assert [price for _, price, _ in catalogue(session).values()] == [500, 1234, 120]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("MUG,The mug,4.20,GBP", "4 cells where the header has 5"),
        ("MUG,The mug,4.20,GBP,7,8", "6 cells where the header has 5"),
        (",The mug,4.20,GBP,7", "no sku"),
        ("MUG,,4.20,GBP,7", "no name"),
        (f"{'M' * 65},The mug,4.20,GBP,7", "sku is longer than 64 characters"),
        (f"MUG,{'m' * 256},4.20,GBP,7", "name is longer than 255 characters"),
        ("MUG,The mug,4.205,GBP,7", "more decimals than GBP has"),
        ("MUG,The mug,-4.20,GBP,7", "out of bounds"),
        ("MUG,The mug,100000000.01,GBP,7", "out of bounds"),
        ("MUG,The mug,9999999999999999,GBP,7", "no amount"),
        ('MUG,The mug,"4,20",GBP,7', "no amount"),
        ("MUG,The mug,NaN,GBP,7", "no amount"),
        ("MUG,The mug,1e3,GBP,7", "no amount"),
        ("MUG,The mug,٤,GBP,7", "no amount"),
        ("MUG,The mug,4.20,gbp,7", "no currency"),
        ("MUG,The mug,4.20,XYZ,7", "no currency"),
        ("MUG,The mug,4.20,GBP,-1", "out of bounds"),
        ("MUG,The mug,4.20,GBP,1000000001", "out of bounds"),
        ("MUG,The mug,4.20,GBP,99999999999999999999", "no whole number"),
        ("MUG,The mug,4.20,GBP,many", "no whole number"),
        ("MUG,The mug,4.20,GBP,1.5", "no whole number"),
        ("MUG,The mug,4.20,GBP,1E+03", "no whole number"),
        ("8.71252E+12,The mug,4.20,GBP,7", "a number that a spreadsheet has shortened"),
        ("8E+12,The mug,4.20,GBP,7", "a number that a spreadsheet has shortened"),
        ("#N/A,The mug,4.20,GBP,7", "what a spreadsheet shows instead"),
        ("MUG,#NAME?,4.20,GBP,7", "what a spreadsheet shows instead"),
        ("MUG,########,4.20,GBP,7", "what a spreadsheet shows instead"),
        ("MUG,The \u202egum,4.20,GBP,7", "control characters"),
        ('MUG,"The mug,4.20,GBP,7', "never closed"),
        ('"MU\nG",The mug,4.20,GBP,7', "stretches over lines"),
    ],
)
def test_a_bad_line_is_told_and_the_rest_goes_in(session: Session, file: Path, line: str, told: str) -> None:
    report = bring_in(session, file, f"{OWN}{line}\nPEN,The pen,1.00,GBP,1\n")

    assert (report.written, report.refused) == (1, 1)
    assert told in reasons(report)[2]
    assert list(catalogue(session)) == ["PEN"]


@pytest.mark.parametrize(("written", "pieces"), [("10.0", 10), ("10.00", 10), ("1,000", 1000), ("1 000", 1000)])
def test_stock_is_read_as_spreadsheets_write_it(session: Session, file: Path, written: str, pieces: int) -> None:
    bring_in(session, file, f'{OWN}MUG,The mug,4.20,GBP,"{written}"\n')

    assert catalogue(session)["MUG"] == ("The mug", 420, pieces)


def test_a_blank_stock_is_not_managed_by_the_file(session: Session, file: Path) -> None:
    bring_in(session, file, OWN + "MUG,The mug,4.20,GBP,7\n")

    report = bring_in(session, file, OWN + "MUG,A mug,5.00,GBP,\nPEN,The pen,1.00,GBP,\n")

    assert (report.written, report.refused) == (2, 0)
    assert "Lines without a stock, whose stock stays as it is: 2." in report.told
    assert catalogue(session) == {"MUG": ("A mug", 500, 7)}
    assert [variant.sku for variant in read(session, Variant)] == ["MUG", "PEN"]
    assert check_all(session) == []


def test_a_price_of_zero_is_no_known_price_in_a_retail_file(session: Session, file: Path) -> None:
    report = bring_in(session, file, RETAIL + "PADS,PADS,0.00,1,4\n")

    assert reasons(report) == {2: "a price of 0 means that the price is not known"}


def test_a_line_that_stands_twice_goes_in_once(session: Session, file: Path) -> None:
    report = bring_in(session, file, OWN + "MUG,First,1.00,GBP,1\nMUG,Second,2.00,GBP,2\n")

    assert reasons(report) == {3: "MUG stands on line 2 already"}
    assert catalogue(session) == {"MUG": ("First", 100, 1)}


def test_only_the_first_bad_lines_are_listed(session: Session, file: Path) -> None:
    report = bring_in(session, file, OWN + "bad\n" * 70)

    assert (report.written, report.refused, len(report.listed)) == (0, 70, 50)


def test_a_second_import_follows_names_prices_and_stock_with_movements(session: Session, file: Path) -> None:
    bring_in(session, file, OWN + "MUG,Old,1.00,GBP,10\n")

    report = bring_in(session, file, OWN + "MUG,New,2.00,GBP,4\nPEN,Pen,1.00,GBP,1\n")

    assert (report.written, report.added) == (2, 1)
    assert catalogue(session)["MUG"] == ("New", 200, 4)
    moves = [(move.quantity, move.kind) for move in read(session, StockMovement) if move.variant_id == 1]
    assert moves == [(10, "receipt"), (-6, "correction")]
    assert check_all(session) == []


def test_a_second_import_of_a_retail_file_leaves_the_stock_alone(session: Session, file: Path) -> None:
    bring_in(session, file, RETAIL + "1,One,1.00,1,1\n", stock=10)

    bring_in(session, file, RETAIL + "1,One,2.00,1,1\n2,Two,1.00,1,1\n", stock=99)

    assert {sku: stock for sku, (_, _, stock) in catalogue(session).items()} == {"1": 10, "2": 99}


def test_stock_below_what_checkouts_hold_refuses_the_whole_line(session: Session, shop: Shop, file: Path) -> None:
    shop.sell("MUG", price=100, stock=10, name="The mug")
    with suppress(PaymentPending):
        process(session, shop.checkout(("MUG", 6)), payment=Payment("card", "tok_never_answers"))

    report = bring_in(session, file, OWN + "MUG,Another,9.00,GBP,5\nPEN,Pen,1.00,GBP,1\n")

    assert reasons(report) == {2: "stock 5 is below the 6 that checkouts hold"}
    assert catalogue(session)["MUG"] == ("The mug", 100, 10)
    assert check_all(session) == []


def test_stock_goes_to_the_warehouse_named(session: Session, file: Path) -> None:
    session.add(Warehouse(code="north", name="North"))
    session.add(TaxRate(country="GB", tax_class="reduced", name="VAT", rate=Decimal("0.05")))
    session.commit()

    header = OWN.replace("stock", "stock,tax_class,warehouse")
    bring_in(session, file, header + "MUG,Mug,1.00,GBP,3,,main\nMUG,Mug,1.00,GBP,4,reduced,north\n")

    levels = {(level.warehouse_id, level.on_hand) for level in read(session, StockLevel)}
    [variant] = read(session, Variant)
    assert [warehouse.code for warehouse in read(session, Warehouse)] == ["main", "north"]
    assert levels == {(1, 3), (2, 4)}
    assert variant.tax_class == "reduced"


def test_a_tax_class_stays_where_the_file_has_none(session: Session, file: Path) -> None:
    for name in ("reduced", "zero"):
        session.add(TaxRate(country="GB", tax_class=name, name="VAT", rate=Decimal("0.05")))
    session.commit()
    bring_in(session, file, OWN.replace("stock", "stock,tax_class") + "MUG,Mug,1.00,GBP,3,reduced\n")

    bring_in(session, file, OWN.replace("stock", "stock,tax_class") + "MUG,Mug,1.00,GBP,3,\nPEN,Pen,1.00,GBP,3,zero\n")

    assert [variant.tax_class for variant in read(session, Variant)] == ["reduced", "zero"]


def test_a_file_cut_off_goes_in_up_to_there(session: Session, file: Path) -> None:
    lines = "".join(f"SKU-{number},Product {number},{number}.00,GBP,1\n" for number in range(1, 3001))
    whole = gzip.compress((OWN + lines).encode())
    file.write_bytes(whole[:-200])

    report = import_catalog(session, file, actor="cli:ada")

    assert 0 < report.written < 3000
    assert "cut off" in report.listed[-1].reason
    assert len(catalogue(session)) == report.written


def test_a_file_that_is_no_catalogue_is_refused(session: Session, file: Path) -> None:
    with pytest.raises(UnreadableFile, match="lacks 'name', 'unit_price', 'currency', 'stock'"):
        bring_in(session, file, "sku\nMUG\n")


def test_an_import_is_in_the_audit_trail(session: Session, file: Path) -> None:
    bring_in(session, file, OWN + "MUG,Mug,1.00,GBP,3\nbad\n")

    [entry] = read(session, AuditEntry)
    assert (entry.actor, entry.action, entry.object_id) == ("cli:ada", "import_catalog", "products.csv")
    assert entry.after == {"lines": [2, 2], "written": 1, "added": 1, "refused": 0, "prices": {}}


def test_prices_that_an_import_changes_are_in_the_audit_trail(session: Session, file: Path) -> None:
    bring_in(session, file, OWN + "MUG,Mug,1.00,GBP,3\nPEN,Pen,1.00,GBP,3\nMAP,Map,1.00,GBP,3\n")

    bring_in(session, file, OWN + "MUG,Mug,2.50,GBP,3\nPEN,Pen,1.00,GBP,3\nMAP,Map,500,JPY,3\n")

    *_, entry = read(session, AuditEntry)
    assert entry.before == {"prices": {"MUG": {"GBP": 100}}}
    assert entry.after["prices"] == {"MUG": {"GBP": 250}}


def test_an_import_that_is_interrupted_has_audited_all_that_it_changed(
    session: Session, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_LINES", 2)
    bring_in(session, file, OWN + "".join(f"SKU-{number},Thing,1.00,GBP,3\n" for number in range(4)))
    file.write_text(OWN + "".join(f"SKU-{number},Thing,2.00,GBP,3\n" for number in range(4)))

    def interrupt(_position: int, _size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_catalog(session, file, actor="cli:ada", on_progress=interrupt)

    changed = {sku for sku, (_, price, _) in catalogue(session).items() if price == 200}
    *_, entry = read(session, AuditEntry)
    assert changed == {"SKU-0", "SKU-1"}
    assert (set(entry.after["prices"]), entry.after["lines"]) == (changed, [2, 3])
    assert check_all(session) == []


def test_a_batch_takes_the_same_number_of_statements_however_large(
    session: Session, database: Engine, file: Path
) -> None:
    def statements_for(count: int, *, prefix: str) -> int:
        lines = "".join(f"{prefix}{number},Product,1.00,GBP,{number}\n" for number in range(count))
        seen: list[str] = []

        def note(*call: Any) -> None:
            seen.append(call[2])

        event.listen(database, "before_cursor_execute", note)
        bring_in(session, file, OWN + lines)
        event.remove(database, "before_cursor_execute", note)
        return len(seen)

    assert statements_for(3, prefix="A") == statements_for(400, prefix="B")
