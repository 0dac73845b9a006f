"""Lists as CSV: filtered as seen, in order, without formulas, and honest about where they end."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from console.engine import process
from console.testing.factories import VISA, Shop
from console.web.admin import list_view
from console.web.admin.csv_export import FORMULA_STARTS, neutralise
from console.web.shared.listing import listing as listings
from tests.support.web.statements import statements

pytestmark = pytest.mark.databases("sqlite")

EXPORT = "/admin/checkout-locks/export.csv"


def export(client: FlaskClient, url: str = EXPORT) -> list[list[str]]:
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.reader(StringIO(answer.get_data(as_text=True))))


def cap_at(monkeypatch: pytest.MonkeyPatch, rows: int, *, batch: int) -> None:
    for module in (listings, list_view):
        monkeypatch.setattr(module, "EXPORT_CAP", rows)
    monkeypatch.setattr(listings, "EXPORT_BATCH", batch)


def test_a_list_is_exported_as_it_is_seen(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell(stock=50)
    mine = [shop.checkout(email="me@example.org").reference for _ in range(3)]
    shop.checkout(email="you@example.org")

    answer = viewer.get(f"{EXPORT}?email=me@example.org")
    heading, *rows = csv.reader(StringIO(answer.get_data(as_text=True)))

    assert heading[:3] == ["reference", "id", "state"]
    assert [row[0] for row in rows] == mine[::-1]
    assert [row[0] for row in export(viewer, f"{EXPORT}?email=me@example.org&sort=id")[1:]] == mine
    assert answer.headers["Content-Disposition"] == 'attachment; filename="checkout-locks.csv"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_amounts_are_in_major_units_beside_their_currency(viewer: FlaskClient, session: Session, shop: Shop) -> None:
    shop.sell(price=1250)
    process(session, shop.checkout(), payment=VISA)

    heading, row = export(viewer, "/admin/orders/export.csv")

    order = dict(zip(heading, row, strict=True))
    assert (order["total"], order["currency"]) == ("12.50", "GBP")
    assert order["created_at"].endswith("Z")
    assert order["external_reference"] == ""


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_cell_is_a_formula(start: str) -> None:
    assert neutralise(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def test_what_people_typed_is_no_formula_in_the_file(viewer: FlaskClient, shop: Shop) -> None:
    shop.sell()
    shop.checkout(email='=HYPERLINK("https://example.org";"x")@example.org')

    (_, row) = export(viewer)

    assert '\'=HYPERLINK("https://example.org";"x")@example.org' in row
    assert not [cell for cell in row if cell.startswith(FORMULA_STARTS)]


def test_an_export_ends_at_its_cap_and_says_so(
    viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell(stock=50)
    references = [shop.checkout().reference for _ in range(6)][::-1]
    cap_at(monkeypatch, 5, batch=2)

    _, *rows, note = export(viewer)

    assert [row[0] for row in rows] == references[:5]
    assert note == ["Only the first 5 rows are here: narrow the filters for the rest."]


def test_an_export_that_just_fits_has_no_note(viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell(stock=50)
    references = [shop.checkout().reference for _ in range(6)][::-1]
    cap_at(monkeypatch, 6, batch=3)

    assert [row[0] for row in export(viewer)[1:]] == references


@pytest.mark.databases("sqlite", "postgresql")
def test_an_export_is_read_in_batches(
    app: APIFlask, viewer: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell(stock=50)
    for _ in range(5):
        shop.checkout()
    cap_at(monkeypatch, 100, batch=2)

    with statements(app) as asked:
        export(viewer)

    assert len(asked) == 4  # who is it, and three batches


def test_an_export_of_nothing_has_its_headings(viewer: FlaskClient) -> None:
    assert [line[0] for line in export(viewer)] == ["reference"]


def test_a_filter_that_makes_no_sense_gives_no_file(viewer: FlaskClient) -> None:
    answer = viewer.get(f"{EXPORT}?state=sold")

    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert "There is no state “sold”." in answer.text
