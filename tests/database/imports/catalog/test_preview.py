"""A preview tells what an import would do, and does nothing."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.orm import Session

from console.engine import Payment, process
from console.engine.errors import PaymentPending
from console.imports.catalog import FileForm, Preview, import_catalog, importing, preview_catalog
from console.imports.catalog.preview import Change
from console.imports.csv_files import UnreadableFile
from console.models import AuditEntry, TaxRate, Variant, Warehouse
from console.testing.factories import Shop
from tests.support.engine.rows import read

HEADER = "sku,name,unit_price,currency,stock,tax_class,warehouse\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


def preview(session: Session, file: Path, lines: str, *, is_creating: bool = False) -> Preview:
    file.write_text(HEADER + lines, encoding="utf-8")
    return preview_catalog(session, file, is_creating=is_creating)


def test_what_would_be_made_is_told(session: Session, file: Path) -> None:
    told = preview(session, file, "MUG,The mug,4.20,GBP,7,,\nMUG,The mug,500,JPY,,,\nPEN,The pen,1.00,GBP,,,\n")

    assert (told.written, told.added, told.changed, told.refused) == (3, 2, 1, 0)
    made, more, blank = told.planned
    assert (made.line, made.sku, made.is_new) == (2, "MUG", True)
    assert made.changes == (
        Change("name", None, "The mug"),
        Change("price in GBP", None, "4.20"),
        Change("stock in main", None, 7),
    )
    assert (more.is_new, more.changes) == (False, (Change("price in JPY", None, "500"),))
    assert [change.what for change in blank.changes] == ["name", "price in GBP"]


def test_what_would_be_changed_is_told_and_what_stays_is_not(session: Session, file: Path) -> None:
    session.add(TaxRate(country="GB", tax_class="reduced", name="VAT", rate=Decimal("0.05")))
    session.commit()
    lines = "MUG,The mug,4.20,GBP,7,,\nPEN,The pen,1.00,GBP,1,,\n"
    file.write_text(HEADER + lines)
    import_catalog(session, file, actor="cli:ada")

    told = preview(session, file, "MUG,A mug,4.50,GBP,9,Reduced,\nPEN,The pen,1.00,GBP,,,\n")

    assert (told.written, told.added, told.changed) == (2, 0, 1)
    [planned] = told.planned
    assert planned.changes == (
        Change("name", "The mug", "A mug"),
        Change("tax_class", "standard", "reduced"),
        Change("price in GBP", "4.20", "4.50"),
        Change("stock in main", 7, 9),
    )


def test_what_would_be_refused_is_told(session: Session, shop: Shop, file: Path) -> None:
    shop.sell("MUG", price=100, stock=10, name="The mug")
    with suppress(PaymentPending):
        process(session, shop.checkout(("MUG", 6)), payment=Payment("card", "tok_never_answers"))

    told = preview(session, file, "MUG,Another,9.00,GBP,5,,\nPEN,Pen,cheap,GBP,1,,\nMAP,Map,1.00,GBP,1,Books,\n")

    assert (told.written, told.refused) == (0, 3)
    assert [(bad.number, bad.reason.split(",")[0]) for bad in told.listed] == [
        (2, "stock 5 is below the 6 that checkouts hold"),
        (3, "unit_price 'cheap' is no amount like 4.20"),
        (4, "tax_class 'Books' is not known here"),
    ]


def test_nothing_is_written(session: Session, database: Engine, file: Path) -> None:
    writes: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "SHOW")):
            writes.append(statement)

    event.listen(database, "before_cursor_execute", note)
    told = preview(session, file, "MUG,Mug,4.20,GBP,7,Books,North\n", is_creating=True)
    event.remove(database, "before_cursor_execute", note)

    assert told.told[1:] == ["New warehouse: North.", "New tax class: Books."]
    assert writes == []
    assert read(session, Variant) == read(session, AuditEntry) == []
    assert [warehouse.code for warehouse in read(session, Warehouse)] == ["main"]


def test_an_import_does_what_its_preview_told(session: Session, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_LINES", 2)
    lines = "".join(
        f"SKU-{number % 4},Thing,{number}.00,{currency},3,,\n" for number, currency in enumerate(["GBP", "EUR"] * 4)
    )
    lines += "bad\nSKU-1,Thing,9.00,USD,,Books,North\n"
    told = preview(session, file, lines, is_creating=True)

    done = import_catalog(session, file, actor="cli:ada", is_creating=True)

    assert (told.written, told.added, told.refused) == (done.written, done.added, done.refused)
    assert (told.listed, told.told) == (done.listed, done.told)
    assert told.added == len(read(session, Variant))


def test_only_the_first_lines_are_listed(session: Session, file: Path) -> None:
    told = preview(session, file, "".join(f"SKU-{number},Thing,1.00,GBP,3,,\nbad\n" for number in range(70)))

    assert (told.added, len(told.planned), told.refused, len(told.listed)) == (70, 50, 70, 50)


@pytest.mark.parametrize("form", [FileForm(), FileForm(source="shopify")])
def test_a_file_that_must_be_asked_about_changes_nothing(session: Session, file: Path, form: FileForm) -> None:
    file.write_text(
        HEADER
        + "".join(f"SKU-{number},Thing,{number % 9},GBP,3,,\n" for number in range(600))
        + 'MUG,Mug,"1,234",GBP,3,,\n'
    )

    with pytest.raises(UnreadableFile):
        import_catalog(session, file, actor="cli:ada", form=form)

    assert session.scalars(select(Variant.id)).all() == []


def test_an_export_has_the_shops_currency(session: Session, file: Path) -> None:
    file.write_text("Handle,Title,Variant SKU,Variant Price\nmug,Mug,MUG,4.20\n")

    told = preview_catalog(session, file)

    assert [change.what for change in told.planned[0].changes] == ["name", "price in GBP"]
