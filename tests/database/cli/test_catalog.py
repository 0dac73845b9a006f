"""`checkout import-catalog`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Run

pytestmark = pytest.mark.databases("sqlite")

HEADER = "sku,name,unit_price,currency,stock\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "products.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_says_what_went_in_and_what_did_not(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, f"{HEADER}MUG,Mug,4.20,GBP,7\nPEN,Pen,cheap,GBP,7\n")

    ran = run("import-catalog", file)

    assert ran.code == 0
    assert "line 3: unit_price 'cheap' is no amount like 4.20" in ran.out
    assert "1 lines went in (1 new products), 1 did not." in ran.out


def test_json_is_one_document(run: Run, tmp_path: Path) -> None:
    ran = run("import-catalog", write(tmp_path, f"{HEADER}MUG,Mug,4.20,GBP,7\nbad\n"), "--json")

    assert ran.document == {
        "written": 1,
        "added": 1,
        "refused": 1,
        "bad_lines": [{"line": 3, "reason": "1 cells where the header has 5"}],
        "told": ["Read as UTF-8, commas between cells, decimal point."],
    }


def test_nothing_that_goes_in_is_a_failure(run: Run, tmp_path: Path) -> None:
    assert run("import-catalog", write(tmp_path, f"{HEADER}bad\n")).code == 1


def test_a_file_that_is_no_catalogue_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    ran = run("import-catalog", write(tmp_path, "invoice,total\n"))

    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.splitlines()[-1].startswith("Error: the header lacks 'sku'")


def test_a_file_that_is_not_there_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    assert run("import-catalog", tmp_path / "none.csv").code == 2


def test_a_dry_run_tells_what_would_be_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, f"{HEADER}MUG,Mug,4.00,GBP,9\n")
    run("import-catalog", file)
    write(tmp_path, f"{HEADER}MUG,Mug,4.20,GBP,9\nPEN,Pen,1.00,GBP,\nCAP,Cap,cheap,GBP,7\n")

    first, again = run("import-catalog", file, "--dry-run"), run("import-catalog", file, "--dry-run", "--json")

    assert first.code == again.code == 0
    assert first.out.splitlines() == [
        "Read as UTF-8, commas between cells, decimal point.",
        "Lines without a stock, whose stock stays as it is: 1.",
        "line 2: would change MUG: price in GBP 4.00 → 4.20",
        "line 3: would make PEN: name Pen, price in GBP 1.00",
        "line 4: unit_price 'cheap' is no amount like 4.20",
        "2 lines would go in (1 new products, 1 changes), 1 would not. Nothing was written.",
    ]
    assert again.document["dry_run"] is True
    assert again.document["lines"][0] == {
        "line": 2,
        "sku": "MUG",
        "is_new": False,
        "changes": [{"what": "price in GBP", "before": "4.00", "after": "4.20"}],
    }


def test_a_price_that_could_be_two_numbers_is_asked_for(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, f"{HEADER}SET,Set,1.234,KWD,7\n")

    asked, told = run("import-catalog", file), run("import-catalog", file, "--decimal", ",", "--dry-run")

    assert asked.code == 1
    assert asked.err.splitlines()[-1] == (
        "Error: unit_price '1.234' on line 2 could be 1.234 or 1234: say --decimal . or --decimal ,"
    )
    assert "price in KWD 1234.000" in told.out


def test_a_file_is_read_as_it_is_said_to_be(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "artikel.csv"
    file.write_bytes("Artikel|Titel|Preis|Menge|Farbe\nMUG|Чашка|4,20|7|rot\n".encode("cp1251"))
    words = ["--encoding", "cp1251", "--delimiter", "|", "--decimal", ",", "--currency", "eur"]
    columns = ["Artikel=sku", "Titel=name", "Preis=unit_price", "Menge=stock", "Farbe="]

    ran = run("import-catalog", file, *words, *(word for each in columns for word in ("--map", each)), "--dry-run")

    assert "Read as CP1251, bars between cells, decimal comma." in ran.out
    assert "would make MUG: name Чашка, price in EUR 4.20, stock in main 7" in ran.out


@pytest.mark.parametrize(
    "words",
    [
        ("--delimiter", "::"),
        ("--delimiter", '"'),
        ("--decimal", ";"),
        ("--currency", "euro"),
        ("--map", "sku"),
        ("--map", "=sku"),
        ("--from", "magento"),
    ],
)
def test_what_cannot_be_said_is_a_usage_error(run: Run, tmp_path: Path, words: tuple[str, str]) -> None:
    assert run("import-catalog", write(tmp_path, HEADER), *words).code == 2


def test_what_is_not_known_is_made_when_asked_for(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path, f"{HEADER.strip()},warehouse\nMUG,Mug,4.20,GBP,7,North\n")

    refused, made = run("import-catalog", file), run("import-catalog", file, "--create")

    assert refused.code == 1
    assert "line 2: warehouse 'North' is not known here, the nearest is 'main'; --create makes it" in refused.out
    assert (made.code, "New warehouse: North." in made.out) == (0, True)
