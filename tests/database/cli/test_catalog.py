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
