"""Lists as files: filtered as seen, in order, without formulas, and honest about where they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from console.engine import process
from console.models import CheckoutLock
from console.testing.factories import VISA, Shop
from console.web.admin import list_view
from console.web.shared.listing import listing as listings
from console.web.shared.listing.listing import Listing, Shape
from tests.support.web.cases import in_case
from tests.support.web.list_rows import ALL, url_of
from tests.support.web.spreadsheets import read_csv, read_xlsx, sheet_of
from tests.support.web.statements import statements

pytestmark = pytest.mark.databases("sqlite")

EXPORT = "/admin/checkout-locks/export"
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
both_kinds = pytest.mark.parametrize("kind", ["csv", "xlsx"])


def export(client: FlaskClient, kind: str, url: str = EXPORT, query: str = "") -> list[list[Any]]:
    """Read a list's file, its empty cells as nothing; the lines of a workbook are all as long as the longest."""
    with client.get(f"{url}.{kind}{query}") as answer:
        assert (answer.status_code, answer.mimetype) == (200, CSV if kind == "csv" else XLSX)
        lines = read_csv(answer.data) if kind == "csv" else read_xlsx(answer.data)
    return [[None if cell == "" else cell for cell in line] for line in lines]


def cap_at(monkeypatch: pytest.MonkeyPatch, rows: int, *, batch: int) -> None:
    for module in (listings, list_view):
        monkeypatch.setattr(module, "EXPORT_CAP", rows)
    monkeypatch.setattr(listings, "EXPORT_BATCH", batch)


@both_kinds
def test_a_list_is_exported_as_it_is_seen(viewer: FlaskClient, shop: Shop, kind: str) -> None:
    shop.sell(stock=50)
    mine = [shop.checkout(email="me@example.org").reference for _ in range(3)]
    shop.checkout(email="you@example.org")

    heading, *rows = export(viewer, kind, query="?email=me@example.org")

    assert heading[:3] == ["reference", "id", "state"]
    assert [row[0] for row in rows] == mine[::-1]
    assert [row[0] for row in export(viewer, kind, query="?email=me@example.org&sort=id")[1:]] == mine


@both_kinds
def test_a_file_has_its_lists_name_and_is_kept_nowhere(viewer: FlaskClient, kind: str) -> None:
    with viewer.get(f"{EXPORT}.{kind}") as answer:
        assert answer.headers["Content-Disposition"] == f'attachment; filename="checkout-locks.{kind}"'
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.databases("sqlite", "postgresql")
def test_both_files_of_every_list_say_the_same(admin: FlaskClient, history: dict[str, CheckoutLock]) -> None:
    for listing in ALL:
        with in_case(listing.name):
            assert_same_files(admin, listing)


def assert_same_files(admin: FlaskClient, listing: Listing) -> None:
    """See that a list's workbook says what its CSV says."""
    (names, *in_csv), (headings, *in_xlsx) = (
        export(admin, kind, url_of(listing, "export")) for kind in ("csv", "xlsx")
    )

    assert names == headings
    assert len(in_csv) >= 1
    shapes = {column.name: column.shape for column in listing.columns}
    for line, cells in zip(in_csv, in_xlsx, strict=True):
        for name, text, cell in zip(names, line, cells, strict=True):
            assert says_the_same(text, cell, shape=shapes.get(name, Shape.TEXT)), (name, text, cell)


def says_the_same(text: str | None, cell: Any, *, shape: Shape) -> bool:
    """Tell whether a workbook's cell is what CSV writes; a workbook's moments are good to milliseconds."""
    if text is None or cell is None:
        return text == cell
    if shape is Shape.MOMENT:
        return abs(cell.replace(tzinfo=UTC) - datetime.fromisoformat(text)) < timedelta(milliseconds=2)
    return text == (f"{cell:.2f}" if shape is Shape.MONEY else str(cell))


@both_kinds
def test_amounts_are_in_major_units_beside_their_currency(
    viewer: FlaskClient, session: Session, shop: Shop, kind: str
) -> None:
    shop.sell(price=1250)
    process(session, shop.checkout(), payment=VISA)

    heading, row = export(viewer, kind, "/admin/orders/export")

    order = dict(zip(heading, row, strict=True))
    assert (order["total"], order["currency"]) == ("12.50" if kind == "csv" else 12.5, "GBP")
    assert order["external_reference"] is None


def test_times_are_in_utc(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell()
    bought = process(session, shop.checkout(), payment=VISA).created_at.astimezone(UTC)

    in_csv, in_xlsx = (
        dict(zip(*export(viewer, kind, "/admin/orders/export"), strict=True))["created_at"] for kind in ("csv", "xlsx")
    )

    assert in_csv == bought.isoformat().replace("+00:00", "Z")
    assert says_the_same(in_csv, in_xlsx, shape=Shape.MOMENT)


def test_what_people_typed_is_no_formula_in_the_file(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell()
    email = "=cmd|'/C'!A0@example.org"  # an address like any other
    shop.checkout(email=email)

    assert f"'{email}" in export(viewer, "csv")[1]
    with viewer.get(f"{EXPORT}.xlsx") as answer:
        (cell,) = [cell for cell in sheet_of(answer.data)[2] if cell.value == email]
    assert (cell.data_type, cell.hyperlink) == ("s", None)


@both_kinds
def test_an_export_ends_at_its_cap_and_says_so(
    viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    shop.sell(stock=50)
    references = [shop.checkout().reference for _ in range(6)][::-1]
    cap_at(monkeypatch, 5, batch=2)

    _, *rows, note = export(viewer, kind)

    assert [row[0] for row in rows] == references[:5]
    assert [cell for cell in note if cell] == ["Only the first 5 rows are here: narrow the filters for the rest."]


@both_kinds
def test_an_export_that_just_fits_has_no_note(
    viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    shop.sell(stock=50)
    references = [shop.checkout().reference for _ in range(6)][::-1]
    cap_at(monkeypatch, 6, batch=3)

    assert [row[0] for row in export(viewer, kind)[1:]] == references


@both_kinds
@pytest.mark.databases("sqlite", "postgresql")
def test_an_export_is_read_in_batches(
    app: APIFlask, viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    shop.sell(stock=50)
    for _ in range(5):
        shop.checkout()
    cap_at(monkeypatch, 100, batch=2)

    with statements(app) as asked:
        export(viewer, kind)

    assert len(asked) == 4  # who is it, and three batches


@both_kinds
def test_an_export_of_nothing_has_its_headings(viewer: FlaskClient, kind: str) -> None:
    assert [line[0] for line in export(viewer, kind)] == ["reference"]


@both_kinds
def test_a_filter_that_makes_no_sense_gives_no_file(viewer: FlaskClient, kind: str) -> None:
    answer = viewer.get(f"{EXPORT}.{kind}?state=sold")

    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "There is no state “sold”." in answer.text


def test_a_list_links_to_both_files_of_what_it_shows(viewer: FlaskClient) -> None:
    page = viewer.get("/admin/checkout-locks/?state=failed&sort=id").text

    assert [f'href="{EXPORT}.{kind}?state=failed&amp;sort=id"' in page for kind in ("csv", "xlsx")] == [True, True]
