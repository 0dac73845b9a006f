"""CSV files as they really come: what is broken costs its own line only."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from console.imports.csv_files import LONGEST_LINE, BadLine, Record, UnreadableFile, open_csv
from console.imports.csv_tables import Table


def read(path: Path, content: bytes) -> list[tuple[int, list[str]] | BadLine]:
    path.write_bytes(content)
    with open_csv(path) as file:
        return [line if isinstance(line, BadLine) else (line.number, list(line.cells)) for line in file.records()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def test_plain_and_gzipped_files_read_the_same(path: Path) -> None:
    content = b"a,b\n1,2\n"

    assert read(path, content) == read(path, gzip.compress(content)) == [(1, ["a", "b"]), (2, ["1", "2"])]


def test_a_byte_order_mark_belongs_to_no_cell(path: Path) -> None:
    assert read(path, b"\xef\xbb\xbfsku,name\r\n") == [(1, ["sku", "name"])]


def test_empty_lines_are_left_out_and_counted(path: Path) -> None:
    assert read(path, b"a\n\n  \nb\n") == [(1, ["a"]), (4, ["b"])]


def test_quoted_cells_hold_commas_quotes_and_newlines(path: Path) -> None:
    assert read(path, b'"a, ""b""","two\nlines"\nnext\n') == [(1, ['a, "b"', "two\nlines"]), (3, ["next"])]


def test_a_bare_quote_inside_a_cell_is_a_character(path: Path) -> None:
    assert read(path, b'5" NAIL,1\n') == [(1, ['5" NAIL', "1"])]


def test_a_quote_that_is_never_closed_costs_one_line(path: Path) -> None:
    assert read(path, b'"a,1\nb,2\nc,3\n') == [
        BadLine(1, "a quote is never closed"),
        (2, ["b", "2"]),
        (3, ["c", "3"]),
    ]


@pytest.mark.parametrize("bad", [b"caf\xe9", b"nul\x00", b"\x1b[31m"])
def test_other_encodings_and_control_characters_cost_one_line(path: Path, bad: bytes) -> None:
    assert read(path, b"a\n" + bad + b"\nb\n") == [
        (1, ["a"]),
        BadLine(2, "not UTF-8, or with control characters"),
        (3, ["b"]),
    ]


def test_letters_of_any_script_are_text(path: Path) -> None:
    line = "Tasse für Öl\u00a0№ 5,茶碗,👩‍🍳"

    assert read(path, line.encode()) == [(1, line.split(","))]


def test_a_line_too_long_costs_one_line(path: Path) -> None:
    content = b"a\n" + b"x" * (3 * LONGEST_LINE) + b"\nb\n"

    assert read(path, content) == [
        (1, ["a"]),
        BadLine(2, f"longer than {LONGEST_LINE} characters"),
        (3, ["b"]),
    ]


def test_a_gzip_file_that_is_cut_off_says_after_which_line(path: Path) -> None:
    whole = gzip.compress(b"".join(b"line %d\n" % number for number in range(100_000)))
    path.write_bytes(whole[: len(whole) // 2])

    lines: list[Record | BadLine] = []
    with pytest.raises(UnreadableFile, match="cut off or damaged") as cut, open_csv(path) as file:
        lines.extend(file.records())

    assert len(lines) > 1000
    assert str(cut.value).endswith(f"after line {len(lines)}")


def test_a_file_that_is_not_there_is_told_in_one_line(path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file"), open_csv(path):
        pass


def test_rows_are_named_by_the_header_in_any_order(path: Path) -> None:
    path.write_text("b , a\n 2 ,1\n3\n", encoding="utf-8")

    with open_csv(path) as file:
        rows = list(Table(file).rows())

    assert rows == [(2, {"b": "2", "a": "1"}), BadLine(3, "1 cells where the header has 2")]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("sku,name", "lacks 'price'"),
        ("sku,name,price,warehous", "unknown 'warehous'"),
        ("sku,name,price,sku", "repeats 'sku'"),
        ("", "no header"),
    ],
)
def test_a_header_that_does_not_fit_is_told(path: Path, header: str, told: str) -> None:
    path.write_text(header, encoding="utf-8")

    with pytest.raises(UnreadableFile, match=told), open_csv(path) as file:
        Table(file).require(("sku", "name", "price"), optional=("warehouse",))


def test_reading_gives_records_one_by_one(path: Path) -> None:
    path.write_text("a\nb\n", encoding="utf-8")

    with open_csv(path) as file:
        first = next(file.records())

    assert first == Record(1, ["a"])
