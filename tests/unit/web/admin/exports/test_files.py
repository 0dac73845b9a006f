"""Files of hostile, over-long and exact cells, read back by csv and openpyxl."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Row
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData

from console.web.admin.exports.cells import LONGEST_TEXT, lines_of
from console.web.admin.exports.csv_export import write_csv
from console.web.admin.exports.xlsx_export import write_xlsx
from console.web.shared.listing.listing import Column, Shape
from console.web.shared.listing.order_list import ORDERS
from tests.support.web.spreadsheets import read_csv, read_xlsx, sheet_of, unmark

LISTING = replace(
    ORDERS,
    columns=(
        Column("text", "Text"),
        Column("total", "Total", Shape.MONEY),
        Column("pieces", "Pieces", Shape.NUMBER),
        Column("created_at", "Created", Shape.MOMENT),
        Column("active", "Active", Shape.FLAG),
    ),
)
NAMES = ("text", "total", "pieces", "created_at", "active", "currency")
WHEN = datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC)
NO_CHARACTERS = [chr(code) for code in (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF)]
PIECES = ["<r>", "</r>", "<t>", "<f>1+1</f>", "_x000D_", "_x003D_", "&amp;", "]]>", "http://x.org", "{=1}", "\r\n", '"']
HOSTILE = st.text(st.characters(exclude_categories=()), max_size=12) | st.lists(
    st.sampled_from([*PIECES, *NO_CHARACTERS, *"=+-@;,\t\r\n'0E "]), max_size=8
).map("".join)


def rows(*values: Sequence[Any]) -> list[Row[Any]]:
    return list(IteratorResult(SimpleResultMetaData(NAMES), iter([tuple(each) for each in values])))


def row(text: str | None = "x", **others: Any) -> tuple[Any, ...]:
    facts = {"total": 420, "pieces": 3, "created_at": WHEN, "active": True, "currency": "GBP", **others}
    return (text, *(facts[name] for name in NAMES[1:]))


def csv_of(*values: Sequence[Any]) -> bytes:
    return "".join(write_csv(lines_of(LISTING, [rows(*values)], cap=1000))).encode()


def xlsx_of(*values: Sequence[Any]) -> bytes:
    file = write_xlsx(LISTING, lines_of(LISTING, [rows(*values)], cap=1000))
    content = b"".join(file)
    file.close()
    return content


def shown(text: str) -> str:
    """Give a text as a file has it: what is no character is seen as missing, lines end in LF."""
    legible = "".join("\ufffd" if each in NO_CHARACTERS or "\ud800" <= each <= "\udfff" else each for each in text)
    return legible.replace("\r\n", "\n").replace("\r", "\n")


def test_csv_is_utf8_with_its_mark_every_cell_in_quotes_and_lines_in_crlf() -> None:
    written = csv_of(row("Zoë", total=-420), row(None, active=False, created_at=None))

    assert written == (
        b"\xef\xbb\xbf"
        b'"text","total","pieces","created_at","active","currency"\r\n'
        b'"Zo\xc3\xab","-4.20","3","2026-11-22T14:30:05Z","True","GBP"\r\n'
        b'"","4.20","3","","False","GBP"\r\n'
    )


def test_a_workbook_has_real_numbers_moments_and_truths() -> None:
    vienna = WHEN.astimezone(timezone(timedelta(hours=1)))

    heading, *values = read_xlsx(
        xlsx_of(row("Zoë", total=-420, created_at=vienna), row(None, active=False, total=None))
    )

    assert heading == list(NAMES)
    assert values == [
        ["Zoë", -4.2, 3, WHEN.replace(tzinfo=None), True, "GBP"],
        [None, None, 3, WHEN.replace(tzinfo=None), False, "GBP"],
    ]


def test_a_workbook_shows_as_many_decimals_as_the_currency_has() -> None:
    sheet = sheet_of(xlsx_of(row(currency="JPY"), row(currency="GBP"), row(currency="KWD")))

    cells = [sheet.cell(line, 2) for line in (2, 3, 4)]
    assert [(cell.value, cell.number_format) for cell in cells] == [
        (420, "#,##0"),
        (4.2, "#,##0.00"),
        (0.42, "#,##0.000"),
    ]
    assert sheet["D2"].is_date
    assert sheet["D2"].number_format == "yyyy-mm-dd hh:mm:ss"


def test_a_workbook_is_easy_to_read() -> None:
    sheet = sheet_of(xlsx_of(row()))

    assert (sheet.title, sheet.freeze_panes) == ("Orders", "A2")
    assert sheet["A1"].font.bold
    assert {name: sheet.column_dimensions[name].width for name in "BD"} == pytest.approx({"B": 14, "D": 20}, abs=1)


@pytest.mark.parametrize("digits", ["5012345678900", "4006381333931000000", "007", "12E45678", "1/2"])
def test_digits_are_text_in_both(digits: str) -> None:
    in_csv, in_xlsx = read_csv(csv_of(row(digits)))[1][0], sheet_of(xlsx_of(row(digits)))["A2"]

    assert in_csv == f"'{digits}"
    assert (in_xlsx.value, in_xlsx.data_type, in_xlsx.number_format) == (digits, "s", "@")


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_text() -> None:
    values = row(total=99_999_999_999_999_999, pieces=9_007_199_254_740_993)

    assert read_csv(csv_of(values))[1][1:3] == ["'999999999999999.99", "'9007199254740993"]
    assert read_xlsx(xlsx_of(values))[1][1:3] == ["999999999999999.99", "9007199254740993"]
    assert read_xlsx(xlsx_of(row(pieces=999_999_999_999_999)))[1][2] == 999_999_999_999_999


@pytest.mark.parametrize("text", ["x" * LONGEST_TEXT, "=" * (LONGEST_TEXT - 1), "\U0001f6d2" * (LONGEST_TEXT // 2)])
def test_a_text_that_fits_its_cell_is_whole(text: str) -> None:
    assert unmark(read_csv(csv_of(row(text)))[1][0]) == text
    assert read_xlsx(xlsx_of(row(text)))[1][0] == text


@pytest.mark.parametrize("letter", ["x", "=", "\U0001f6d2", "<", "'"])
def test_a_text_that_does_not_fit_its_cell_ends_in_an_ellipsis(letter: str) -> None:
    text = letter * (LONGEST_TEXT + 5)

    cells = [read_csv(csv_of(row(text)))[1][0], read_xlsx(xlsx_of(row(text)))[1][0]]

    assert [cell[-1] for cell in cells] == ["…", "…"]
    assert [units(cell) <= LONGEST_TEXT and units(cell) > LONGEST_TEXT - 2 for cell in cells] == [True, True]


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("length", [100, LONGEST_TEXT, LONGEST_TEXT + 1])
def test_a_text_in_the_shape_of_the_writers_own_markup_is_text(length: int) -> None:
    head, tail = '<r><t>x</t></r></is></c><c r="B9"><f>1+1</f><v>2</v></c><c r="C9" t="inlineStr"><is><r>', "</r>"
    text = head + "y" * (length - len(head) - len(tail)) + tail

    cell = read_xlsx(xlsx_of(row(text)))[1][0]

    assert cell == (f" {text}" if length == 100 else f" {text[: LONGEST_TEXT - 2]}…")


def test_nothing_is_left_behind_however_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def broken() -> Iterator[list[Row[Any]]]:
        yield rows(row())
        raise ConnectionError

    xlsx_of(row())
    with pytest.raises(ConnectionError):
        write_xlsx(LISTING, lines_of(LISTING, broken(), cap=1000))

    assert list(tmp_path.iterdir()) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=12))
def test_hostile_texts_come_back_as_they_are_and_nothing_else_does(texts: list[str]) -> None:
    values = [row(text) for text in texts]

    lines, cells = read_csv(csv_of(*values)), sheet_of(xlsx_of(*values))

    assert [unmark(line[0]) for line in lines[1:]] == [shown(text) for text in texts]
    assert [line[1:] for line in lines[1:]] == [["4.20", "3", "2026-11-22T14:30:05Z", "True", "GBP"]] * len(texts)
    assert {cell.data_type for (cell,) in cells["A2" : f"A{cells.max_row}"]} <= {"s", "n"}  # an empty one is "n"
    in_xlsx = [line[0] or "" for line in read_xlsx(xlsx_of(*values))[1:]]
    assert in_xlsx == [as_in_workbook(shown(text)) for text in texts]


def as_in_workbook(text: str) -> str:
    return f" {text}" if text.startswith("<r>") and text.endswith("</r>") else text
